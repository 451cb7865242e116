"""Counted floating-point operations and the measured peak throughput of the machine."""

import platform
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from esam_core.benchmark.timing import time_call
from esam_core.devices import DTYPES


def _linear_flops(x: list[int], weight: list[int], *_: object, **__: object) -> int:
    return 2 * torch.Size(x).numel() * weight[0]


def _attention_flops(q: list[int], k: list[int], v: list[int], *_: object, **__: object) -> int:
    return sdpa_flop_count(q, k, v)


# CPU operations that torch's FlopCounterMode does not count.
CPU_FLOPS = {
    torch.ops.aten.mkldnn_linear: _linear_flops,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
}


def count_flops(call: Callable[[], object]) -> int:
    """Count the floating-point operations of matrix products and convolutions in a call.

    Element-wise operations (normalisation, softmax, GELU) are not counted: they are bound by memory
    bandwidth, not arithmetic.
    """
    with FlopCounterMode(display=False, custom_mapping=CPU_FLOPS) as counter:
        call()
    return counter.get_total_flops()


def matmul_peak(device: str, precision: str, size: int = 2048) -> float:
    """Return the operations per second of a square matrix product, the practical peak."""
    a = torch.randn(size, size, device=device, dtype=DTYPES[precision])
    return 2 * size**3 / min(time_call(lambda: a @ a, device=device, repeats=7).seconds)


def processor_name() -> str:
    """Return the system's name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
