"""SAM itself behind the same prompts, through ``transformers`` (an optional requirement).

SAM's frame is its own: the photo keeps its shape, its longer side becomes 1024 pixels and the rest
is padded; background points and any number of points are understood.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from esam_core.devices import DTYPES, choose_device, choose_precision
from esam_core.errors import InvalidPrompt, MissingPackage, UnknownModel, WeightsNotFound
from esam_core.images import check_rgb, image_digest, stretch_rgb
from esam_core.masks import Masks
from esam_core.modeling.promptable import PIXEL_MEAN, PIXEL_STD
from esam_core.prompts import PointLabel, Prompt
from esam_core.segmenter import (
    ImageEmbedding,
    LowResMasks,
    TorchSegmenter,
    fit_prompt,
    prompts_per_batch,
)

SIDE = 1024
IMAGE_VALUES = 64 * 64 * 256  # of the image embedding, the same in all three sizes
# Width, layers, heads and the layers that see the whole image, as in the published configurations.
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
        random: Make random weights; for timing, and said in the provenance.

    Raises:
        UnknownModel: Another name.
        WeightsNotFound: The weights are not in the cache; nothing is downloaded here.
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
        network, origin = (
            transformers.SamModel(transformers.SamConfig(vision_config=vision)),
            "random",
        )
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


class SamSegmenter(TorchSegmenter):
    """A ``Segmenter`` around ``transformers.SamModel``.

    Args:
        network: The model with its weights.
        name: ``sam_vit_b`` and the like.
        title: Name for people.
        provenance: Where the weights come from.
        device: As for ``load_sam``.
        precision: As for ``load_sam``.
    """

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
        self.name, self.title, self.provenance = name, title, provenance
        self.understands_background = True
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        self.network = network.eval().requires_grad_(False).to(self.device, DTYPES[self.precision])
        self.batch_size = prompts_per_batch(IMAGE_VALUES, self.device, self.precision)

    @torch.inference_mode()
    def embed(self, image: np.ndarray) -> ImageEmbedding:
        """Encode a photo (h, w, 3) uint8 RGB."""
        image = check_rgb(image)
        height, width = _fitted(image.shape[:2])
        pixels = torch.from_numpy(stretch_rgb(image, (width, height))).to(self.device)
        mean, std = (torch.tensor(v, device=self.device) for v in (PIXEL_MEAN, PIXEL_STD))
        pixels = ((pixels / 255 - mean) / std).permute(2, 0, 1)[None]
        pixels = F.pad(pixels, (0, SIDE - width, 0, SIDE - height)).to(DTYPES[self.precision])
        features = self.network.get_image_embeddings(pixels)
        return ImageEmbedding(features, None, image.shape[:2], self.name, image_digest(image))

    def predict_batch(
        self, embedding: ImageEmbedding, prompts: Sequence[Prompt], *, rule: str = "predicted_iou"
    ) -> list[Masks]:
        """Segment for many prompts of one photo; prompts of one kind are decoded together.

        Raises:
            InvalidPrompt: A prompt that points at nothing or outside the photo.
        """
        fitted = [fit_prompt(prompt, embedding.image_hw) for prompt in prompts]
        kinds: dict[tuple[int, bool], list[int]] = {}
        for i, prompt in enumerate(fitted):
            kind = len(prompt.point_coords), prompt.box_xyxy is not None
            kinds.setdefault(kind, []).append(i)
        answers: dict[int, Masks] = {}
        for members in kinds.values():
            # Padding is not neutral to SAM: tokens are cut to what the prompts really have.
            tokens = [fitted[i].tokens() for i in members]
            count = fitted[members[0]].token_count
            coords = np.stack([coords[:count] for coords, _ in tokens])
            labels = np.stack([labels[:count] for _, labels in tokens])
            for start in range(0, len(members), self.batch_size):
                part = slice(start, start + self.batch_size)
                low = self.decode(embedding, coords[part], labels[part])
                for i, logits, iou in zip(members[part], *low, strict=True):
                    answers[i] = self._finish(logits, iou, fitted[i], embedding.image_hw, rule)
        return [answers[i] for i in range(len(fitted))]

    @torch.inference_mode()
    def decode(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray | Tensor,
        point_labels: np.ndarray | Tensor,
    ) -> LowResMasks:
        """Decode queries (q, t, 2) with labels (q, t) that are all of one kind.

        Raises:
            InvalidPrompt: The embedding is another model's, or only some queries have a box.
        """
        if embedding.model != self.name:
            raise InvalidPrompt(f"the embedding is {embedding.model}'s, this is {self.name}.")
        coords = torch.as_tensor(point_coords, dtype=torch.float32).to(self.device)
        labels = torch.as_tensor(point_labels, dtype=torch.int64).to(self.device)
        height, width = embedding.image_hw
        scale = torch.tensor(
            [n / o for n, o in zip(_fitted((height, width))[::-1], (width, height), strict=True)]
        )
        coords = coords * scale.to(self.device)
        corners = labels[:, :2] >= PointLabel.BOX_TOP_LEFT
        if labels.shape[1] >= 2 and corners.any() and not corners.all():
            raise InvalidPrompt("either all queries have a box or none has; decode them apart.")
        boxed = labels.shape[1] >= 2 and bool(corners.all())
        points, labels = (coords[:, 2:], labels[:, 2:]) if boxed else (coords, labels)
        dtype = DTYPES[self.precision]
        answer = self.network(
            image_embeddings=embedding.features,
            input_boxes=coords[:, :2].flatten(1)[None].to(dtype) if boxed else None,
            input_points=points[None].to(dtype) if points.shape[1] else None,
            input_labels=labels[None] if points.shape[1] else None,
            multimask_output=True,
        )
        # SAM's map covers the padded square; like every low-resolution map here it is given for
        # the photo alone.
        side = answer.pred_masks.shape[-1]
        rows, columns = (round(v * side / SIDE) for v in _fitted((height, width)))
        logits = answer.pred_masks[0, :, :, :rows, :columns]
        return LowResMasks(logits.float(), answer.iou_scores[0].float())

    def upscale(self, logits: Tensor, image_hw: tuple[int, int]) -> Tensor:
        """Bring logits (n, h', w') of the photo to the photo's size (n, h, w), bilinearly."""
        return F.interpolate(logits[None], image_hw, mode="bilinear", align_corners=False)[0]


def _fitted(image_hw: tuple[int, int]) -> tuple[int, int]:
    """Return the photo's (height, width) once its longer side is SIDE."""
    longer = max(image_hw)
    height, width = (max(1, int(side * SIDE / longer + 0.5)) for side in image_hw)
    return height, width


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise MissingPackage(
            "SAM needs the package transformers: pip install -r requirements-sam.txt."
        ) from error
    return transformers
