"""Masks with their scores: the result type of every mode."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from esam_core.errors import InvalidSettings
from esam_core.geometry import box_iou, masks_to_boxes, xyxy_to_xywh

RULES = ("predicted_iou", "box_iou", "largest", "smallest")


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """n masks of one image with their scores, as columns; indexing returns ``Masks``.

    Args:
        data: Masks (n, h, w) bool, in the size of the image.
        boxes_xyxy: Tight boxes (n, 4) float32 in pixels.
        predicted_iou: The model's estimate of each mask's IoU (n,); may be outside [0, 1].
        stability_score: IoU of each mask under two thresholds (n,), in [0, 1].
        point_coords: The grid point (n, 2) of each mask in pixels, if prompted by a grid.
        crop_boxes_xyxy: The crop (n, 4) of each mask in pixels, if crops were used.
        low_res_logits: Logits (n, h', w') float32 of the whole image in the model's own size, if
            the masks come from a prompt; ``mask_input`` of the next prompt.

    Raises:
        ValueError: A column of wrong length or shape.
    """

    data: np.ndarray
    boxes_xyxy: np.ndarray
    predicted_iou: np.ndarray
    stability_score: np.ndarray
    point_coords: np.ndarray | None = None
    crop_boxes_xyxy: np.ndarray | None = None
    low_res_logits: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.data.ndim != 3 or self.data.dtype != bool:
            raise ValueError(
                f"data must be (n, height, width) bool, got {self.data.shape} {self.data.dtype}."
            )
        n = len(self.data)
        shapes = {"boxes_xyxy": (n, 4), "predicted_iou": (n,), "stability_score": (n,)}
        shapes |= {"point_coords": (n, 2), "crop_boxes_xyxy": (n, 4)}
        for name, shape in shapes.items():
            column = getattr(self, name)
            if column is not None and column.shape != shape:
                raise ValueError(f"{name} must be {shape} for {n} masks, got {column.shape}.")
        low = self.low_res_logits
        if low is not None and (low.ndim != 3 or len(low) != n):
            raise ValueError(f"low_res_logits must be ({n}, h', w'), got {low.shape}.")

    @classmethod
    def from_data(
        cls,
        data: np.ndarray,
        predicted_iou: np.ndarray | None = None,
        stability_score: np.ndarray | None = None,
        *,
        point_coords: np.ndarray | None = None,
        crop_boxes_xyxy: np.ndarray | None = None,
        low_res_logits: np.ndarray | None = None,
    ) -> "Masks":
        """Build ``Masks`` from masks (n, h, w) bool; unknown scores (n,) become 1."""
        ones = np.ones(len(data), np.float32)
        iou, stability = (
            ones if s is None else np.asarray(s, np.float32)
            for s in (predicted_iou, stability_score)
        )
        return cls(
            data,
            masks_to_boxes(data),
            iou,
            stability,
            point_coords,
            crop_boxes_xyxy,
            low_res_logits,
        )

    @classmethod
    def empty(cls, image_hw: tuple[int, int]) -> "Masks":
        """Return zero masks of an image of this (height, width)."""
        return cls.from_data(np.zeros((0, *image_hw), bool))

    @classmethod
    def concat(cls, parts: Sequence["Masks"]) -> "Masks":
        """Concatenate masks of one image; a column missing or differing in size is dropped.

        Raises:
            ValueError: No parts, or parts of different image sizes.
        """
        joined: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            column = [getattr(part, name) for part in parts]
            sizes = {None if c is None else c.shape[1:] for c in column}
            dropped = None in sizes or (name == "low_res_logits" and len(sizes) > 1)
            joined[name] = None if dropped else np.concatenate(column)
        return cls(**joined)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int | slice | np.ndarray | Sequence) -> "Masks":
        if isinstance(index, int | np.integer):
            if not -len(self) <= index < len(self):
                raise IndexError(f"mask {index} asked for, there are {len(self)}.")
            index = [index]
        chosen: dict[str, Any] = {}
        for name in (field.name for field in fields(self)):
            column = getattr(self, name)
            chosen[name] = None if column is None else column[index]
        return Masks(**chosen)

    @property
    def image_hw(self) -> tuple[int, int]:
        """Height and width of the image."""
        return self.data.shape[1], self.data.shape[2]

    @property
    def area(self) -> np.ndarray:
        """Pixels per mask, (n,) int64."""
        return np.count_nonzero(self.data, axis=(1, 2)).astype(np.int64)

    def best(self) -> "Masks":
        """Return the mask with the highest predicted IoU, as a ``Masks`` of length 1 (or 0)."""
        return self[np.argsort(-self.predicted_iou, kind="stable")[:1]]

    def to_records(self) -> list[dict[str, Any]]:
        """Return records as in SAM: one dict per mask, boxes as (x, y, width, height)."""
        height, width = self.image_hw
        boxes, areas = xyxy_to_xywh(self.boxes_xyxy), self.area
        crops = self.crop_boxes_xyxy
        crops = np.tile([0, 0, width, height], (len(self), 1)) if crops is None else crops
        crops = xyxy_to_xywh(crops)
        points = self.point_coords
        return [
            {
                "segmentation": self.data[i],
                "area": int(areas[i]),
                "bbox": boxes[i].tolist(),
                "predicted_iou": float(self.predicted_iou[i]),
                "point_coords": [] if points is None else [points[i].tolist()],
                "stability_score": float(self.stability_score[i]),
                "crop_box": crops[i].tolist(),
            }
            for i in range(len(self))
        ]


def rank_masks_by(
    masks: Masks,
    rule: str = "predicted_iou",
    *,
    box_xyxy: tuple[float, float, float, float] | None = None,
    background_points: Sequence[tuple[float, float]] = (),
) -> np.ndarray:
    """Rank candidates, best first; masks with fewer background points always come first.

    Args:
        masks: The n candidates.
        rule: ``predicted_iou``, ``box_iou`` (IoU of the mask's box with the prompted box, the
            paper's rule for boxes; without a box the same as predicted_iou), ``largest`` or
            ``smallest`` by area.
        box_xyxy: The prompted box in pixels.
        background_points: Positions (x, y) in pixels that should be outside the mask.

    Returns:
        Indices (n,) into ``masks``.

    Raises:
        InvalidSettings: An unknown rule.
    """
    if rule not in RULES:
        raise InvalidSettings(f"rule {rule!r} is unknown; use one of {', '.join(RULES)}.")
    key = -masks.predicted_iou.astype(np.float64)
    if rule == "box_iou" and box_xyxy is not None:
        key = -box_iou(masks.boxes_xyxy, np.array([box_xyxy]))[:, 0]
    elif rule in ("largest", "smallest"):
        key = masks.area * (-1 if rule == "largest" else 1)
    wrong = np.zeros(len(masks), int)
    height, width = masks.image_hw
    for x, y in background_points:
        wrong += masks.data[:, min(int(y), height - 1), min(int(x), width - 1)]
    # Empty masks contain no background point either, but are never a good result.
    wrong += (masks.area == 0) * (len(background_points) + 1)
    return np.lexsort((key, wrong))


def label_map(masks: Masks) -> np.ndarray:
    """Combine masks into one map (h, w) uint16, largest first, so that small ones stay visible.

    Returns:
        0 for background, i + 1 where ``masks[i]`` is on top.
    """
    labels = np.zeros(masks.image_hw, np.uint16)
    for index in np.argsort(-masks.area, kind="stable"):
        labels[masks.data[index]] = index + 1
    return labels
