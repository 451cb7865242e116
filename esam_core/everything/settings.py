"""What a grid asks for and which masks it keeps."""

import math
from dataclasses import dataclass, replace

from esam_core.errors import InvalidSettings

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


def _number(name: str, value: object, low: float, high: float) -> None:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not (right and math.isfinite(value) and low <= value <= high):
        raise InvalidSettings(f"{name} is {value!r}; it must be a number from {low} to {high}.")


@dataclass(frozen=True, slots=True)
class GridSettings:
    """Settings of segment everything.

    Thresholds of 0 are off, as in SAM's generator: nothing is thrown away by them.

    Args:
        points_per_side: Points along each side of the photo; their square is decoded.
        points_per_chunk: Points decoded at once; None takes what suits the device.
        best_of_three: Keep only the candidate with the highest predicted IoU of each point.
        predicted_iou_threshold: The model's own guess of a mask's IoU must be above this.
        stability_threshold: The stability score must reach this.
        stability_offset: Distance of the two thresholds, in logits, from which it is computed.
        nms_iou: Of two masks whose boxes overlap more than this, the better one stays.
        min_region_area: Holes and islands smaller than this many pixels are removed; 0 is off.
        crop_layers: Layer i repeats the search on 2^i x 2^i crops of the photo; 0 is off.
        crop_overlap: Overlap of neighbouring crops, as a fraction of the photo's shorter side.
        crop_nms_iou: Like ``nms_iou``, between masks of different crops.
        crop_points_divisor: Each layer has this many times fewer points per side.
        max_masks: Keep at most this many, the ones with the highest predicted IoU; None is no
            limit.
        hierarchical: Start with a grid of a quarter of the points per side; of the full grid,
            decode only points that no mask found so far covers. Faster, but parts that lie on a
            whole, such as wheels on a car, are mostly lost; README.md has the numbers.
        notebook_rules: Follow the notebook of EfficientSAM's authors to the letter: points at the
            corners of cells instead of their centres, best of three, stability and outlines at the
            photo's size, strict thresholds, clean-up before the only NMS, and in it masks that
            needed no clean-up win.

    Raises:
        InvalidSettings: A value out of range.
    """

    points_per_side: int = 32
    points_per_chunk: int | None = None
    best_of_three: bool = False
    predicted_iou_threshold: float = 0.7
    stability_threshold: float = 0.9
    stability_offset: float = 1.0
    nms_iou: float = 0.7
    min_region_area: int = 0
    crop_layers: int = 0
    crop_overlap: float = SAM_CROP_OVERLAP
    crop_nms_iou: float = 0.7
    crop_points_divisor: int = 1
    max_masks: int | None = None
    hierarchical: bool = False
    notebook_rules: bool = False

    def __post_init__(self) -> None:
        _whole("points_per_side", self.points_per_side, 1, 256)
        _whole("points_per_chunk", self.points_per_chunk, 1, 4096, optional=True)
        _number("predicted_iou_threshold", self.predicted_iou_threshold, 0, 1)
        _number("stability_threshold", self.stability_threshold, 0, 1)
        _number("stability_offset", self.stability_offset, 0, 20)
        _number("nms_iou", self.nms_iou, 0, 1)
        _whole("min_region_area", self.min_region_area, 0, 50_000_000)
        _whole("crop_layers", self.crop_layers, 0, 4)
        _number("crop_overlap", self.crop_overlap, 0, 0.9)
        _number("crop_nms_iou", self.crop_nms_iou, 0, 1)
        _whole("crop_points_divisor", self.crop_points_divisor, 1, 16)
        _whole("max_masks", self.max_masks, 1, 65_535, optional=True)
        if self.notebook_rules and (self.crop_layers or self.hierarchical):
            raise InvalidSettings(
                "notebook_rules know neither crops nor a hierarchical grid; "
                "set crop_layers=0 and hierarchical=False, or take the preset quality."
            )


# Thresholds of the two presets of our own are those that EfficientSAM's authors chose in their
# notebook.
PRESETS: dict[str, GridSettings] = {
    "fast": GridSettings(points_per_side=16, min_region_area=50),
    "quality": GridSettings(points_per_side=32, min_region_area=50),
    "upstream": GridSettings(
        points_per_side=32,
        best_of_three=True,
        predicted_iou_threshold=0.7,
        stability_threshold=0.9,
        min_region_area=100,
        notebook_rules=True,
    ),
}

# A small model is less sure of itself; of the bundled one EfficientSAM's thresholds leave a mask on
# every tenth photo. With these there are 26 masks per photo, and 40 % of the objects are found
# (``eval everything --presets fast --min-area 0.01``).
_OF_MODEL = {
    "mini": {"predicted_iou_threshold": 0.3, "stability_threshold": 0.5, "stability_offset": 0.5}
}


def preset(name: str, model: str = "") -> GridSettings:
    """Return a row of ``PRESETS``, with the thresholds that suit a model.

    ``upstream`` is the same for every model.

    Raises:
        InvalidSettings: No such row.
    """
    if name not in PRESETS:
        raise InvalidSettings(f"preset {name!r} is unknown; use one of {', '.join(PRESETS)}.")
    row = PRESETS[name]
    return row if row.notebook_rules else replace(row, **_OF_MODEL.get(model, {}))
