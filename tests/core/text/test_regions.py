"""Crops show the region of a mask, with the surroundings that the settings select."""

import numpy as np
import pytest

from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.masks import Masks
from esam_core.text import CropSettings, region_crops

RED = (255, 0, 0)


def crops_of(scene, **settings):
    return next(region_crops(*scene, 64, CropSettings(**settings)))


def test_masked_crop_shows_the_mask_alone(scene):
    (crop,) = crops_of(scene, context=2, background="white")
    assert (crop[32, 32] == RED).all()
    assert (crop[4, 4] == 255).all()
    share = (crop == RED).all(-1).mean()
    assert share == pytest.approx(0.25, abs=0.05)


def test_box_crop_shows_what_is_around(scene):
    (crop,) = crops_of(scene, crops=("box_crop",), context=1.5)
    assert (crop[32, 32] == RED).all()
    assert (crop[4, 32] == 128).all()


def test_crop_is_padded_where_it_leaves_the_image(scene):
    image, masks = scene
    corner = np.zeros((1, 40, 80), bool)
    corner[0, :10, :10] = True
    settings = CropSettings(crops=("box_crop",), context=2, background="black")
    crop = next(region_crops(image, Masks.from_data(corner), 64, settings))[0]
    assert not crop[:12, :12].any()
    assert crop[40, 40].any()


def test_blurred_background_keeps_the_mask_sharp(scene):
    sharp, blurred = crops_of(scene, crops=("box_crop", "blurred_background"), context=2)
    inside = (slice(20, 44), slice(20, 44))
    assert (sharp[inside] == blurred[inside]).all()
    assert not (sharp == blurred).all()


def test_crops_keep_the_shape_of_the_mask(scene):
    image = scene[0]
    wide = np.zeros((1, 40, 80), bool)
    wide[0, 15:25, 10:70] = True
    settings = CropSettings(context=1, background="black")
    crop = next(region_crops(np.full_like(image, 255), Masks.from_data(wide), 60, settings))[0]
    rows, columns = crop[..., 0].max(1) > 128, crop[..., 0].max(0) > 128
    assert (rows.sum(), columns.sum()) == (10, 60)


def test_empty_mask_is_shown_as_background(scene):
    empty = Masks.from_data(np.zeros((1, 40, 80), bool))
    crop = next(region_crops(scene[0], empty, 16, CropSettings(background="black")))
    assert not crop.any()


def test_masks_of_another_image_are_refused(scene):
    with pytest.raises(InvalidImage, match="same image"):
        next(region_crops(scene[0], Masks.empty((10, 10)), 16))


@pytest.mark.parametrize(
    "wrong", [{"crops": ()}, {"crops": ("side",)}, {"context": 3}, {"background": "pink"}]
)
def test_setting_outside_its_range_is_refused(wrong):
    with pytest.raises(InvalidSettings, match=next(iter(wrong))):
        CropSettings(**wrong)
