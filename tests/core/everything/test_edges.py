"""Straight cuts that a model invented, against edges that the photo shows."""

import numpy as np
import pytest

from esam_core.everything.edges import invented_edges

H, W = 120, 160


@pytest.fixture
def disc():
    """A bright disc on a dark ground: image (h, w, 3), mask (h, w)."""
    y, x = np.mgrid[:H, :W]
    mask = (x - 80) ** 2 + (y - 60) ** 2 < 40**2
    return np.where(mask[..., None], 200, 40).astype(np.uint8).repeat(3, 2), mask


def rectangle(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros((H, W), bool)
    mask[rows, columns] = True
    return mask


def test_a_mask_of_the_whole_object_has_none(disc):
    image, mask = disc
    assert invented_edges(mask, image) == 0


@pytest.mark.parametrize("cut", [np.s_[:, 80:], np.s_[:, :75], np.s_[60:], np.s_[:50]])
def test_a_straight_cut_through_an_object_is_invented(disc, cut):
    image, mask = disc
    half = mask.copy()
    half[cut] = False
    assert 0.2 < invented_edges(half, image) < 0.6


def test_a_screen_that_the_photo_shows_is_kept():
    mask = rectangle(np.s_[30:90], np.s_[40:120])
    image = np.where(mask[..., None], (30, 120, 200), (90, 90, 90)).astype(np.uint8)
    assert invented_edges(mask, image) == 0
    assert invented_edges(mask, np.full((H, W, 3), 90, np.uint8)) == 1


@pytest.mark.parametrize("size", [1, 4])
def test_one_side_of_a_box_without_an_edge_counts_with_its_length(size):
    shown = rectangle(np.s_[30:90], np.s_[40:120])
    image = np.where(shown[..., None], 200, 40).astype(np.uint8).repeat(3, 2)
    mask = rectangle(np.s_[30:90], np.s_[40:100])  # its right side, 60 of 240, is in the object
    big = np.ones((size, size), bool)
    share = invented_edges(np.kron(mask, big), np.kron(image, big[..., None].astype(np.uint8)))
    assert share == pytest.approx(0.25, abs=0.02)


def test_the_border_of_the_photo_is_no_outline():
    image = np.full((H, W, 3), 90, np.uint8)
    assert invented_edges(np.ones((H, W), bool), image) == 0
    assert invented_edges(np.zeros((H, W), bool), image) == 0
    strip = rectangle(np.s_[:40], np.s_[:])  # only its lower side is inside the photo
    assert invented_edges(strip, image) == 1
