"""The original SAM as a segmenter, through ``transformers`` (an optional requirement).

SAM resizes the image to a longer side of 1024 pixels, keeps its aspect ratio and pads the rest. It
was trained with background points.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from esam_core.devices import DTYPES
from esam_core.errors import InvalidPrompt, WeightsMismatch
from esam_core.images import stretch_rgb
from esam_core.modeling.config import SamSize
from esam_core.modeling.mask_decoder import DecoderContext
from esam_core.modeling.promptable import PIXEL_MEAN, PIXEL_STD, ImageFeatures
from esam_core.models import MODELS, ModelSpec
from esam_core.prompts import MAX_TOKENS, PointLabel
from esam_core.sam.pretrained import read_pretrained
from esam_core.segmenter import BaseSegmenter, ImageEmbedding, LowResMasks


def load_sam(
    spec: ModelSpec,
    folder: Path | None,
    provenance: str,
    *,
    device: str,
    precision: str,
    compiled: bool,
) -> "SamSegmenter":
    """Make the segmenter of one of SAM's sizes; see ``ModelSpec.loader``.

    Args:
        spec: The row of the model.
        folder: The folder that ``save_pretrained`` wrote; its configuration may be that of a
            network trained further. None builds the published one with random weights.
        provenance: Where the weights come from.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        compiled: Whether the image encoder is compiled with torch.compile on first use.

    Raises:
        WeightsMismatch: The folder holds another network, or another of SAM's sizes.
    """
    import transformers

    if folder is None:
        network = transformers.SamModel(sam_config(spec.config))
    else:
        network = read_pretrained(transformers.SamModel, folder, spec.title)
        _check_size(network, spec, folder)
    if compiled:
        network.vision_encoder.compile()
    return SamSegmenter(
        network,
        name=spec.name,
        title=spec.title,
        provenance=provenance,
        device=device,
        precision=precision,
    )


def sam_config(size: SamSize) -> Any:
    """Return the configuration of ``transformers`` of one of SAM's sizes."""
    import transformers

    vision = transformers.SamVisionConfig(
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        global_attn_indexes=list(size.global_layers),
        mlp_dim=4 * size.width,
    )
    return transformers.SamConfig(vision_config=vision)


def _check_size(network: Any, spec: ModelSpec, folder: Path) -> None:
    """Raise an error if the network is another of the published ones."""
    vision = network.config.vision_config
    size = SamSize(
        vision.hidden_size,
        vision.num_hidden_layers,
        vision.num_attention_heads,
        tuple(vision.global_attn_indexes),
    )
    for other in MODELS.values():
        if other.config == size and other.config != spec.config:
            raise WeightsMismatch(
                f"{folder} holds {other.title}, not {spec.title}. Choose the model {other.name}, "
                f"or name a folder of {spec.name}."
            )


OUTSIDE = -32.0  # logit of the padding beside the image, as SAM predicts there for sure


