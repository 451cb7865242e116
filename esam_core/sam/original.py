"""The original SAM as a segmenter, through ``transformers`` (an optional requirement).

SAM resizes the image to a longer side of 1024 pixels, keeps its aspect ratio and pads the rest. It
was trained with background points.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from esam_core.devices import DTYPES
from esam_core.errors import InvalidPrompt, MissingPackage, UnknownModel, WeightsNotFound
from esam_core.images import stretch_rgb
from esam_core.modeling.mask_decoder import DecoderContext
from esam_core.modeling.promptable import PIXEL_MEAN, PIXEL_STD, ImageFeatures
from esam_core.prompts import MAX_TOKENS, PointLabel
from esam_core.segmenter import BaseSegmenter, ImageEmbedding, LowResMasks

# Width, layers, heads and layers with global attention, as in the published configurations.
SIZES = {
    "sam_vit_b": ("SAM ViT-B", "facebook/sam-vit-base", 768, 12, 12, (2, 5, 8, 11)),
    "sam_vit_l": ("SAM ViT-L", "facebook/sam-vit-large", 1024, 24, 16, (5, 11, 17, 23)),
    "sam_vit_h": ("SAM ViT-H", "facebook/sam-vit-huge", 1280, 32, 16, (7, 15, 23, 31)),
}


def load_sam(
    name: str = "sam_vit_h",
    *,
    device: str = "auto",
    precision: str = "auto",
    random: bool = False,
) -> "SamSegmenter":
    """Load one of SAM's three sizes from the local cache of ``transformers``.

    Args:
        name: ``sam_vit_b``, ``sam_vit_l`` or ``sam_vit_h``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        random: Use random weights, for timing; the provenance is then ``random``.

    Raises:
        UnknownModel: Unknown name.
        WeightsNotFound: The weights are not in the cache; this function never downloads.
        MissingPackage: ``transformers`` is not installed.
    """
    if name not in SIZES:
        raise UnknownModel(f"model {name!r} is unknown; use one of {', '.join(SIZES)}.")
    title, source, width, layers, heads, global_layers = SIZES[name]
    transformers = _transformers()
    if random:
        vision = transformers.SamVisionConfig(
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            global_attn_indexes=list(global_layers),
            mlp_dim=4 * width,
        )
        network = transformers.SamModel(transformers.SamConfig(vision_config=vision))
        origin = "random"
    else:
        try:
            network = transformers.SamModel.from_pretrained(source, local_files_only=True)
        except OSError as error:
            raise WeightsNotFound(
                f"the weights of {title} are not on this machine; fetch them once with "
                f"transformers.SamModel.from_pretrained({source!r})."
            ) from error
        revision = getattr(network.config, "_commit_hash", None) or "unknown"
        origin = f"{source}, revision {revision[:8]}"
    return SamSegmenter(
        network, name=name, title=title, provenance=origin, device=device, precision=precision
    )


OUTSIDE = -32.0  # logit of the padding beside the image, as SAM predicts there for sure


class SamSegmenter(BaseSegmenter):
    """A ``Segmenter`` around ``transformers.SamModel``.

    Args:
        network: The model with its weights.
        name: A key of ``SIZES``.
        title: Name in the interface and in captions.
        provenance: Where the weights come from.
        device: As for ``load_sam``.
        precision: As for ``load_sam``.
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


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise MissingPackage(
            "SAM needs the package transformers: pip install -r requirements-sam.txt."
        ) from error
    return transformers
