"""Checks of decoder queries: q prompts of t tokens each, as arrays."""

from typing import Any

import numpy as np

from esam_core.errors import InvalidPrompt, TooManyPrompts
from esam_core.prompts import MAX_TOKENS, PointLabel, outside


def check_queries(
    point_coords: Any, point_labels: Any, image_hw: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Check queries by the rules of ``Prompt``.

    Args:
        point_coords: (q, t, 2) as (x, y), in pixels of the image.
        point_labels: (q, t) of ``PointLabel``.
        image_hw: Height and width of the image in pixels.

    Returns:
        New arrays: coordinates (q, t, 2) float32 and labels (q, t) int64, without trailing padding
        that all queries share; the networks add it themselves at lower cost.

    Raises:
        InvalidPrompt: Wrong shapes or labels, a query without foreground point or box, or a token
            outside.
        TooManyPrompts: More than six tokens.
    """
    coords, labels = np.asarray(point_coords), np.asarray(point_labels)
    if coords.ndim != 3 or coords.shape != (*labels.shape, 2):
        raise InvalidPrompt(
            f"queries have coordinates {coords.shape} and labels {labels.shape}; "
            "give (q, t, 2) and (q, t)."
        )
    used = labels != PointLabel.PADDING
    count = int(np.flatnonzero(used.any(0)).max(initial=-1)) + 1
    if count > MAX_TOKENS:
        raise TooManyPrompts(
            f"{count} prompt tokens given, the model reads at most {MAX_TOKENS} "
            "(a point is one, a box two)."
        )
    unknown = ~np.isin(labels, list(PointLabel))
    if unknown.any():
        raise InvalidPrompt(
            f"label {labels[unknown][0]} is unknown; use 1 (foreground), 0 (background), "
            "2 and 3 (corners of a box) or -1 (padding)."
        )
    if not (labels >= PointLabel.FOREGROUND).any(1).all():
        raise InvalidPrompt("a query points at nothing; give it a foreground point or a box.")
    away = used & outside(coords, image_hw)
    if away.any():
        x, y = coords[away][0]
        raise InvalidPrompt(
            f"token ({x:g}, {y:g}) lies outside the image of {image_hw[1]} x {image_hw[0]} pixels."
        )
    return np.array(coords[:, :count], np.float32), np.array(labels[:, :count], np.int64)
