"""Faster CPU implementations of the networks' operations.

Each function equals its plain PyTorch form up to rounding. The plain form is used on other devices,
while gradients are recorded, and under torch.compile or an exporter.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

ROWS = 512  # queries per product: their scores against 4096 keys, 4 MB, fit the cache
TOKENS = 1024  # tokens per MLP call: hidden activations reuse memory instead of faulting new pages
COLUMNS = 64  # columns per product in a resize: wider ones multiply more zeros


def applies(x: Tensor) -> bool:
    """Return whether the CPU implementations are used for ``x``."""
    plain = x.device.type != "cpu" or torch.compiler.is_compiling()
    return not (plain or (torch.is_grad_enabled() and x.requires_grad))


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Compute ``scaled_dot_product_attention`` on (b, heads, n, head dim)."""
    by_rows = needs_rows(q) and not (torch.is_grad_enabled() and q.requires_grad)
    return attend_by_rows(q, k, v) if by_rows else F.scaled_dot_product_attention(q, k, v)


def needs_rows(q: Tensor) -> bool:
    """Return whether torch's fused attention of q (b, heads, n, head dim) is slow on this CPU.

    Its bfloat16 CPU kernel uses AMX if available and otherwise multiplies in float32, while
    oneDNN's matrix products use AVX512-BF16 (measured: 3.6 times as fast on a Zen 5).
    """
    if q.device.type != "cpu" or q.dtype != torch.bfloat16:
        return False
    if not torch.backends.mkldnn.is_available():
        return False
    return "avx512_bf16" in capabilities() and "amx_bf16" not in capabilities()


def capabilities() -> set[str]:
    """Return torch's names of the instruction sets of this processor.

    The torch function is public since 2.10. Older versions return an empty set here, so that the
    network runs in fp32, which is slower but always correct.
    """
    known: Callable[[], dict[str, bool]] = getattr(torch.cpu, "get_capabilities", dict)
    return {name for name, present in known().items() if present}


