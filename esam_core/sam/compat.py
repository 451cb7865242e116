"""Segment-anything's names on EfficientSAM: its tutorials run with one import changed.

``SamPredictor``, ``SamAutomaticMaskGenerator`` and ``sam_model_registry`` take and return what
those of segment-anything 1.0 do. Differences: coordinates need no transform (``transform`` leaves
them as they are), the embedding is EfficientSAM's, boxes of records include their last pixel, and
what the model was not made for is refused with a reason.
"""

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from esam_core.errors import InvalidImage, InvalidPrompt, InvalidSettings, UnsupportedPrompt
from esam_core.everything import GridSettings, decode_grid, select
from esam_core.images import check_rgb
from esam_core.segmenter import ImageEmbedding, Segmenter

OUTPUT_MODES = ("binary_mask", "uncompressed_rle", "coco_rle")


class SamModel:
    """A segmenter with the few attributes of ``Sam`` that tutorials touch."""

    mask_threshold = 0.0
    image_format = "RGB"

    def __init__(self, segmenter: Segmenter):
        self.segmenter = segmenter

    @property
    def device(self) -> torch.device:
        """Where the model runs; chosen when it was loaded."""
        return torch.device(self.segmenter.device)

    def to(self, device: str | torch.device) -> "SamModel":
        """Return the model if it is on this device already.

        Raises:
            InvalidSettings: It is on another.
        """
        if torch.device(device).type != self.device.type:
            raise InvalidSettings(
                f"the model is on {self.device}, not on {device}; load it there with "
                f"load_segmenter(..., device={str(device)!r})."
            )
        return self

    def eval(self) -> "SamModel":
        """Return the model: it never trains here."""
        return self


class SameCoordinates:
    """Stands where segment-anything rescales coordinates; here they stay pixels of the photo."""

    def apply_image(self, image: np.ndarray) -> np.ndarray:
        """Return the image; the model scales it itself."""
        return image

    def apply_coords(self, coords: np.ndarray, original_size: tuple[int, ...]) -> np.ndarray:
        """Return points (..., 2)."""
        return coords

    def apply_boxes(self, boxes: np.ndarray, original_size: tuple[int, ...]) -> np.ndarray:
        """Return boxes (b, 4)."""
        return boxes

    def apply_coords_torch(self, coords: Tensor, original_size: tuple[int, ...]) -> Tensor:
        """Return points (..., 2)."""
        return coords

    def apply_boxes_torch(self, boxes: Tensor, original_size: tuple[int, ...]) -> Tensor:
        """Return boxes (b, 4)."""
        return boxes


