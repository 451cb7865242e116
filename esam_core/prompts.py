"""Prompts: points and at most one box, in pixels of the original image."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np

from esam_core.errors import InvalidPrompt, TooManyPrompts
from esam_core.geometry import clip_boxes
from esam_core.values import check_keys, count_rows, finite_numbers, items, number, shown

MAX_TOKENS = 6  # EfficientSAM was trained with six prompt tokens; a box takes two of them


class PointLabel(IntEnum):
    """Labels of prompt tokens, numbered as in SAM."""

    PADDING = -1
    BACKGROUND = 0
    FOREGROUND = 1
    BOX_TOP_LEFT = 2
    BOX_BOTTOM_RIGHT = 3


CLICK_LABELS = (PointLabel.BACKGROUND, PointLabel.FOREGROUND)
BOX_LABELS = (PointLabel.BOX_TOP_LEFT, PointLabel.BOX_BOTTOM_RIGHT)
PROMPT_KEYS = ("point_coords", "point_labels", "box_xyxy")


@dataclass(frozen=True, slots=True)
class Prompt:
    """Points and at most one box in an image; pixels, x right, y down, pixel i spans [i, i + 1).

    Args:
        point_coords: Positions (x, y).
        point_labels: One label per point: 1 foreground, 0 background.
        box_xyxy: Any two opposite corners (x0, y0, x1, y1); they are kept as top left and bottom
            right. They may stand out of the image, see ``within``.

    Raises:
        InvalidPrompt: A coordinate is not a finite number, a point's is negative, a label is
            neither 0 nor 1, points and labels differ in number, or the box has no area.
        TooManyPrompts: More than six tokens; a point takes one, the box two.
    """

    point_coords: tuple[tuple[float, float], ...] = ()
    point_labels: tuple[int, ...] = ()
    box_xyxy: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        coords = tuple(_point(point) for point in items(self.point_coords, "points (x, y)"))
        labels = tuple(_label(label) for label in items(self.point_labels, "point labels"))
        if len(coords) != len(labels):
            raise InvalidPrompt(
                f"{len(coords)} points but {len(labels)} labels given; give one label per point "
                "(1 foreground, 0 background)."
            )
        box = None if self.box_xyxy is None else _box(self.box_xyxy)
        object.__setattr__(self, "point_coords", coords)
        object.__setattr__(self, "point_labels", labels)
        object.__setattr__(self, "box_xyxy", box)
        if self.token_count > MAX_TOKENS:
            raise TooManyPrompts(
                f"{self.token_count} prompt tokens given, the model reads at most {MAX_TOKENS} "
                f"(a box counts as 2). Remove {self.token_count - MAX_TOKENS}, or segment twice."
            )

    @classmethod
    def point(cls, x: float, y: float, label: int = PointLabel.FOREGROUND) -> "Prompt":
        """Create a prompt of one point."""
        return cls(((x, y),), (label,))

    @classmethod
    def box(cls, x0: float, y0: float, x1: float, y1: float) -> "Prompt":
        """Create a prompt of one box, from any two opposite corners."""
        return cls(box_xyxy=(x0, y0, x1, y1))

    def with_point(self, x: float, y: float, label: int = PointLabel.FOREGROUND) -> "Prompt":
        """Return this prompt with one more point."""
        coords, labels = (*self.point_coords, (x, y)), (*self.point_labels, label)
        return replace(self, point_coords=coords, point_labels=labels)

    def with_box(self, x0: float, y0: float, x1: float, y1: float) -> "Prompt":
        """Return this prompt with its box set or replaced."""
        return replace(self, box_xyxy=(x0, y0, x1, y1))

    def within(self, image_hw: tuple[int, int]) -> "Prompt":
        """Return this prompt clipped to an image, or raise if it is outside.

        This is the only check of what is inside. Points must be in [0, width] x [0, height], far
        edges included. A box may extend beyond the border, as detector boxes do, and is clipped;
        part of it must be inside.

        Args:
            image_hw: Height and width of the image in pixels.

        Raises:
            InvalidPrompt: A point or a whole box outside the image.
        """
        height, width = image_hw
        for x, y in self.point_coords:
            if outside(np.array((x, y)), image_hw):
                raise InvalidPrompt(
                    f"point ({x:g}, {y:g}) lies outside the photo of {width} x {height} pixels; "
                    f"give 0 <= x <= {width} and 0 <= y <= {height}."
                )
        if self.box_xyxy is None:
            return self
        corners = clip_boxes(np.array(self.box_xyxy), image_hw)
        read = corners.astype(np.float32)  # as the model reads them
        if not (read[:2] < read[2:]).all():
            raise InvalidPrompt(
                f"box {self.box_xyxy} lies beside the photo of {width} x {height} pixels; give one "
                f"that overlaps 0 <= x <= {width} and 0 <= y <= {height}."
            )
        return self.with_box(*corners.tolist())

    def validated(self, image_hw: tuple[int, int], *, corrects_mask: bool = False) -> "Prompt":
        """Return this prompt clipped by ``within``, after checking it is not empty.

        Args:
            image_hw: Height and width of the image in pixels.
            corrects_mask: Whether a mask is corrected; then background points alone are enough.

        Raises:
            InvalidPrompt: No foreground point and no box, or ``within`` raises it.
        """
        if corrects_mask and self.is_empty:
            raise InvalidPrompt(
                "the prompt points at nothing; give at least one point or a box to correct the "
                "mask with."
            )
        if not corrects_mask and not self.foreground_points and self.box_xyxy is None:
            raise InvalidPrompt(
                "the prompt points at nothing; give at least one foreground point or a box."
            )
        return self.within(image_hw)

    @property
    def token_count(self) -> int:
        """Number of tokens the prompt takes, at most six."""
        return len(self.point_coords) + (2 if self.box_xyxy is not None else 0)

    @property
    def is_empty(self) -> bool:
        """Whether the prompt has neither a point nor a box."""
        return self.token_count == 0

    @property
    def background_points(self) -> tuple[tuple[float, float], ...]:
        """The points (x, y) labelled background."""
        return self._points_labelled(PointLabel.BACKGROUND)

    @property
    def foreground_points(self) -> tuple[tuple[float, float], ...]:
        """The points (x, y) labelled foreground."""
        return self._points_labelled(PointLabel.FOREGROUND)

    def _points_labelled(self, wanted: int) -> tuple[tuple[float, float], ...]:
        pairs = zip(self.point_coords, self.point_labels, strict=True)
        return tuple(point for point, label in pairs if label == wanted)

    def tokens(self, *, with_background: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Convert the prompt to the model's six tokens: the box's corners, the points, padding.

        Args:
            with_background: Whether to include background points; use False for a model that was
                not trained with them.

        Returns:
            Coordinates (6, 2) float32 in pixels and labels (6,) int64; padding is (-1, -1), -1.
        """
        rows: list[tuple[float, float, int]] = []
        if self.box_xyxy is not None:
            x0, y0, x1, y1 = self.box_xyxy
            rows = [(x0, y0, PointLabel.BOX_TOP_LEFT), (x1, y1, PointLabel.BOX_BOTTOM_RIGHT)]
        for (x, y), label in zip(self.point_coords, self.point_labels, strict=True):
            if with_background or label != PointLabel.BACKGROUND:
                rows.append((x, y, label))
        rows += [(-1, -1, PointLabel.PADDING)] * (MAX_TOKENS - len(rows))
        table = np.array(rows, np.float64)
        return table[:, :2].astype(np.float32), table[:, 2].astype(np.int64)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values that ``from_json`` reads."""
        return {
            "point_coords": [list(point) for point in self.point_coords],
            "point_labels": list(self.point_labels),
            "box_xyxy": None if self.box_xyxy is None else list(self.box_xyxy),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Prompt":
        """Create a prompt from the output of ``to_json``; missing keys mean none.

        Raises:
            InvalidPrompt: Not such a record, an unknown key, points without labels, or the
                constructor raises it.
        """
        check_keys(record, PROMPT_KEYS, "a prompt")
        coords, labels, box = (record.get(key) for key in PROMPT_KEYS)
        return cls(() if coords is None else coords, () if labels is None else labels, box)


def outside(point_coords: np.ndarray, image_hw: tuple[int, int]) -> np.ndarray:
    """Return (...) bool: whether points (..., 2) in pixels are outside an image or not finite."""
    inside = (point_coords >= 0) & (point_coords <= image_hw[::-1])
    return np.logical_not(inside.all(-1))


def _point(values: Any) -> tuple[float, float]:
    point = finite_numbers(values, 2)
    if point is None or min(point) < 0:
        raise InvalidPrompt(
            f"a point is {shown(values)}; it takes 2 finite numbers >= 0, in pixels of the photo "
            "counted from its top left corner."
        )
    return point[0], point[1]


def _box(values: Any) -> tuple[float, float, float, float]:
    corners = finite_numbers(values, 4)
    if corners is None:
        boxes = count_rows(values, 4)
        raise InvalidPrompt(
            f"{boxes} boxes given; a prompt has at most one. Make a prompt of each."
            if boxes > 1
            else f"a box is {shown(values)}; it takes 4 finite numbers (x0, y0, x1, y1), in pixels "
            "of the photo counted from its top left corner."
        )
    (x0, x1), (y0, y1) = sorted(corners[::2]), sorted(corners[1::2])
    if x0 == x1 or y0 == y1:
        raise InvalidPrompt(
            f"box {corners} has no area; give two opposite corners (x0, y0, x1, y1) that differ in "
            "x and in y."
        )
    return x0, y0, x1, y1


def _label(value: Any) -> int:
    label = number(value)
    if label in CLICK_LABELS:
        return int(label)
    hint = " A box is given as a box." if label in BOX_LABELS else ""
    raise InvalidPrompt(
        f"point label {shown(value)} given; use 1 (foreground) or 0 (background).{hint}"
    )
