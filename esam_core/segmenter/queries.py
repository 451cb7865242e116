"""Checks of decoder queries: q prompts of t tokens each, as arrays."""

from typing import Any

import numpy as np

from esam_core.errors import InvalidPrompt, TooManyPrompts
from esam_core.geometry import clip_boxes
from esam_core.prompts import MAX_TOKENS, PointLabel, Prompt, outside
from esam_core.values import number, shown


def check_queries(
    point_coords: Any,
    point_labels: Any,
    image_hw: tuple[int, int],
    *,
    corrects_mask: bool = False,
    most: int = MAX_TOKENS,
) -> tuple[np.ndarray, np.ndarray]:
    """Check queries by the rules of ``Prompt``, thousands at once.

    As there, a box may be given by any two opposite corners and may stand out of the image. The
    coordinates of padding mean nothing. No queries (q = 0) are allowed.

    Args:
        point_coords: (q, t, 2) as (x, y), in pixels of the image; an array, tensor or lists.
        point_labels: (q, t) of ``PointLabel``. The corners of a box are two tokens in a row,
            labelled 2 and 3.
        image_hw: Height and width of the image in pixels.
        corrects_mask: Whether each query corrects a mask; then background points alone are enough.
        most: How many tokens the model reads.

    Returns:
        New arrays: coordinates (q, t, 2) float32 and labels (q, t) int64, without trailing padding
        that all queries share; the networks add it themselves at lower cost. Boxes are clipped,
        with their top left corner first; padding is (-1, -1).

    Raises:
        InvalidPrompt: No numbers, wrong shapes or labels, a query without foreground point or box,
            corners that are no pair, a box without area, or a point or a whole box outside.
        TooManyPrompts: More than ``most`` tokens.
    """
    coords, labels = to_array(point_coords, "coordinates"), to_array(point_labels, "labels")
    if coords.ndim != 3 or coords.shape != (*labels.shape, 2):
        raise InvalidPrompt(
            f"queries have coordinates {coords.shape} and labels {labels.shape}; "
            "give (q, t, 2) and (q, t)."
        )
    kinds = _kinds(labels)
    used = kinds != PointLabel.PADDING
    count = int(np.flatnonzero(used.any(0)).max(initial=-1)) + 1
    if count > most:
        raise TooManyPrompts(
            f"{count} prompt tokens given, the model reads at most {most} "
            f"(a box counts as 2). Remove {count - most}, or segment twice."
        )
    coords, kinds, used = coords[:, :count], kinds[:, :count], used[:, :count]
    needed = PointLabel.BACKGROUND if corrects_mask else PointLabel.FOREGROUND
    if not (kinds >= needed).any(1).all():
        raise InvalidPrompt("a query points at nothing; give it a foreground point or a box.")
    away = (kinds == PointLabel.BACKGROUND) | (kinds == PointLabel.FOREGROUND)
    away &= outside(coords, image_hw)
    if away.any():
        Prompt.point(*coords[away][0].tolist()).within(image_hw)  # raises, and says why
    checked = np.where(used[..., None], coords, -1).astype(np.float32)
    _order_and_clip_boxes(coords, kinds, image_hw, checked)
    return checked, kinds


def to_array(values: Any, what: str) -> np.ndarray:
    """Return an array of numbers from an array, a tensor on any device, or lists.

    Raises:
        InvalidPrompt: Texts, bools, complex numbers, or lists of unequal lengths.
    """
    if hasattr(values, "detach"):
        tensor = values.detach().cpu()
        # numpy has no bfloat16, and every value of it is one of float32.
        values = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.asarray(None)
    if array.dtype == object and array.ndim:
        numbers = [number(value) for value in array.flat]
        if None not in numbers:
            array = np.array(numbers, np.float64).reshape(array.shape)
    if array.dtype.kind not in "iuf":
        raise InvalidPrompt(
            f"the {what} are {shown(values)}; give an array of numbers, integers or floats."
        )
    return array


def _kinds(labels: np.ndarray) -> np.ndarray:
    """Return labels (q, t) as int64, or raise if one is unknown."""
    unknown = ~np.isin(labels, list(PointLabel))
    if unknown.any():
        raise InvalidPrompt(
            f"label {labels[unknown][0]:g} is unknown; use 1 (foreground), 0 (background), "
            "2 and 3 (corners of a box) or -1 (padding)."
        )
    return labels.astype(np.int64)


def _order_and_clip_boxes(
    coords: np.ndarray, kinds: np.ndarray, image_hw: tuple[int, int], checked: np.ndarray
) -> None:
    """Write the boxes among tokens (q, t, 2) of kinds (q, t), ordered and clipped, to ``checked``.

    Raises:
        InvalidPrompt: Corners that are no pair, a box without area, or beside the image.
    """
    first, second = kinds == PointLabel.BOX_TOP_LEFT, kinds == PointLabel.BOX_BOTTOM_RIGHT
    expected = np.zeros_like(second)
    expected[:, 1:] = first[:, :-1]
    if (second != expected).any() or first[:, -1:].any() or (first.sum(1) > 1).any():
        raise InvalidPrompt(
            "the corners of a box are no pair; give them as two tokens in a row, labelled 2 and "
            "3, at most once per query."
        )
    rows, columns = (index[:, None] for index in np.nonzero(first))
    columns = columns + np.arange(2)
    corners = coords[rows, columns].astype(np.float64)
    boxes = clip_boxes(np.concatenate([corners.min(1), corners.max(1)], axis=-1), image_hw)
    boxes = boxes.astype(np.float32)
    bad = ~((boxes[:, :2] < boxes[:, 2:]).all(1) & np.isfinite(corners).all((1, 2)))
    if bad.any():
        Prompt.box(*corners[bad][0].ravel().tolist()).within(image_hw)  # raises, and says why
    checked[rows, columns] = boxes.reshape(-1, 2, 2)
