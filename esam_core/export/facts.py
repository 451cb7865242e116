"""What is known about each mask of a file: its name and its score."""

import math
from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Any

from esam_core.errors import InvalidSettings
from esam_core.masks import Masks

UNNAMED = "object"
NO_FILE = "photo"  # a photo that came without a file name


def per_mask(values: Sequence[Any] | None, count: int, what: str) -> list[Any] | None:
    """Return one value per mask as a list; None if there are none.

    Raises:
        InvalidSettings: A text, or not one value per mask; the message names ``what``.
    """
    if values is None:
        return None
    if isinstance(values, str):
        raise InvalidSettings(f"{what} is the text {values!r}; give a list with one per mask.")
    if len(values) != count:
        raise InvalidSettings(f"{len(values)} {what} for {count} masks; give one per mask.")
    return list(values)


def plain_name(name: Any) -> str:
    """Return a class's name; empty for None and blanks.

    Raises:
        InvalidSettings: Neither a text nor None.
    """
    if not (name is None or isinstance(name, str)):
        raise InvalidSettings(f"name {name!r} is {type(name).__name__}; use a string or None.")
    return name if name and name.strip() else ""


def plain_score(value: Any) -> float | None:
    """Return a score as a float, or None if it is unknown.

    Raises:
        InvalidSettings: Not a number.
    """
    if value is None:
        return None
    try:
        score = float(value)
    except (TypeError, ValueError) as error:
        raise InvalidSettings(f"score {value!r} is not a number; use None if unknown.") from error
    return score if math.isfinite(score) else None


def labels_of(names: Sequence[str | None] | None, count: int) -> list[str]:
    """Return the class of each of n masks, "object" where there is no name.

    Raises:
        InvalidSettings: Not one name per mask, or a name that is no text.
    """
    given = per_mask(names, count, "names") or [None] * count
    return [plain_name(name) or UNNAMED for name in given]


def scores_of(masks: Masks, scores: Sequence[float | None] | None) -> list[float | None]:
    """Return the score of each mask: the given one, else the predicted IoU, else None.

    Raises:
        InvalidSettings: Not one score per mask, or a score that is no number.
    """
    given = per_mask(scores, len(masks), "scores") or [None] * len(masks)
    known = [plain_score(value) for value in given]
    return [
        plain_score(iou) if score is None else score
        for score, iou in zip(known, masks.predicted_iou, strict=True)
    ]


def base_name(file_name: str) -> str:
    """Return the name of a photo's file without folders of either kind of slash."""
    name = PureWindowsPath(file_name).name
    return NO_FILE if name in ("", ".", "..") else name
