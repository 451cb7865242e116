"""Settings of segment everything: the grid and the mask filters."""

from dataclasses import dataclass, replace
from typing import Any

from esam_core.errors import InvalidSettings
from esam_core.models import MODELS

SAM_CROP_OVERLAP = 512 / 1500  # segment-anything's default
COARSER = 4  # a hierarchical grid starts with this many times fewer points per side


def _whole(name: str, value: object, low: int, high: int, *, optional: bool = False) -> None:
    if optional and value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        also = " or None" if optional else ""
        raise InvalidSettings(
            f"{name} is {value!r}; it must be a whole number from {low} to {high}{also}."
        )


def _number(name: str, value: Any, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and low <= value <= high):  # NaN is in no range
        raise InvalidSettings(f"{name} is {value!r}; it must be a number from {low} to {high}.")


@dataclass(frozen=True, slots=True)
class GridSettings:
    """Settings of segment everything.

    A threshold of 0 is off, as in SAM's generator.

    Args:
        points_per_side: Points along each side of the image; their square is decoded.
        points_per_batch: Points decoded at once; None chooses by device.
        best_of_three: Keep only the candidate with the highest predicted IoU of each point.
        pred_iou_thresh: A mask's predicted IoU must be above this.
        stability_score_thresh: The stability score must reach this.
        stability_score_offset: Distance of its two thresholds, in logits.
        box_nms_thresh: Of two masks whose boxes have a higher IoU, only the better one is kept.
        min_mask_region_area: Holes and islands smaller than this many pixels are removed; 0 is off.
        crop_n_layers: Layer i repeats the search on 2^i x 2^i crops of the image; 0 is off.
        crop_overlap_ratio: Overlap of neighbouring crops, as a share of the shorter side.
        crop_nms_thresh: Like ``box_nms_thresh``, between masks of different crops.
        crop_n_points_downscale_factor: Each layer has this many times fewer points per side.
        max_masks: Keep at most this many, those with the highest predicted IoU; None is no limit.
        hierarchical: Start with a grid of a quarter of the points per side; of the full grid,
            decode only points that no mask found so far covers. Faster, but parts of a larger
            object, such as wheels of a car, are mostly lost; README.md has the numbers.
        looks: At most this many of the masks found are decoded again, by their box in a crop around
            each; the others are dropped; 0 is off.
        upstream_rules: Follow the notebook of EfficientSAM's authors exactly: points at the
            corners of cells instead of their centres, best of three, stability and outlines at the
            image's size, strict thresholds, clean-up before the only NMS, and in it masks that
            needed no clean-up win.

    Raises:
        InvalidSettings: A value out of range.
    """

    points_per_side: int = 32
    points_per_batch: int | None = None
    best_of_three: bool = False
    pred_iou_thresh: float = 0.7
    stability_score_thresh: float = 0.9
    stability_score_offset: float = 1.0
    box_nms_thresh: float = 0.7
    min_mask_region_area: int = 0
    crop_n_layers: int = 0
    crop_overlap_ratio: float = SAM_CROP_OVERLAP
    crop_nms_thresh: float = 0.7
    crop_n_points_downscale_factor: int = 1
    max_masks: int | None = None
    hierarchical: bool = False
    looks: int = 0
    upstream_rules: bool = False

    def __post_init__(self) -> None:
        _whole("points_per_side", self.points_per_side, 1, 256)
        _whole("points_per_batch", self.points_per_batch, 1, 4096, optional=True)
        _number("pred_iou_thresh", self.pred_iou_thresh, 0, 1)
        _number("stability_score_thresh", self.stability_score_thresh, 0, 1)
        _number("stability_score_offset", self.stability_score_offset, 0, 20)
        _number("box_nms_thresh", self.box_nms_thresh, 0, 1)
        _whole("min_mask_region_area", self.min_mask_region_area, 0, 50_000_000)
        _whole("crop_n_layers", self.crop_n_layers, 0, 4)
        _number("crop_overlap_ratio", self.crop_overlap_ratio, 0, 0.9)
        _number("crop_nms_thresh", self.crop_nms_thresh, 0, 1)
        _whole("crop_n_points_downscale_factor", self.crop_n_points_downscale_factor, 1, 16)
        _whole("max_masks", self.max_masks, 1, 65_535, optional=True)
        _whole("looks", self.looks, 0, 4096)
        if self.upstream_rules and (self.crop_n_layers or self.hierarchical or self.looks):
            raise InvalidSettings(
                "upstream_rules support neither crops, looks nor a hierarchical grid; set "
                "crop_n_layers=0, looks=0 and hierarchical=False, or take the preset quality."
            )

    @property
    def steps(self) -> int:
        """Points of all grids and looks, as ``progress`` counts them; on tiny images fewer."""
        factor = self.crop_n_points_downscale_factor
        layers = range(self.crop_n_layers + 1)
        sides = [max(self.points_per_side // factor**layer, 1) for layer in layers]
        return sum(4**layer * side**2 for layer, side in enumerate(sides)) + self.looks


PRESETS: dict[str, GridSettings] = {
    "fast": GridSettings(points_per_side=16, min_mask_region_area=50),
    "quality": GridSettings(points_per_side=32, min_mask_region_area=50),
    "upstream": GridSettings(
        points_per_side=32,
        best_of_three=True,
        pred_iou_thresh=0.7,
        stability_score_thresh=0.9,
        min_mask_region_area=100,
        upstream_rules=True,
    ),
}


def preset(name: str, model: str = "") -> GridSettings:
    """Return a preset with the default thresholds of a model.

    Args:
        name: ``fast``, ``quality`` or ``upstream``; ``upstream`` is the same for every model.
        model: A key of ``MODELS``, whose row has the thresholds; other models get those of
            EfficientSAM.

    Raises:
        InvalidSettings: Unknown preset.
    """
    if name not in PRESETS:
        raise InvalidSettings(f"preset {name!r} is unknown; use one of {', '.join(PRESETS)}.")
    settings = PRESETS[name]
    if settings.upstream_rules or model not in MODELS:
        return settings
    thresholds = MODELS[model].grid_thresholds
    per_point = thresholds.looks / PRESETS["fast"].points_per_side
    return replace(
        settings,
        looks=round(per_point * settings.points_per_side),
        crop_n_layers=thresholds.crop_n_layers,
        crop_n_points_downscale_factor=thresholds.crop_n_points_downscale_factor,
        pred_iou_thresh=thresholds.pred_iou_thresh,
        stability_score_thresh=thresholds.stability_score_thresh,
        stability_score_offset=thresholds.stability_score_offset,
    )
