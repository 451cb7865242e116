"""One object step by step: clicks and boxes that correct a mask, add to it or cut from it.

The steps alone say what the mask is: replaying them gives the same mask every time, so undo is
exact and nothing about the object is kept in the model.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from esam_core.errors import InvalidPrompt
from esam_core.masks import Masks
from esam_core.prompts import PointLabel, Prompt

if TYPE_CHECKING:
    from esam_core.segmenter import ImageEmbedding, LookAgain, Segmenter

MODES = ("correct", "add", "subtract")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a click, a box or a stroke of the brush, in pixels of the image.

    Args:
        point: A click (x, y).
        label: Of the click: 1 foreground, 0 background.
        box_xyxy: A box, any two opposite corners.
        stroke: Positions (x, y) of the brush, joined by lines.
        radius: Of the brush, in pixels.
        mode: ``correct`` predicts from all clicks so far and the mask that is shown; ``add`` and
            ``subtract`` predict from this click or box alone, and the result is united with the
            mask or cut from it. A stroke paints (``add``) or erases (``subtract``).
        choice: The candidate that the person picked after this step; None is the first one.

    Raises:
        InvalidPrompt: Not exactly one of point, box and stroke, or a value that is not allowed.
    """

    point: tuple[float, float] | None = None
    label: int = PointLabel.FOREGROUND
    box_xyxy: tuple[float, float, float, float] | None = None
    stroke: tuple[tuple[float, float], ...] = ()
    radius: float = 0.0
    mode: str = "correct"
    choice: int | None = None
