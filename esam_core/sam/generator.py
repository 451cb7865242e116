"""Segment-anything's ``SamAutomaticMaskGenerator``."""

from typing import Any

import numpy as np

from esam_core.errors import InvalidPrompt, InvalidSettings, UnsupportedPrompt
from esam_core.everything import GridSettings, decode_grid, select
from esam_core.images import check_rgb
from esam_core.models import MODELS, SAM_THRESHOLDS
from esam_core.prompts import outside
from esam_core.sam.model import SamModel
from esam_core.sam.predictor import SamPredictor
from esam_core.segmenter import Segmenter
from esam_core.segmenter.queries import to_array
from esam_core.values import shown

OUTPUT_MODES = ("binary_mask", "uncompressed_rle", "coco_rle")


class SamAutomaticMaskGenerator:
    """Finds the masks of everything; see segment-anything's class of this name.

    The thresholds of segment-anything (0.88, 0.95, 1.0) suit SAM only. The defaults here are those
    of the model's row in ``MODELS``.

    Args:
        model: From ``sam_model_registry``, or a segmenter.
        points_per_side: Points along each side; None if ``point_grids`` are given.
        points_per_batch: Points decoded at once.
        pred_iou_thresh: Predicted IoU must be above this; None is the model's default.
        stability_score_thresh: Stability must reach this; None is the model's default.
        stability_score_offset: Distance of its two thresholds, in logits; None is the model's
            default.
        box_nms_thresh: Of two boxes with a higher IoU, only the better one is kept.
        crop_n_layers: Layers of crops.
        crop_nms_thresh: Like ``box_nms_thresh``, between masks of different crops.
        crop_overlap_ratio: Overlap of crops.
        crop_n_points_downscale_factor: Each layer has this many times fewer points per side.
        point_grids: Custom points per layer, (n, 2) as (x, y) in [0, 1].
        min_mask_region_area: Smaller holes and islands are removed.
        output_mode: ``binary_mask``, ``uncompressed_rle`` or ``coco_rle``.

    Raises:
        InvalidSettings: A value out of range.
        InvalidPrompt: Custom points that are no (n, 2) finite numbers in [0, 1].
    """

    def __init__(
        self,
        model: SamModel | Segmenter,
        points_per_side: int | None = 32,
        points_per_batch: int = 64,
        pred_iou_thresh: float | None = None,
        stability_score_thresh: float | None = None,
        stability_score_offset: float | None = None,
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
                "give either points_per_side or point_grids, and None for the other."
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
        self.point_grids = None if point_grids is None else [_grid(given) for given in point_grids]
        self.output_mode = output_mode
        segmenter = self.predictor.model.segmenter
        row = MODELS.get(segmenter.name)
        own = SAM_THRESHOLDS if row is None else row.grid_thresholds
        self.settings = GridSettings(
            points_per_side=points_per_side or 1,
            # On a CPU, larger batches take more memory and are not faster.
            points_per_batch=min(points_per_batch, segmenter.batch_size),
            pred_iou_thresh=own.pred_iou_thresh if pred_iou_thresh is None else pred_iou_thresh,
            stability_score_thresh=own.stability_score_thresh
            if stability_score_thresh is None
            else stability_score_thresh,
            stability_score_offset=own.stability_score_offset
            if stability_score_offset is None
            else stability_score_offset,
            box_nms_thresh=box_nms_thresh,
            crop_n_layers=crop_n_layers,
            crop_nms_thresh=crop_nms_thresh,
            crop_overlap_ratio=crop_overlap_ratio,
            crop_n_points_downscale_factor=crop_n_points_downscale_factor,
            min_mask_region_area=min_mask_region_area,
        )

    def generate(self, image: np.ndarray) -> list[dict[str, Any]]:
        """Find the masks of an image (h, w, 3) uint8 RGB.

        Returns:
            A record per mask: segmentation (h, w) bool or RLE, area, bbox (x, y, width, height),
            predicted_iou, point_coords, stability_score, crop_box; coordinates in pixels.

        Raises:
            InvalidImage: The image is not an RGB array.
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
        """Not supported: it edits a structure that only segment-anything has.

        Raises:
            UnsupportedPrompt: Always; set min_mask_region_area instead.
        """
        raise UnsupportedPrompt(
            "postprocess_small_regions edits segment-anything's MaskData, which is not used here; "
            "set min_mask_region_area, and generate cleans the masks itself."
        )

    def _written(self, mask: np.ndarray) -> np.ndarray | dict[str, Any]:
        """Encode a mask (h, w) bool in the chosen output mode."""
        if self.output_mode == "binary_mask":
            return mask
        if self.output_mode == "uncompressed_rle":
            return {"size": list(mask.shape), "counts": _run_lengths(mask)}
        from pycocotools import mask as rle

        packed = rle.encode(np.asfortranarray(mask, np.uint8))
        return {"size": list(packed["size"]), "counts": packed["counts"].decode()}


def _grid(point_grid: Any) -> np.ndarray:
    """Return the custom points (n, 2) of a layer, or raise if they are outside [0, 1]."""
    points = to_array(point_grid, "points of point_grids")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise InvalidPrompt(
            f"a layer of point_grids has the shape {points.shape}; give (n, 2), at least one point "
            "(x, y) per layer."
        )
    away = outside(points, (1, 1))
    if away.any():
        raise InvalidPrompt(
            f"point_grids hold the point {shown(points[away][0])}; give fractions of the image, "
            "0 <= x <= 1 and 0 <= y <= 1."
        )
    return points.astype(np.float64)


def _run_lengths(mask: np.ndarray) -> list[int]:
    """Return run lengths of a mask (h, w) in column order, starting with a run of zeros."""
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()
    return [0, *counts] if flat[0] else counts