@torch.compiler.disable  # torch.compile does not support oneDNN's layout
def attend_by_rows(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Compute ``scaled_dot_product_attention`` on (b, heads, n, head dim), ``ROWS`` at a time.

    Scores stay in oneDNN's layout from product to softmax to product: its softmax is about twice
    as fast as torch's and gives the same numbers. oneDNN's layout supports float32 everywhere, and
    bfloat16 only on processors with AVX512.
    """
    q = torch.mul(q, q.shape[-1] ** -0.5, out=torch.empty(q.shape, dtype=q.dtype))
    k, v = k.contiguous(), v.mT.contiguous()
    out = torch.empty_like(q.transpose(1, 2), memory_format=torch.contiguous_format).transpose(1, 2)
    for image in zip(q, k, v, out, strict=True):
        for q_head, k_head, v_head, out_head in zip(*image, strict=True):
            for rows, out_rows in zip(q_head.split(ROWS), out_head.split(ROWS), strict=True):
                scores = F.linear(rows.to_mkldnn(), k_head)
                out_rows.copy_(F.linear(torch.softmax(scores, dim=-1), v_head).to_dense())
    return out


def in_parts(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Apply a per-token function to (b, n, dim) in parts of ``TOKENS`` tokens, to fit the cache."""
    if x.device.type != "cpu" or torch.compiler.is_compiling():
        return function(x)
    return torch.cat([function(part) for part in x.split(TOKENS, dim=1)], dim=1)


def one_by_one(function: Callable[..., Tensor], *columns: Tensor) -> Tensor:
    """Apply a function to the rows of columns (m, ...), one row (1, ...) at a time.

    The upscaled pixels of one prompt fit the processor's cache; those of several do not.
    """
    if columns[0].device.type != "cpu" or torch.compiler.is_compiling():
        return function(*columns)
    parts = zip(*(column.split(1) for column in columns), strict=True)
    return torch.cat([function(*part) for part in parts])


def score(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the dot products (b, m, n) of queries (b, m, dim) and keys (b, n, dim).

    On a CPU, a batched product with b = 1 is several times slower than an unbatched one.
    """
    if queries.shape[0] == 1:
        return F.linear(queries[0], keys[0])[None]
    return queries @ keys.mT


def gelu(x: Tensor) -> Tensor:
    """Apply GELU to any shape; on a CPU in place, so the caller must not use ``x`` afterwards.

    Allocating a new tensor of 8 MB costs more than the function.
    """
    return torch.ops.aten.gelu_(x) if applies(x) else F.gelu(x)


def cells_to_rows(cells: Tensor, h: int, w: int) -> Tensor:
    """Rearrange cells (m, 3, h * w * 16), 4 x 4 per token in two steps, to (m, 3, 4h, 4w).

    Two neighbouring pixels are moved as one number, which is ten times as fast as moving each.
    """
    if torch.compiler.is_compiling() or cells.requires_grad:  # neither supports bit casts
        cells = cells.unflatten(2, (h, w, 2, 2, 2, 2))  # (m, 3, h, w, y1, x1, y2, x2)
        return cells.float().permute(0, 1, 2, 4, 6, 3, 5, 7).reshape(-1, 3, 4 * h, 4 * w)
    pairs = cells.view(torch.int64 if cells.itemsize == 4 else torch.int32)
    rows = pairs.unflatten(2, (h, w, 2, 2, 2)).permute(0, 1, 2, 4, 6, 3, 5).contiguous()
    return rows.view(cells.dtype).view(-1, 3, 4 * h, 4 * w).float()


def resize(x: Tensor, size_hw: tuple[int, int], mode: str) -> Tensor:
    """Resize (n, c, h, w) like ``F.interpolate`` with ``align_corners=False``.

    torch's bicubic kernel weights 16 pixels per output pixel. Here rows and columns are resized
    separately, as banded matrix products with 4 weights each: on AVX2 2 ms instead of 15 for three
    masks of 640 x 371, 175 ms instead of 460 for 2000 x 1500.
    """
    if mode != "bicubic" or not applies(x) or x.dtype != torch.float32 or x.numel() == 0:
        return F.interpolate(x, size_hw, mode=mode, align_corners=False)
    return _resize_lines(_resize_lines(x.mT, size_hw[0]).mT, size_hw[1])


def _resize_lines(x: Tensor, size: int) -> Tensor:
    """Resize the last axis of (..., n) to (..., size)."""
    resized = torch.empty(*x.shape[:-1], size)
    for start, near, weights in _bicubic(x.shape[-1], size):
        resized[..., start : start + COLUMNS] = x[..., near] @ weights
    return resized


@lru_cache(maxsize=8)
def _bicubic(length: int, size: int) -> list[tuple[int, slice, Tensor]]:
    """Return bicubic weights in bands: first output pixel, input slice, weights (input, output)."""
    with torch.inference_mode(False), torch.no_grad():
        line = torch.eye(length)[None, None]
        matrix = F.interpolate(line, (size, length), mode="bicubic", align_corners=False)[0, 0]
        bands = []
        for start in range(0, size, COLUMNS):
            band = matrix[start : start + COLUMNS]
            used = band.any(0).nonzero()
            near = slice(int(used[0]), int(used[-1]) + 1)
            bands.append((start, near, band[:, near].T.contiguous()))
    return bands


class FreeCores:
    """Limits the number of threads to the cores that no other program uses.

    OpenMP's threads spin while they wait for each other. On an idle machine that is the fastest way
    to wait: sleeping makes a click twice as slow. Beside a busy process, spinning threads take the
    core from the thread they wait for, and a click takes 30 times as long
    (``python -m esam_core bench busy``).

    Args:
        running: Returns the number of currently running threads of other programs.
    """

    def __init__(self, running: Callable[[], int] | None = None):
        self.running = running or running_elsewhere
        self._taken = 0.0

    def threads(self, most: int) -> int:
        """Return how many threads to use, from 1 to ``most``, the user's own limit.

        Each observation is averaged with the previous ones at weight one half, so that a program
        that runs only briefly has no lasting effect.
        """
        self._taken = (self._taken + min(self.running(), most)) / 2
        return max(1, most - round(self._taken + 0.01))

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Set torch to that many threads while the block runs."""
        most = torch.get_num_threads()
        threads = self.threads(most) if most > 1 else most
        if threads == most:
            yield
            return
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(most)


def running_elsewhere() -> int:
    """Count the threads of other programs that run or wait for a core; 0 where it is unknown.

    Linux reports it in ``/proc``; other systems would need an extra package.
    """
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])
        if running <= 1:
            return 0
        own = (path.read_text() for path in Path("/proc/self/task").glob("*/stat"))
        return max(0, running - sum(" R " in stat.rpartition(")")[2][:4] for stat in own))
    except (OSError, ValueError, IndexError):
        return 0


free_cores = FreeCores()
