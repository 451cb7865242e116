"""What an encoder sees in the whole image, and the masks that lie there."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from esam_core.masks import Masks
from esam_core.modeling.classifier import class_map, classify
from esam_core.text import embed_regions, load_text_encoder, rank_masks
from esam_core.text.location import Location, locate


@pytest.fixture(scope="module")
def encoder():
    return load_text_encoder("offline", precision="fp32")


@pytest.fixture
def halves(bear):
    """The bear's mask, its left half, and everything but the bear."""
    whole = bear[1]
    left = whole.copy()
    left[:, np.nonzero(whole)[1].mean().astype(int) :] = False
    return Masks.from_data(np.stack([left, whole, ~whole]))


def test_agreement_is_the_cosine_of_mask_and_map_times_the_predicted_iou():
    seen = np.array([[1, 1, 0, 0], [0, 0, 0, 2]], np.float32)
    cells = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0]], np.float32)
    location = Location(seen, cells, np.array([0.5, 1, 1, 1], np.float32))
    half = 0.5**0.5
    expected = [[0.5, 0], [half, 0], [0, half], [0, 0]]
    np.testing.assert_allclose(location.agreement(np.eye(2, dtype=np.float32)), expected, atol=1e-6)


def test_cells_are_the_means_of_the_pixels_they_cover(halves, encoder, bear):
    location = locate(bear[0], halves, encoder)
    assert location.seen.shape == (1000, 20 * 18)  # 640 x 586 pixels, 32 per cell
    np.testing.assert_allclose(location.seen.sum(0), 1, atol=1e-4)
    whole = location.cells[1] + location.cells[2]
    np.testing.assert_allclose(whole, 1, atol=1e-5)
    assert location.cells[1].mean() == pytest.approx(bear[1].mean(), abs=0.01)


def test_a_map_of_one_cell_is_what_the_classifier_says(encoder):
    image = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    cell = class_map(encoder._classifier, image)
    assert cell.shape == (1000, 1, 1)
    torch.testing.assert_close(cell[:, 0, 0], classify(encoder._classifier, image[None])[0])


def test_the_classifier_sees_the_bear_where_it_is(halves, encoder, bear):
    wanted = encoder.encode_texts([encoder.parse("bear")])
    left, whole, around = locate(bear[0], halves, encoder).agreement(wanted)[:, 0]
    assert whole > left + 0.05 and left > around + 0.2


def test_a_less_certain_mask_ranks_lower(halves, encoder, bear):
    same = Masks.concat([halves[[1]], halves[[1]]])
    sure = replace(same, predicted_iou=np.array([0.5, 0.9], np.float32))
    ranking = rank_masks(embed_regions(bear[0], sure, encoder), ["bear"], encoder)
    assert ranking.order[0].tolist() == [1, 0]
    assert (ranking.scores == ranking.similarity).all() and ranking.scores.max() <= 1


@pytest.mark.parametrize("shape", [(40, 3000, 3), (3000, 40, 3), (5, 5, 3)])
def test_long_and_tiny_images_have_cells(encoder, shape):
    image = np.full(shape, 90, np.uint8)
    location = locate(image, Masks.from_data(np.ones((1, *shape[:2]), bool)), encoder)
    assert location.cells.shape[1] == location.seen.shape[1] >= 1
    assert locate(image, Masks.empty(shape[:2]), encoder).cells.shape[0] == 0
