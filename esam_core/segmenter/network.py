"""The segmenter for the networks in ``esam_core.modeling``."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from esam_core.devices import computing, place, to_device
from esam_core.images import stretch_rgb
from esam_core.modeling.mask_decoder import DecoderContext
from esam_core.modeling.promptable import EarlierMasks, ImageFeatures, Promptable
from esam_core.segmenter.base import BaseSegmenter
from esam_core.segmenter.protocol import ImageEmbedding, LowResMasks


class TorchSegmenter(BaseSegmenter):
    """EfficientSAM or the mini model, on one device in one precision.

    Args:
        network: The network with its weights.
        name: Key of ``MODELS``.
        title: Name in the interface and in captions.
        provenance: Where the weights come from.
        device: ``cpu``, ``cuda``, ``mps`` or ``auto``.
        precision: ``fp32``, ``bf16``, ``fp16`` or ``auto``.
        understands_background: Whether the network was trained with background points.
        understands_mask_input: Whether the network was trained to correct an earlier mask.
        quick: Whether second looks cost so little that they are always worth it.
        compiled: Whether the image encoder is compiled with torch.compile on first use.

    Raises:
        InvalidSettings: A device or precision that is not available on this machine.
    """

    network: Promptable

    def __init__(
        self,
        network: Promptable,
        *,
        name: str,
        title: str,
        provenance: str,
        device: str = "auto",
        precision: str = "auto",
        understands_background: bool = False,
        understands_mask_input: bool = False,
        quick: bool = False,
        compiled: bool = False,
    ):
        super().__init__(
            name=name,
            title=title,
            provenance=provenance,
            device=device,
            precision=precision,
            understands_background=understands_background,
            understands_mask_input=understands_mask_input,
            quick=quick,
            max_tokens=network.max_tokens,
            image_values=network.image_values,
        )
        self.network = place(network, self.device, self.precision)
        if compiled:
            self.network.compile_encoder()

    def low_res_hw(self, image_hw: tuple[int, int]) -> tuple[int, int]:
        """Height and width of low-resolution logits: the same for every image."""
        side = 4 * self.network.config.grid
        return side, side

    @torch.inference_mode()
    def upscale(self, logits: Tensor, image_hw: tuple[int, int]) -> Tensor:
        """Upscale logits (n, h', w') to (n, h, w), interpolated as in the model's training."""
        return self.network.upscale(logits[None], image_hw)[0]

    def _encode(self, image: np.ndarray) -> tuple[ImageFeatures, DecoderContext | None]:
        if self.network.antialias:
            image = stretch_rgb(image, (self.network.image_size, self.network.image_size))
        pixels = to_device(image, self.device).permute(2, 0, 1)[None]
        with computing(self.device, self.precision):
            features = self.network.encode_image(pixels / 255)
            return features, self.network.prepare(features)

    def _decode(
        self,
        embedding: ImageEmbedding,
        coords: Tensor,
        labels: Tensor,
        mask_input: Tensor | None = None,
    ) -> LowResMasks:
        positions = self.network.positions(coords, embedding.image_hw)
        with computing(self.device, self.precision):
            logits, predicted_iou = self.network.decode_masks(
                embedding.features, _context(embedding), positions, labels, _earlier(mask_input)
            )
        return LowResMasks(logits[0], predicted_iou[0])

    def _decode_if(
        self,
        embedding: ImageEmbedding,
        coords: Tensor,
        labels: Tensor,
        wanted: Callable[[Tensor], Tensor],
    ) -> tuple[LowResMasks, Tensor]:
        """Compute masks only for queries that have a wanted candidate."""
        positions, context = self.network.positions(coords, embedding.image_hw), _context(embedding)
        with computing(self.device, self.precision):
            attended = self.network.attend(embedding.features, context, positions, labels)
            kept = wanted(attended.predicted_iou).any(-1).nonzero()[:, 0]
            if len(kept) < len(attended.predicted_iou):
                attended = type(attended)(*(column[kept] for column in attended))
            logits = self.network.draw(context, attended)
        return LowResMasks(logits, attended.predicted_iou), kept


def _earlier(mask_input: Tensor | None) -> EarlierMasks | None:
    if mask_input is None:
        return None
    return EarlierMasks(mask_input, mask_input.new_ones(mask_input.shape[:2]))


def _context(embedding: ImageEmbedding) -> DecoderContext:
    assert embedding.context is not None, "embeddings of these networks always have one"
    return embedding.context
