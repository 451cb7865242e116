"""EfficientSAM's image encoder: a plain vision transformer with global attention, and SAM's neck.

Source: Xiong et al., "EfficientSAM: Leveraged Masked Image Pretraining for Efficient Segment
Anything", CVPR 2024; yformer/EfficientSAM at d525f622.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from esam_core.modeling import cpu
from esam_core.modeling.config import EfficientSamConfig
from esam_core.modeling.layers import LayerNorm2d


class ImageAttention(nn.Module):
    """Global self-attention over the tokens (b, n, dim) of an image."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, -1))  # (b, n, 3, heads, head dim)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        return self.proj(cpu.attend(q, k, v).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """The MLP of a transformer block, on tokens (b, n, dim)."""

    def __init__(self, dim: int, hidden: int):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return cpu.in_parts(lambda part: self.fc2(cpu.gelu(self.fc1(part))), x)


class Block(nn.Module):
    """Pre-norm transformer block on tokens (b, n, dim)."""

    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = ImageAttention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = FeedForward(dim, 4 * dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    """Split pixels (b, 3, s, s) into patches and project each: (b, grid, grid, dim)."""

    def __init__(self, patch_size: int, dim: int):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch_size, patch_size)

    def forward(self, x: Tensor) -> Tensor:
        # Contiguous, so that later sums and normalisations of tokens read memory sequentially.
        return self.proj(x).permute(0, 2, 3, 1).contiguous()  # (b, grid, grid, dim)


class ImageEncoder(nn.Module):
    """Normalised pixels (b, 3, s, s) to an embedding (b, decoder dim, grid, grid)."""

    def __init__(self, config: EfficientSamConfig):
        super().__init__()
        dim, out = config.embed_dim, config.decoder.dim
        self.grid = config.grid
        pretrain_tokens = (config.pretrain_size // config.patch_size) ** 2
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + pretrain_tokens, dim))
        self.patch_embed = PatchEmbed(config.patch_size, dim)
        self.blocks = nn.ModuleList(Block(dim, config.num_heads) for _ in range(config.depth))
        self.neck = nn.Sequential(
            nn.Conv2d(dim, out, 1, bias=False),
            LayerNorm2d(out),
            nn.Conv2d(out, out, 3, padding=1, bias=False),
            LayerNorm2d(out),
        )
        self._resized: tuple[tuple, Tensor] | None = None

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.patch_embed(pixels)
        x = (x + self.position_embedding()).flatten(1, 2)
        for block in self.blocks:
            x = block(x)
        x = x.unflatten(1, (self.grid, self.grid)).permute(0, 3, 1, 2)
        return self.neck(x)

    def position_embedding(self) -> Tensor:
        """Return the position embedding (1, grid, grid, dim), resized once per set of weights.

        It was learned on a 14x14 grid behind a class token, which this network does not have.
        """
        weight = self.pos_embed
        # No cache in training (weights change at each step), for inference tensors (they have no
        # version counter) and in an exporter (it must trace the operation).
        training = torch.is_grad_enabled() and weight.requires_grad
        if training or weight.is_inference() or torch.compiler.is_compiling():
            return self._resize(weight)
        key = (weight.data_ptr(), weight._version, weight.device, weight.dtype)
        if self._resized is None or self._resized[0] != key:
            self._resized = key, self._resize(weight.detach())
        return self._resized[1]

    def _resize(self, weight: Tensor) -> Tensor:
        side = int((weight.shape[1] - 1) ** 0.5)
        grid = weight[:, 1:].unflatten(1, (side, side)).permute(0, 3, 1, 2).float()
        size = (self.grid, self.grid)
        grid = F.interpolate(grid, size, mode="bicubic", align_corners=False)
        return grid.permute(0, 2, 3, 1).to(weight.dtype)
