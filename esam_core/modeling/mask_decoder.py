"""The mask decoder: prompt tokens and an image embedding to three candidate masks with scores.

Source: yformer/EfficientSAM at d525f622. Its first mask token was not trained (upstream's authors
advise against using it), so only the other three masks are computed.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from esam_core.modeling import cpu
from esam_core.modeling.config import DecoderConfig
from esam_core.modeling.layers import Mlp
from esam_core.modeling.transformer import SharedKeys, TwoWayTransformer


class DecoderContext(NamedTuple):
    """Decoder state of an image: computed once, used by every prompt."""

    shared: SharedKeys
    grid_hw: tuple[int, int]
    skips: tuple[Tensor, ...]  # finer features (b, n * 4^i, c), added to the i-th upscaling


class Attended(NamedTuple):
    """Output of the transformer, before masks are computed; m = images * prompts."""

    mask_tokens: Tensor  # (m, 3, dim)
    predicted_iou: Tensor  # (m, 3) float32
    keys: Tensor  # (m, n, dim)


class MaskDecoder(nn.Module):
    """Decodes prompts on a prepared image."""

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
        self, embedding: Tensor, position: Tensor, skips: tuple[Tensor, ...] = ()
    ) -> DecoderContext:
        """Compute once per image what all prompts share.

        Args:
            embedding: (b, dim, h, w).
            position: Position codes (1, h * w, dim).
            skips: Finer features (b, upscaled[0], 2h, 2w) and (b, upscaled[1], 4h, 4w), if the
                network has them.
        """
        keys = embedding.flatten(2).mT.contiguous()  # (b, n, dim)
        grid_hw = embedding.shape[-2], embedding.shape[-1]
        shared = self.transformer.share(keys, position.to(keys.dtype))
        return DecoderContext(shared, grid_hw, tuple(_as_cells(skip, grid_hw) for skip in skips))

    def attend(
        self,
        context: DecoderContext,
        prompt_tokens: Tensor,
        geometry: Tensor | None = None,
        copies: int = 1,
    ) -> Attended:
        """Run the transformer for prompt tokens (b, q, t, dim) of q prompts per image.

        The last token of each prompt represents ``copies`` equal ones.
        """
        b, q = prompt_tokens.shape[:2]
        learned = torch.cat([self.iou_token.weight, self.mask_tokens.weight])
        tokens = torch.cat([learned.expand(b, q, -1, -1), prompt_tokens], dim=2)
        tokens, keys = self.transformer(
            context.shared, tokens, geometry, copies=copies, answers=len(learned)
        )
        predicted_iou = self.iou_prediction_head(tokens[:, 0])[:, 1:].float()
        return Attended(tokens[:, 2:], predicted_iou, keys)

    def draw(self, context: DecoderContext, attended: Attended) -> Tensor:
        """Upscale the image tokens and compute the mask logits (m, 3, 4h, 4w) float32."""
        prompts = attended.keys.shape[0]
        h, w = context.grid_hw
        if prompts == 0:
            return attended.predicted_iou.new_zeros(0, 3, 4 * h, 4 * w)
        tokens = attended.mask_tokens.unbind(1)
        mlps = self.output_hypernetworks_mlps[1:]
        hyper = torch.stack([mlp(token) for mlp, token in zip(mlps, tokens, strict=True)], dim=1)
        skips = (
            skip[:, None].expand(-1, prompts // skip.shape[0], -1, -1).flatten(0, 1)
            for skip in context.skips
        )
        logits = cpu.one_by_one(self._read, hyper, attended.keys, *skips)
        return cpu.cells_to_rows(logits, h, w)

    def _read(self, hyper: Tensor, keys: Tensor, *skips: Tensor) -> Tensor:
        """Upscale image tokens (m, n, dim) twice and multiply them with vectors (m, 3, c)."""
        layers: Any = self.final_output_upscaling_layers
        (conv1, norm, _), (conv2, _, _) = layers
        x = _to_cells(keys, conv1)  # (m, n * 4, upscaled[0])
        if skips:
            x = x + skips[0]
        # GroupNorm with one group equals a layer norm, which torch computes faster.
        normal = F.layer_norm(x.flatten(1), (x.shape[1] * x.shape[2],), eps=norm.eps)
        x = cpu.gelu(torch.addcmul(norm.bias, normal.view_as(x), norm.weight))
        x = _to_cells(x, conv2)  # (m, n * 4 * 4, upscaled[1])
        if len(skips) > 1:
            x = x + skips[1]
        return cpu.score(hyper, cpu.gelu(x))  # (m, 3, n * 4 * 4)

    def forward(
        self, context: DecoderContext, prompt_tokens: Tensor, geometry: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return logits (b, q, 3, 4h, 4w) and predicted IoU (b, q, 3), in the network's order."""
        attended = self.attend(context, prompt_tokens, geometry)
        sizes = prompt_tokens.shape[:2]
        logits = self.draw(context, attended)
        return logits.unflatten(0, sizes), attended.predicted_iou.unflatten(0, sizes)


def _as_cells(skip: Tensor, grid_hw: tuple[int, int]) -> Tensor:
    """Rearrange features (b, c, 2^i h, 2^i w) to the order (b, n * 4^i, c) of ``_to_cells``."""
    h, w = grid_hw
    steps = (skip.shape[-2] // h).bit_length() - 1
    halves = [2] * steps
    # (b, c, h, y1, ..., w, x1, ...) to (b, h, w, y1, x1, ..., c)
    split = skip.unflatten(-1, (w, *halves)).unflatten(2, (h, *halves))
    rows, columns = range(3, 3 + steps), range(4 + steps, 4 + 2 * steps)
    pairs = [axis for pair in zip(rows, columns, strict=True) for axis in pair]
    return split.permute(0, 2, 3 + steps, *pairs, 1).flatten(1, -2).contiguous()


def _to_cells(x: Tensor, conv: nn.ConvTranspose2d) -> Tensor:
    """Apply a transposed 2x2 stride-2 convolution to tokens (m, n, c): (m, n * 4, c').

    The windows do not overlap, so it is a matrix product that maps each token to four cells.
    """
    weight = conv.weight.permute(0, 2, 3, 1).flatten(1)  # (c, 4 * c')
    assert conv.bias is not None
    cells = torch.addmm(conv.bias.repeat(4), x.flatten(0, 1), weight)
    return cells.view(x.shape[0], -1, conv.out_channels)
