"""The base of all promptable networks: preprocessing, prompt positions and decoding.

A network implements ``encode_image``; the rest is shared.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from esam_core.modeling import cpu
from esam_core.modeling.config import EfficientSamConfig, MiniConfig
from esam_core.modeling.mask_decoder import Attended, DecoderContext, MaskDecoder
from esam_core.modeling.prompt_encoder import PromptEncoder

SLOTS = 6  # prompt tokens in training; shorter prompts are padded
PIXEL_MEAN = (0.485, 0.456, 0.406)
PIXEL_STD = (0.229, 0.224, 0.225)


class ImageFeatures(NamedTuple):
    """Output of an image encoder for b images."""

    embedding: Tensor  # (b, dim, h, w)
    skips: tuple[Tensor, ...] = ()  # finer features at strides 4 and 2, if the network has them


class EarlierMasks(NamedTuple):
    """Masks that prompts correct, for networks that read them."""

    logits: Tensor  # (b, q, 4h, 4w) of low-resolution masks
    present: Tensor  # (b, q) 1 where a prompt has one, else 0


class Promptable(nn.Module):
    """Base of the promptable networks, with the coordinate frame that prompts are decoded in.

    Args:
        image_size: Side of the square that an image is stretched to.
        point_offset: Added to positions, in pixels of that square.
        antialias: Whether the image is low-pass filtered when it is downscaled.
        upscale_mode: Interpolation mode that upscales logits to the image's size.
    """

    max_tokens = SLOTS  # per prompt

    config: EfficientSamConfig | MiniConfig
    image_encoder: nn.Module
    prompt_encoder: PromptEncoder
    mask_decoder: MaskDecoder
    pixel_mean: Tensor
    pixel_std: Tensor

    def __init__(self, image_size: int, point_offset: float, antialias: bool, upscale_mode: str):
        super().__init__()
        self.image_size = image_size
        self.point_offset = point_offset
        self.antialias = antialias
        self.upscale_mode = upscale_mode
        for name, values in (("pixel_mean", PIXEL_MEAN), ("pixel_std", PIXEL_STD)):
            buffer = torch.tensor(values).view(1, 3, 1, 1)
            self.register_buffer(name, buffer, persistent=False)

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of matrix products."""
        return self.mask_decoder.iou_prediction_head.fc.weight.dtype

    @property
    def image_values(self) -> int:
        """Image tokens times channels; each query decodes its own copy of them."""
        return self.config.grid**2 * self.config.decoder.dim

    def preprocess(self, images: Tensor) -> Tensor:
        """Stretch images (b, 3, h, w), RGB in [0, 1], to the square and normalise them."""
        size = (self.image_size, self.image_size)
        images = images.float()
        if images.shape[-2:] != size:
            images = F.interpolate(
                images, size, mode="bilinear", align_corners=False, antialias=self.antialias
            )
            images.sub_(self.pixel_mean)  # in place on a copy: allocating costs more than the sums
        else:
            images = images - self.pixel_mean
        return images.div_(self.pixel_std).to(self.dtype)

    def encode_image(self, images: Tensor) -> ImageFeatures:
        """Turn images (b, 3, h, w), RGB in [0, 1], of any size into features."""
        raise NotImplementedError

    def compile_encoder(self) -> None:
        """Compile the image encoder with torch.compile; the next few calls take seconds longer."""
        raise NotImplementedError

    def prepare(self, features: ImageFeatures) -> DecoderContext:
        """Compute once per image what the decoder shares between prompts."""
        h, w = features.embedding.shape[-2:]
        position = self.prompt_encoder.pe_layer.dense(h, w)
        return self.mask_decoder.prepare(features.embedding, position, features.skips)

    def positions(self, point_coords: Tensor, image_hw: tuple[int, int] | Tensor) -> Tensor:
        """Convert points (..., 2) as (x, y) in pixels of the original image to fractions (..., 2).

        Negative coordinates mark padding; all of it maps to the same position just outside.
        """
        size_wh = torch.as_tensor(image_hw, device=point_coords.device).flip(0)
        offset = self.point_offset / self.image_size
        fractions = point_coords.float() / size_wh + offset
        return torch.where(point_coords >= 0, fractions, -0.5 / self.image_size)

    def encode_prompts(
        self,
        features: ImageFeatures,
        positions: Tensor,
        labels: Tensor,
        earlier: EarlierMasks | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Encode positions (b, q, t, 2) and labels (b, q, t) as tokens (b, q, t, dim) and geometry.

        Geometry is (b * q, h * w, dim), or None for networks without it, which read no earlier
        masks either.
        """
        return self.prompt_encoder(positions, labels), None

    def attend(
        self,
        features: ImageFeatures,
        context: DecoderContext,
        positions: Tensor,
        labels: Tensor,
        earlier: EarlierMasks | None = None,
    ) -> Attended:
        """Decode prompts up to their predicted IoU, without computing masks.

        Args:
            features: Output of ``encode_image`` for b images.
            context: From ``prepare``.
            positions: (b, q, t, 2) in [0, 1].
            labels: (b, q, t).
            earlier: Masks that the prompts correct, for networks that read them.

        Raises:
            ValueError: More than ``max_tokens`` tokens in a prompt.
        """
        if positions.shape[2] > self.max_tokens:
            raise ValueError(
                f"{positions.shape[2]} prompt tokens given, the network reads {self.max_tokens}."
            )
        missing = max(SLOTS - positions.shape[2], 0)
        # Both networks were trained with six slots, and padding changes the output. All padding
        # tokens are equal, so one can be decoded and weighted by their number. float32, the exact
        # mode, decodes each slot: it rounds closest to upstream, as the golden tests require.
        added = missing if self.dtype == torch.float32 else min(missing, 1)
        pad = positions.new_full((*positions.shape[:2], added, 2), -0.5 / self.image_size)
        positions = torch.cat([positions, pad], dim=2)
        labels = torch.cat([labels, labels.new_full((*labels.shape[:2], added), -1)], dim=2)
        tokens, geometry = self.encode_prompts(features, positions, labels, earlier)
        copies = missing // added if added else 1
        return self.mask_decoder.attend(context, tokens, geometry, copies=copies)

    def draw(self, context: DecoderContext, attended: Attended) -> Tensor:
        """Compute the low-resolution logits (m, 3, 4h, 4w) of decoded prompts."""
        return self.mask_decoder.draw(context, attended)

    def decode_masks(
        self,
        features: ImageFeatures,
        context: DecoderContext,
        positions: Tensor,
        labels: Tensor,
        earlier: EarlierMasks | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return logits (b, q, 3, 4h, 4w) and predicted IoU (b, q, 3), in the network's order."""
        attended = self.attend(features, context, positions, labels, earlier)
        logits, sizes = self.draw(context, attended), positions.shape[:2]
        return logits.unflatten(0, sizes), attended.predicted_iou.unflatten(0, sizes)

    def upscale(self, logits: Tensor, image_hw: tuple[int, int]) -> Tensor:
        """Upscale logits (n, c, h', w') to the image's size (n, c, h, w)."""
        return cpu.resize(logits, image_hw, self.upscale_mode)

    def forward(self, images: Tensor, points: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Segment images in one call.

        Args:
            images: (b, 3, h, w), RGB in [0, 1].
            points: (b, q, t, 2) as (x, y) in pixels of the image; negative is padding.
            labels: (b, q, t): 1 foreground, 2 and 3 box corners, -1 padding.

        Returns:
            Logits (b, q, 3, h, w) and predicted IoU (b, q, 3), in the network's order.
        """
        image_hw = images.shape[-2], images.shape[-1]
        features = self.encode_image(images)
        positions = self.positions(points, image_hw)
        context = self.prepare(features)
        logits, predicted_iou = self.decode_masks(features, context, positions, labels)
        return self.upscale(logits.flatten(0, 1), image_hw).unflatten(
            0, logits.shape[:2]
        ), predicted_iou