class SamPredictor:
    """Segments one photo at a time; see segment-anything's class of this name.

    Args:
        sam_model: From ``sam_model_registry``, or a segmenter.
    """

    def __init__(self, sam_model: SamModel | Segmenter) -> None:
        self.model = sam_model if isinstance(sam_model, SamModel) else SamModel(sam_model)
        self.transform = SameCoordinates()
        self.reset_image()

    def set_image(self, image: np.ndarray, image_format: str = "RGB") -> None:
        """Embed a photo (h, w, 3) uint8.

        Raises:
            InvalidImage: Another shape, type or format.
        """
        if image_format not in ("RGB", "BGR"):
            raise InvalidImage(f"image_format is {image_format!r}; it must be RGB or BGR.")
        if image_format == "BGR":
            image = np.ascontiguousarray(image[..., ::-1])
        self.reset_image()
        self._embedding = self.model.segmenter.embed(image)
        self.features = self._embedding.features.embedding
        self.original_size = self.input_size = self._embedding.image_hw
        self.is_image_set = True

    def set_torch_image(
        self, transformed_image: Tensor, original_image_size: tuple[int, ...]
    ) -> None:
        """Embed a photo (1, 3, h, w) in 0..255, which must have its original size.

        Raises:
            InvalidImage: It was resized, or is a batch.
        """
        size = tuple(transformed_image.shape)
        if len(size) != 4 or size[:2] != (1, 3) or size[2:] != tuple(original_image_size):
            raise InvalidImage(
                f"set_torch_image got {size} for a photo of {tuple(original_image_size)}; give "
                "(1, 3, height, width) in the photo's own size, the model resizes it itself."
            )
        image = transformed_image[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8)
        self.set_image(np.ascontiguousarray(image.cpu().numpy()))

    def predict(
        self,
        point_coords: np.ndarray | None = None,
        point_labels: np.ndarray | None = None,
        box: np.ndarray | None = None,
        mask_input: np.ndarray | None = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Segment what points and a box, in pixels of the photo, show.

        Args:
            point_coords: (n, 2) as (x, y).
            point_labels: (n,): 1 foreground, 0 background.
            box: (4,) as (x0, y0, x1, y1).
            mask_input: Not possible with EfficientSAM.
            multimask_output: Three masks, or only the one with the highest predicted IoU.
            return_logits: Numbers instead of a mask; above 0 is inside.

        Returns:
            Masks (c, h, w), predicted IoU (c,), low-resolution logits (c, h', w').

        Raises:
            RuntimeError: No image was set.
            UnsupportedPrompt: A mask, or background points for a model that never saw any.
            InvalidPrompt: Nothing given, too many points, or points without labels.
        """
        coords, labels, boxes = (
            None if given is None else torch.as_tensor(np.asarray(given))[None]
            for given in (point_coords, point_labels, box)
        )
        masks, scores, low = self.predict_torch(
            coords, labels, boxes, mask_input, multimask_output, return_logits
        )
        return masks[0].cpu().numpy(), scores[0].cpu().numpy(), low[0].cpu().numpy()

    @torch.inference_mode()
    def predict_torch(
        self,
        point_coords: Tensor | None,
        point_labels: Tensor | None,
        boxes: Tensor | None = None,
        mask_input: Tensor | None = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Segment for b prompts at once: points (b, n, 2), labels (b, n), boxes (b, 4).

        Returns:
            Masks (b, c, h, w), predicted IoU (b, c), low-resolution logits (b, c, h', w').

        Raises:
            RuntimeError: No image was set.
            UnsupportedPrompt: A mask, or background points for a model that never saw any.
            InvalidPrompt: Nothing given, too many points, or points without labels.
        """
        embedding = self._require_image()
        if mask_input is not None:
            raise UnsupportedPrompt(
                "EfficientSAM has no mask prompt: it was trained with points and boxes only. "
                "Leave mask_input out, and add points or a box instead."
            )
        coords, labels = self._tokens(point_coords, point_labels, boxes)
        segmenter = self.model.segmenter
        low = [
            segmenter.decode(embedding, c, t)
            for c, t in zip(
                coords.split(segmenter.batch_size), labels.split(segmenter.batch_size), strict=True
            )
        ]
        logits, scores = (torch.cat(column) for column in zip(*low, strict=True))
        if not multimask_output:
            best = scores.argmax(1, keepdim=True)
            scores = scores.gather(1, best)
            logits = logits[torch.arange(len(logits), device=logits.device)[:, None], best]
        masks = [segmenter.upscale(part, embedding.image_hw) for part in logits]
        masks = torch.stack(masks if return_logits else [part >= 0 for part in masks])
        return masks, scores, logits

    def get_image_embedding(self) -> Tensor:
        """Return the embedding (1, c, h, w) of the photo that was set.

        Raises:
            RuntimeError: None was.
        """
        return self._require_image().features.embedding

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return self.model.device

    def reset_image(self) -> None:
        """Forget the photo."""
        self.is_image_set = False
        self.features: Tensor | None = None
        self._embedding: ImageEmbedding | None = None
        self.original_size: tuple[int, int] | None = None
        self.input_size: tuple[int, int] | None = None

    def _require_image(self) -> ImageEmbedding:
        if self._embedding is None:
            raise RuntimeError("no image is set; call set_image(image) before predicting.")
        return self._embedding

    def _tokens(
        self, coords: Tensor | None, labels: Tensor | None, boxes: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Write points and boxes as the tokens of b prompts: (b, t, 2) and (b, t)."""
        columns: list[tuple[Tensor, Tensor]] = []
        if coords is not None:
            if labels is None:
                raise InvalidPrompt("point_coords came without point_labels; give one per point.")
            if (labels == 0).any() and not self.model.segmenter.understands_background:
                raise UnsupportedPrompt(
                    "EfficientSAM was not trained with background points (label 0). Leave them "
                    "out, or use Segmenter.predict, which chooses candidates by them."
                )
            columns.append((coords.float(), labels.long()))
        if boxes is not None:
            corners = boxes.float().view(-1, 2, 2)
            columns.append((corners, torch.tensor([2, 3]).expand(len(corners), 2)))
        if not columns:
            raise InvalidPrompt("the prompt is empty; give point_coords or a box.")
        coords, labels = (
            torch.cat([c.cpu() for c in column], 1) for column in zip(*columns, strict=True)
        )
        if coords.shape[1] > 6:
            raise InvalidPrompt(
                f"{coords.shape[1]} prompt tokens given, the model reads 6; "
                "a point is one, a box two."
            )
        return coords, labels


class SamAutomaticMaskGenerator:
    """Finds the masks of everything; see segment-anything's class of this name.

    Args:
        model: From ``sam_model_registry``, or a segmenter.
        points_per_side: Points along each side; None if ``point_grids`` are given.
        points_per_batch: Points decoded at once.
        pred_iou_thresh: Predicted IoU must be above this.
        stability_score_thresh: Stability must reach this.
        stability_score_offset: Distance of its two thresholds, in logits.
        box_nms_thresh: Of boxes that overlap more, the better one stays.
        crop_n_layers: Layers of crops.
        crop_nms_thresh: The same between crops.
        crop_overlap_ratio: Overlap of crops.
        crop_n_points_downscale_factor: Each layer has this many times fewer points per side.
        point_grids: Own points per layer, (n, 2) in [0, 1].
        min_mask_region_area: Smaller holes and islands are removed.
        output_mode: ``binary_mask``, ``uncompressed_rle`` or ``coco_rle``.

    Raises:
        InvalidSettings: A value out of range.
    """

    def __init__(
        self,
        model: SamModel | Segmenter,
        points_per_side: int | None = 32,
        points_per_batch: int = 64,
        pred_iou_thresh: float = 0.88,
        stability_score_thresh: float = 0.95,
        stability_score_offset: float = 1.0,
        box_nms_thresh: float = 0.7,
        crop_n_layers: int = 0,
        crop_nms_thresh: float = 0.7,
        crop_overlap_ratio: float = 512 / 1500,
        crop_n_points_downscale_factor: int = 1,
        point_grids: list[np.ndarray] | None = None,
        min_mask_region_area: int = 0,
        output_mode: str = "binary_mask",
    ) -> None:
        if (points_per_side is None) == (point_grids is None):
            raise InvalidSettings(
                "give either points_per_side or point_grids, and None for the other one."
            )
        if point_grids is not None and len(point_grids) <= crop_n_layers:
            raise InvalidSettings(
                f"{len(point_grids)} point_grids given; crop_n_layers={crop_n_layers} needs "
                f"{crop_n_layers + 1}."
            )
        if output_mode not in OUTPUT_MODES:
            raise InvalidSettings(
                f"output_mode is {output_mode!r}; use one of {', '.join(OUTPUT_MODES)}."
            )
        self.predictor = SamPredictor(model)
        self.point_grids, self.output_mode = point_grids, output_mode
        self.settings = GridSettings(
            points_per_side=points_per_side or 1,
            # On a CPU, small chunks are fast and large ones only take memory.
            points_per_batch=min(points_per_batch, self.predictor.model.segmenter.batch_size),
            pred_iou_thresh=pred_iou_thresh,
            stability_score_thresh=stability_score_thresh,
            stability_score_offset=stability_score_offset,
            box_nms_thresh=box_nms_thresh,
            crop_n_layers=crop_n_layers,
            crop_nms_thresh=crop_nms_thresh,
            crop_overlap_ratio=crop_overlap_ratio,
            crop_n_points_downscale_factor=crop_n_points_downscale_factor,
            min_mask_region_area=min_mask_region_area,
        )

    def generate(self, image: np.ndarray) -> list[dict[str, Any]]:
        """Find the masks of a photo (h, w, 3) uint8 RGB.

        Returns:
            A record per mask: segmentation, area, bbox (x, y, width, height), predicted_iou,
            point_coords, stability_score, crop_box.

        Raises:
            InvalidImage: The photo is no RGB array.
        """
        segmenter = self.predictor.model.segmenter
        candidates = decode_grid(
            segmenter, check_rgb(image), self.settings, point_grids=self.point_grids
        )
        records = select(candidates, self.settings).to_records()
        for record in records:
            record["segmentation"] = self._written(record["segmentation"])
        return records

    @staticmethod
    def postprocess_small_regions(mask_data: Any, min_area: int, nms_thresh: float) -> Any:
        """Not offered: it edits a structure that only segment-anything has.

        Raises:
            UnsupportedPrompt: Always; set min_mask_region_area instead.
        """
        raise UnsupportedPrompt(
            "postprocess_small_regions edits segment-anything's MaskData, which is not used here; "
            "set min_mask_region_area, and generate cleans the masks itself."
        )

    def _written(self, mask: np.ndarray) -> np.ndarray | dict[str, Any]:
        """Write a mask in the chosen mode."""
        if self.output_mode == "binary_mask":
            return mask
        if self.output_mode == "uncompressed_rle":
            return {"size": list(mask.shape), "counts": _run_lengths(mask)}
        from pycocotools import mask as rle

        packed = rle.encode(np.asfortranarray(mask, np.uint8))
        return {"size": list(packed["size"]), "counts": packed["counts"].decode()}


def _run_lengths(mask: np.ndarray) -> list[int]:
    """Count pixels of equal value column by column, beginning with those outside the mask."""
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()
    return [0, *counts] if flat[0] else counts


def _build(name: str, checkpoint: str | None = None) -> SamModel:
    from esam_core.models import load_segmenter

    return SamModel(load_segmenter(name, weights=checkpoint))


# SAM's own sizes do not exist here; "default" is the best model whose weights are present.
sam_model_registry = {
    "default": partial(_build, "auto"),
    "vit_s": partial(_build, "efficient_sam_s"),
    "vit_t": partial(_build, "efficient_sam_ti"),
    "mini": partial(_build, "mini"),
}
