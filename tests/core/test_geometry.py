"""Boxes and points of masks."""

import numpy as np
import pytest

from esam_core.geometry import interior_point


def eroded_until_nothing_is_left(mask: np.ndarray) -> tuple[float, float]:
    """The definition, step by step: erode the mask until nothing is left."""
    core = np.pad(mask, 1)
    while True:
        inner = core.copy()
        inner[1:-1, 1:-1] &= core[:-2, 1:-1] & core[2:, 1:-1] & core[1:-1, :-2] & core[1:-1, 2:]
        if not inner.any():
            break
        core = inner
    rows, columns = np.nonzero(core)
    i = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return columns[i] - 0.5, rows[i] - 0.5


@pytest.mark.parametrize("seed", range(40))
def test_interior_point_is_what_erosion_leaves_last(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 50, 2)
    mask = rng.random((height, width)) < rng.uniform(0.3, 1)
    for _ in range(rng.integers(0, 4)):  # solid parts, some of which touch the border
        y, x = rng.integers(0, height), rng.integers(0, width)
        mask[y : y + rng.integers(1, 20), x : x + rng.integers(1, 20)] = True
    mask[rng.integers(0, height), rng.integers(0, width)] = True
    assert interior_point(mask) == eroded_until_nothing_is_left(mask)


def test_the_border_of_the_image_is_outside():
    assert interior_point(np.ones((5, 9), bool)) == (4.5, 2.5)


def test_an_empty_mask_has_no_interior():
    assert interior_point(np.zeros((4, 4), bool)) is None
