"""Points, labels and boxes of many prompts as tokens of the decoder."""

from typing import Any

import numpy as np

from esam_core.errors import InvalidPrompt
from esam_core.prompts import BOX_LABELS
from esam_core.segmenter.queries import to_array


def join_tokens(
    point_coords: Any, point_labels: Any, boxes: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Join points and boxes of b prompts; a box's corners come before the points.

    Args:
        point_coords: (b, n, 2) as (x, y), or None.
        point_labels: (b, n), or None.
        boxes: (b, 4) as (x0, y0, x1, y1), or None.

    Returns:
        Coordinates (b, t, 2) and labels (b, t), which ``check_queries`` has yet to check.

    Raises:
        InvalidPrompt: Neither points nor boxes, or shapes that do not fit together.
    """
    tokens: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    if boxes is not None:
        corners = to_array(boxes, "boxes")
        if corners.ndim != 2 or corners.shape[1] != 4:
            raise InvalidPrompt(
                f"boxes have the shape {corners.shape}; give (b, 4), one box (x0, y0, x1, y1) per "
                "prompt."
            )
        tokens.append(corners.reshape(-1, 2, 2))
        labels.append(np.tile(np.array(BOX_LABELS, np.int64), (len(corners), 1)))
    if point_coords is not None or point_labels is not None:
        points, kinds = _points(point_coords, point_labels)
        tokens.append(points)
        labels.append(kinds)
    if not tokens:
        raise InvalidPrompt(
            "the prompt points at nothing; give at least one foreground point or a box."
        )
    if len(tokens[0]) != len(tokens[-1]):
        raise InvalidPrompt(
            f"{len(tokens[0])} boxes but points of {len(tokens[-1])} prompts given; give as many "
            "of each, (b, 4) and (b, n, 2)."
        )
    return np.concatenate(tokens, axis=1), np.concatenate(labels, axis=1)


def _points(point_coords: Any, point_labels: Any) -> tuple[np.ndarray, np.ndarray]:
    if point_coords is None or point_labels is None:
        given, missing = ("points", "labels") if point_labels is None else ("labels", "points")
        raise InvalidPrompt(
            f"{given} came without {missing}; give one label per point (1 foreground, "
            "0 background)."
        )
    points, kinds = to_array(point_coords, "points"), to_array(point_labels, "point labels")
    if points.ndim != 3 or points.shape != (*kinds.shape, 2):
        raise InvalidPrompt(
            f"points have the shape {points.shape} and labels {kinds.shape}; give (b, n, 2) and "
            "(b, n), one label per point."
        )
    if np.isin(kinds, BOX_LABELS).any():
        raise InvalidPrompt(
            "point labels 2 or 3 given; use 1 (foreground), 0 (background) or -1 (padding). "
            "A box is given as a box."
        )
    return points, kinds
