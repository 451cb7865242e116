"""The mask decoder: prompt tokens and an image embedding to three candidate masks with scores.

Source: yformer/EfficientSAM at d525f622. Its first mask token was not trained to answer (upstream's
authors advise against it), so only the three others are computed.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from esam_core.modeling.config import DecoderConfig
from esam_core.modeling.layers import Mlp
from esam_core.modeling.transformer import SharedKeys, TwoWayTransformer


class DecoderContext(NamedTuple):
    """An image as the decoder wants it: computed once, used by every prompt."""

    shared: SharedKeys
    grid_hw: tuple[int, int]
    skip: Tensor | None  # finer features (b, 4, h * w, upscaled[0]) that join after the first step


class Attended(NamedTuple):
    """Prompts after the transformer, before any mask is drawn; m = images * prompts."""

    mask_tokens: Tensor  # (m, 3, dim)
    predicted_iou: Tensor  # (m, 3) float32
    keys: Tensor  # (m, n, dim)


class MaskDecoder(nn.Module):
    """Decode prompts on a prepared image."""

    def __init__(self, config: DecoderConfig):
        super().__init__()
        dim, (up1, up2) = config.dim, config.upscaled
        self.transformer = TwoWayTransformer(dim, config.heads, config.mlp_dim)
        self.iou_token = nn.Embedding(1, dim)
        self.mask_tokens = nn.Embedding(config.masks, dim)
        self.final_output_upscaling_layers = nn.ModuleList(
            [
                nn.Sequential(nn.ConvTranspose2d(dim, up1, 2, 2), nn.GroupNorm(1, up1), nn.GELU()),
                nn.Sequential(nn.ConvTranspose2d(up1, up2, 2, 2), nn.Identity(), nn.GELU()),
            ]
        )
        self.output_hypernetworks_mlps = nn.ModuleList(
            Mlp(dim, dim, up2, layers=2) for _ in range(config.masks)
        )
        self.iou_prediction_head = Mlp(dim, dim, config.masks, layers=2)

    def prepare(
        self, embedding: Tensor, position: Tensor, skip: Tensor | None = None
    ) -> DecoderContext:
        """Do once per image what all its prompts share.

        Args:
            embedding: (b, dim, h, w).
            position: Position codes (1, h * w, dim).
            skip: Finer features (b, upscaled[0], 2h, 2w), if the network has them.
        """
        keys = embedding.flatten(2).mT.contiguous()  # (b, n, dim)
        grid_hw = embedding.shape[-2], embedding.shape[-1]
        if skip is not None:
            skip = F.pixel_unshuffle(skip, 2).unflatten(1, (skip.shape[1], 4)).flatten(3)
            skip = skip.permute(0, 2, 3, 1).contiguous()  # (b, 4, n, upscaled[0])
        shared = self.transformer.share(keys, position.to(keys.dtype))
        return DecoderContext(shared, grid_hw, skip)

    def attend(
        self, context: DecoderContext, prompt_tokens: Tensor, geometry: Tensor | None = None
    ) -> Attended:
        """Run the transformer for prompt tokens (b, q, t, dim) of q prompts per image."""
        b, q = prompt_tokens.shape[:2]
        learned = torch.cat([self.iou_token.weight, self.mask_tokens.weight])
        tokens = torch.cat([learned.expand(b, q, -1, -1), prompt_tokens], dim=2)
        tokens, keys = self.transformer(context.shared, tokens, geometry)
        predicted_iou = self.iou_prediction_head(tokens[:, 0])[:, 1:].float()
        return Attended(tokens[:, 2 : 1 + len(self.mask_tokens.weight)], predicted_iou, keys)

    def draw(self, context: DecoderContext, attended: Attended) -> Tensor:
        """Upscale the image tokens and read the masks off them: logits (m, 3, 4h, 4w) float32.

        A transposed 2x2 convolution of stride 2 is a matrix product whose result is read in 2x2
        cells; the big tensors stay as (cell, token, channel) and only the logits are rearranged.
        """
        h, w = context.grid_hw
        if not len(attended.keys):
            return attended.predicted_iou.new_zeros(0, 3, 4 * h, 4 * w)
        (conv1, norm, act1), (conv2, _, act2) = self.final_output_upscaling_layers
        x = _grow(attended.keys, conv1)  # (m, 4, n, up1)
        if context.skip is not None:
            prompts_per_image = len(x) // len(context.skip)
            x = x + context.skip.repeat_interleave(prompts_per_image, dim=0)
        x = act1(_group_norm(x, norm))
        x = act2(_grow(x.flatten(1, 2), conv2))  # (m, 4, 4 * n, up2)
        tokens = attended.mask_tokens.unbind(1)
        mlps = self.output_hypernetworks_mlps[1:]
        hyper = torch.stack([mlp(token) for mlp, token in zip(mlps, tokens, strict=True)], dim=1)
        logits = x.flatten(1, 2) @ hyper.mT  # (m, 4 * 4 * n, 3)
        cells = logits.view(-1, 2, 2, 2, 2, h, w, 3)  # (m, y2, x2, y1, x1, h, w, 3)
        return cells.permute(0, 7, 5, 3, 1, 6, 4, 2).reshape(-1, 3, 4 * h, 4 * w).float()

    def forward(
        self, context: DecoderContext, prompt_tokens: Tensor, geometry: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return logits (b, q, 3, 4h, 4w) and predicted IoU (b, q, 3), in the network's order."""
        attended = self.attend(context, prompt_tokens, geometry)
        sizes = prompt_tokens.shape[:2]
        logits = self.draw(context, attended)
        return logits.unflatten(0, sizes), attended.predicted_iou.unflatten(0, sizes)


def _grow(x: Tensor, conv: nn.ConvTranspose2d) -> Tensor:
    """Apply a transposed 2x2 stride-2 convolution to tokens (m, n, c): (m, 4 cells, n, c')."""
    weight = conv.weight.permute(2, 3, 0, 1).flatten(0, 1)  # (4, c, c')
    return x[:, None] @ weight + conv.bias


def _group_norm(x: Tensor, norm: nn.GroupNorm) -> Tensor:
    """Normalise each sample of (m, cells, n, c) over everything, with a gain per channel."""
    variance, mean = torch.var_mean(x, dim=(1, 2, 3), keepdim=True, correction=0)
    scale = torch.rsqrt(variance + norm.eps) * norm.weight
    return torch.addcmul(norm.bias - mean * scale, x, scale)
