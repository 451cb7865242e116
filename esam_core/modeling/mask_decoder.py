"""The mask decoder: prompt tokens and an image embedding to three candidate masks with scores.

Source: yformer/EfficientSAM at d525f622. Its first mask token was not trained to answer (upstream's
authors advise against it), so only the three others are computed.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from esam_core.modeling.config import DecoderConfig
from esam_core.modeling.layers import Mlp
from esam_core.modeling.transformer import SharedKeys, TwoWayTransformer


class DecoderContext(NamedTuple):
    """An image as the decoder wants it: computed once, used by every prompt."""

    shared: SharedKeys
    grid_hw: tuple[int, int]
    skip: Tensor | None  # finer features (b, upscaled[0], 2h, 2w) that join after the first step


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
        shared = self.transformer.share(keys, position.to(keys.dtype))
        if skip is not None:
            skip = skip.contiguous(memory_format=torch.channels_last)
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

        Tokens (m, n, dim) are an image (m, dim, h, w) in channels-last order as they lie, which is
        the order in which these layers are fastest and in which the masks are one product.
        """
        h, w = context.grid_hw
        if not len(attended.keys):
            return attended.predicted_iou.new_zeros(0, 3, 4 * h, 4 * w)
        (conv1, norm, act1), (conv2, _, act2) = self.final_output_upscaling_layers
        x = conv1(attended.keys.mT.unflatten(2, (h, w)))
        if context.skip is not None:
            x = x + context.skip.repeat_interleave(len(x) // len(context.skip), dim=0)
        x = act2(conv2(act1(norm(x))))  # (m, upscaled[1], 4h, 4w)
        tokens = attended.mask_tokens.unbind(1)
        mlps = self.output_hypernetworks_mlps[1:]
        hyper = torch.stack([mlp(token) for mlp, token in zip(mlps, tokens, strict=True)], dim=1)
        logits = x.permute(0, 2, 3, 1).flatten(1, 2) @ hyper.mT  # (m, 16 * n, 3)
        return logits.mT.float().unflatten(2, (4 * h, 4 * w)).contiguous()

    def forward(
        self, context: DecoderContext, prompt_tokens: Tensor, geometry: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return logits (b, q, 3, 4h, 4w) and predicted IoU (b, q, 3), in the network's order."""
        attended = self.attend(context, prompt_tokens, geometry)
        sizes = prompt_tokens.shape[:2]
        logits = self.draw(context, attended)
        return logits.unflatten(0, sizes), attended.predicted_iou.unflatten(0, sizes)
