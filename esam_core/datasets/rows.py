"""The entries of a detector's file: which are boxes, and why the others are not."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from esam_core.values import json_key


class NotABox(ValueError):
    """An entry that is no box; the message says why."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry that was left out.

    Args:
        entry: Its place in the file's list, from 0.
        image_id: Its photo, or None if the entry names none.
        reason: Why, as the end of a sentence.
    """

    entry: int
    image_id: Any
    reason: str

    def __str__(self) -> str:
        return f"entry {self.entry} (image_id {shown(self.image_id)}): {self.reason}"

    def to_json(self) -> dict[str, Any]:
        """Return its values for a report."""
        return {"entry": self.entry, "image_id": self.image_id, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A box of a detector's file.

    Args:
        entry: Its place in the file's list, from 0.
        image_id: Its photo, any JSON value.
        category_id: Its class, any JSON value.
        score: The detector's score; NaN if the file has none.
        box_xyxy: Corners (x0, y0, x1, y1) in pixels, with an area.
    """

    entry: int
    image_id: Any
    category_id: Any
    score: float
    box_xyxy: tuple[float, float, float, float]


def read_row(entry: int, row: Any, *, scored: bool) -> BoxRow:
    """Check one entry.

    Args:
        entry: Its place in the file's list.
        row: ``{"image_id", "category_id", "bbox": [x, y, width, height], "score"}``.
        scored: Whether it must have a score; entries of a data set need none.

    Raises:
        NotABox: Something is missing or of another kind, or the box has no area.
    """
    needed = ("image_id", "category_id", "bbox", "score")[: 4 if scored else 3]
    if not isinstance(row, Mapping):
        raise NotABox(f"it is not an object with {', '.join(needed)}.")
    missing = [key for key in needed if key not in row]
    if missing:
        raise NotABox(f"it has no {' and no '.join(missing)}.")
    for key in ("image_id", "category_id"):
        if not is_json(row[key]):
            raise NotABox(f"{key} is {row[key]!r:.60}, which is not a JSON value.")
    score = row.get("score")
    if scored or score is not None:
        score = _number(score, "score")
    return BoxRow(
        entry,
        row["image_id"],
        row["category_id"],
        math.nan if score is None else score,
        _corners(row["bbox"]),
    )


def image_id_in(row: Any) -> Any:
    """Return the image id of an entry that may be broken, or None."""
    image_id = row.get("image_id") if isinstance(row, Mapping) else None
    return image_id if is_json(image_id) else None


def is_json(value: Any) -> bool:
    """Return whether a value can stand in a JSON file; NaN cannot."""
    try:
        json_key(value)
    except ValueError:
        return False
    return True


def shown(value: Any) -> str:
    """Return a value as JSON on one line, shortened."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _corners(box: Any) -> tuple[float, float, float, float]:
    if not isinstance(box, Sequence) or isinstance(box, str) or len(box) != 4:
        raise NotABox(f"bbox is {shown(box)}; it must be [x, y, width, height].")
    x, y, width, height = (_number(value, "bbox") for value in box)
    corners = (x, y, x + width, y + height)
    # A width may also vanish beside a very large x.
    if width <= 0 or height <= 0 or not (x < corners[2] and y < corners[3]):
        raise NotABox(f"bbox {shown(box)} has no area; it is [x, y, width, height].")
    if not all(map(math.isfinite, corners)):
        raise NotABox(f"bbox {shown(box)} ends beyond every number.")
    return corners


def _number(value: Any, what: str) -> float:
    try:
        number = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise NotABox(f"{what} holds {shown(value)}, which is not a number.")
    return number