class SamSegmenter(BaseSegmenter):
    """A ``Segmenter`` around ``transformers.SamModel``.

    Args:
        network: The model with its weights.
        name: A key of ``MODELS``.
        title: Name in the interface and in captions.
        provenance: Where the weights come from.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
    """

    mixes_prompts = False  # padding changes SAM's output; either all queries have a box or none

    network: Any

    def __init__(
        self,
        network: Any,
        *,
        name: str,
        title: str,
        provenance: str,
        device: str = "auto",
        precision: str = "auto",
    ):
        vision = network.config.vision_config
        super().__init__(
            name=name,
            title=title,
            provenance=provenance,
            device=device,
            precision=precision,
            understands_background=True,
            understands_mask_input=True,
            quick=False,
            max_tokens=MAX_TOKENS,
            image_values=(vision.image_size // vision.patch_size) ** 2 * vision.output_channels,
        )
        self.side = vision.image_size
        self.network = network.eval().requires_grad_(False).to(self.device, DTYPES[self.precision])

    def low_res_hw(self, image_hw: tuple[int, int]) -> tuple[int, int]:
        """Height and width of low-resolution logits: the image's part of SAM's padded square."""
        low_side = 4 * self.side // self.network.config.vision_config.patch_size
        height, width = self._scaled(image_hw)
        rows, columns = (max(1, round(v * low_side / self.side)) for v in (height, width))
        return rows, columns

    @torch.inference_mode()
    def upscale(self, logits: Tensor, image_hw: tuple[int, int]) -> Tensor:
        """Upscale logits (n, h', w') to the image's size (n, h, w), bilinearly."""
        return F.interpolate(logits[None], image_hw, mode="bilinear", align_corners=False)[0]

    def _encode(self, image: np.ndarray) -> tuple[ImageFeatures, DecoderContext | None]:
        height, width = self._scaled((image.shape[0], image.shape[1]))
        pixels = torch.from_numpy(stretch_rgb(image, (width, height))).to(self.device)
        mean, std = (torch.tensor(v, device=self.device) for v in (PIXEL_MEAN, PIXEL_STD))
        pixels = ((pixels / 255 - mean) / std).permute(2, 0, 1)[None]
        pixels = F.pad(pixels, (0, self.side - width, 0, self.side - height))
        features = self.network.get_image_embeddings(pixels.to(DTYPES[self.precision]))
        return ImageFeatures(features), None

    def _decode(
        self,
        embedding: ImageEmbedding,
        coords: Tensor,
        labels: Tensor,
        mask_input: Tensor | None = None,
    ) -> LowResMasks:
        if not labels.shape[1]:  # the network cannot decode nothing
            low = self._decode(embedding, coords.new_zeros(1, 1, 1, 2), labels.new_ones(1, 1, 1))
            return LowResMasks(low.logits[:0], low.predicted_iou[:0])
        boxed = _boxed(labels[0])
        scaled_hw = self._scaled(embedding.image_hw)
        scale = [n / o for n, o in zip(scaled_hw, embedding.image_hw, strict=True)]
        coords = (coords * coords.new_tensor(scale[::-1])).to(DTYPES[self.precision])
        boxes = coords[:, :, :2].flatten(2) if boxed else None
        first = 2 if boxed else 0
        points, labels = coords[:, :, first:], labels[:, :, first:]
        image, masks = embedding.features.embedding, None
        if mask_input is not None:
            # transformers reads one mask per image, so each query gets an image of its own.
            points, labels = points.transpose(0, 1), labels.transpose(0, 1)
            boxes = None if boxes is None else boxes.transpose(0, 1)
            image = image.expand(len(labels), -1, -1, -1)
            masks = self._padded(mask_input).to(image.dtype)
        output = self.network(
            image_embeddings=image,
            input_boxes=boxes,
            input_points=points if points.shape[2] else None,
            input_labels=labels if points.shape[2] else None,
            input_masks=masks,
            multimask_output=True,
        )
        # SAM's logits cover the padded square; crop them to the image, as ``LowResMasks`` requires.
        rows, columns = self.low_res_hw(embedding.image_hw)
        logits = output.pred_masks.flatten(0, 1)[:, :, :rows, :columns]
        return LowResMasks(logits.float(), output.iou_scores.flatten(0, 1).float())

    def _padded(self, mask_input: Tensor) -> Tensor:
        """Return logits (1, q, h', w') of the image as (q, 1, s, s) of SAM's padded square."""
        low_side = 4 * self.side // self.network.config.vision_config.patch_size
        below, right = (low_side - side for side in mask_input.shape[-2:])
        return F.pad(mask_input.transpose(0, 1), (0, right, 0, below), value=OUTSIDE)

    def _scaled(self, image_hw: tuple[int, int]) -> tuple[int, int]:
        """Return the image's (height, width) after resizing its longer side to SAM's input."""
        height, width = (max(1, int(v * self.side / max(image_hw) + 0.5)) for v in image_hw)
        return height, width


def _boxed(labels: Tensor) -> bool:
    """Return whether checked queries (q, t) begin with a box.

    Raises:
        InvalidPrompt: Only some of them do, or a box comes later.
    """
    first = labels == PointLabel.BOX_TOP_LEFT
    boxed = first[:, 0]
    if boxed.any() != boxed.all() or first[:, 1:].any():
        raise InvalidPrompt(
            "SAM decodes either queries that all begin with a box, or queries without "
            "one; decode them apart."
        )
    return bool(boxed.all())
