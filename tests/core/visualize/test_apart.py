"""Colours of masks: those that touch look different, and further masks change none of them."""

from itertools import combinations

import numpy as np
import pytest

from esam_core.masks import Masks, label_map
from esam_core.visualize import stable_colours
from esam_core.visualize.apart import APART, LEAST_APART, lab


def scattered(seed: int, count: int = 40, size_hw: tuple[int, int] = (90, 120)) -> Masks:
    """Make rectangles and discs of all sizes that overlap and touch at random."""
    rng, (height, width) = np.random.default_rng(seed), size_hw
    y, x = np.mgrid[:height, :width]
    data = np.zeros((count, height, width), bool)
    for mask in data:
        cy, cx, side = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(3, 30)
        if rng.random() < 0.5:
            mask[:] = (y - cy) ** 2 + (x - cx) ** 2 < side**2
        else:
            mask[:] = (abs(y - cy) < side) & (abs(x - cx) < side * rng.uniform(0.3, 2))
    return Masks.from_data(data)


def pairs_that_touch(masks: Masks) -> set[tuple[int, int]]:
    """Return the index pairs whose masks are side by side in the label map."""
    labels, found = label_map(masks).astype(int), set()
    for one, other in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        apart = (one != other) & (one > 0) & (other > 0)
        found |= {(min(p), max(p)) for p in zip(one[apart] - 1, other[apart] - 1, strict=True)}
    return found


def distance(one, other) -> float:
    return float(np.linalg.norm(lab(one) - lab(other)))


def test_the_palette_keeps_its_promise():
    assert min(distance(*pair) for pair in combinations(APART, 2)) >= LEAST_APART


def test_lab_gives_known_values():
    np.testing.assert_allclose(lab((255, 255, 255)), (100, 0, 0), atol=0.01)
    np.testing.assert_allclose(lab((255, 0, 0)), (53.24, 80.09, 67.2), atol=0.02)
    np.testing.assert_allclose(lab([(0, 0, 0), (0, 0, 255)])[1], (32.3, 79.19, -107.86), atol=0.02)


@pytest.mark.parametrize("seed", range(12))
def test_masks_that_touch_have_colours_far_apart(seed):
    masks = scattered(seed)
    masks = masks[np.argsort(-masks.area)]  # as the page orders them
    colours, pairs = stable_colours(masks), pairs_that_touch(masks)
    assert len(pairs) > 20 and len(set(colours)) > 5
    assert min(distance(colours[i], colours[j]) for i, j in pairs) >= LEAST_APART


@pytest.mark.parametrize("seed", range(4))
def test_masks_added_at_the_end_change_no_colour(seed):
    masks = scattered(seed)
    colours = stable_colours(masks)
    for count in (0, 1, 7, 20, 39):
        assert stable_colours(masks[:count]) == colours[:count]


def test_in_another_set_a_mask_mostly_keeps_its_colour():
    masks = scattered(3)
    some = np.flatnonzero(np.random.default_rng(0).random(len(masks)) < 0.7)
    colours, fewer = stable_colours(masks), stable_colours(masks[some])
    assert np.mean([colours[i] == colour for i, colour in zip(some, fewer, strict=True)]) > 0.6


def test_a_mask_that_touches_all_colours_shares_that_of_which_it_touches_least():
    data = np.zeros((60, 4, 260), bool)
    for i in range(59):
        data[i, :2, 4 * i : 4 * i + 4] = True
    data[58, :2, 232:260] = True  # much of this one
    data[59, 2:] = True
    colours = stable_colours(Masks.from_data(data))
    assert set(colours[:59]) == set(APART)
    assert colours[59] != colours[58]


def test_empty_masks_have_a_colour_too():
    assert len(stable_colours(Masks.from_data(np.zeros((2, 9, 9), bool)))) == 2
    assert stable_colours(Masks.empty((9, 9))) == []
