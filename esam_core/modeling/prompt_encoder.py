"""Prompt tokens: a random Fourier code of the position plus one learned vector per label.

Positions are fractions of the image, (0, 0) its top left corner and (1, 1) its bottom right.
Source: yformer/EfficientSAM at d525f622; Tancik et al., "Fourier Features Let Networks Learn High
Frequency Functions in Low Dimensional Domains", 2020.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

# Background points (label 0) have no learned vector in EfficientSAM: it was not trained with them.
LABEL_EMBEDDINGS = {
    -1: "invalid_points",
    1: "point_embeddings",
    2: "bbox_top_left_embeddings",
    3: "bbox_bottom_right_embeddings",
}


class PositionEmbedding(nn.Module):
    """Random Fourier features of positions, always computed in float32."""

    positional_encoding_gaussian_matrix: Tensor

    def __init__(self, dim: int):
        super().__init__()
        matrix = torch.randn(2, dim // 2)
        self.register_buffer("positional_encoding_gaussian_matrix", matrix)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
        """Move to another device with the module, but stay in float32, which phases need."""
        exact = self.positional_encoding_gaussian_matrix
        super()._apply(fn, recurse)
        moved = self.positional_encoding_gaussian_matrix
        if moved.dtype != torch.float32:
            self.positional_encoding_gaussian_matrix = exact.to(moved.device)
        return self

    def forward(self, positions: Tensor) -> Tensor:
        """Encode positions (..., 2) in [0, 1] as codes (..., dim) float32."""
        with torch.autocast(positions.device.type, enabled=False):
            phase = (2 * positions.float() - 1) @ self.positional_encoding_gaussian_matrix
            phase = 2 * math.pi * phase
            return torch.cat([phase.sin(), phase.cos()], dim=-1)

    def dense(self, height: int, width: int) -> Tensor:
        """Return the codes (1, height * width, dim) of a grid's cell centres, row by row."""
        return self(self.cell_centres(height, width))[None]

    def cell_centres(self, height: int, width: int) -> Tensor:
        """Return the positions (height * width, 2) of a grid's cell centres, row by row."""
        device = self.positional_encoding_gaussian_matrix.device
        y = (torch.arange(height, device=device, dtype=torch.float32) + 0.5) / height
        x = (torch.arange(width, device=device, dtype=torch.float32) + 0.5) / width
        rows, columns = torch.meshgrid(y, x, indexing="ij")
        return torch.stack([columns, rows], dim=-1).flatten(0, 1)


class PromptEncoder(nn.Module):
    """Encodes positions and labels of prompts as tokens."""

    point_embeddings: nn.Embedding

    def __init__(self, dim: int, label_embeddings: dict[int, str] = LABEL_EMBEDDINGS):
        super().__init__()
        self.label_embeddings = label_embeddings
        self.pe_layer = PositionEmbedding(dim)
        for name in label_embeddings.values():
            self.add_module(name, nn.Embedding(1, dim))

    def forward(self, positions: Tensor, labels: Tensor) -> Tensor:
        """Turn positions (..., t, 2) in [0, 1] and labels (..., t) into tokens (..., t, dim).

        A label without a learned vector adds nothing to the position code, as in upstream.
        """
        dtype = self.point_embeddings.weight.dtype
        tokens = self.pe_layer(positions).to(dtype)
        for label, name in self.label_embeddings.items():
            learned: Any = self.get_submodule(name)
            tokens = tokens + learned.weight[0] * (labels == label)[..., None].to(dtype)
        return tokens
