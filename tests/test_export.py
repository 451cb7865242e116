"""Files made of masks say the same as the masks."""

import io

import numpy as np
import pytest
from PIL import Image

from esam_core.errors import InvalidImage
from esam_core.export import export_cutout_png, export_mask_png

MASK = np.array([[True, False, False], [True, True, False]])
IMAGE = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) + 100


def read(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_mask_png_is_grey_with_two_values():
    picture = read(export_mask_png(MASK))
    assert picture.mode == "L"
    assert (np.array(picture) == MASK * 255).all()


def test_cutout_keeps_the_inside_and_forgets_the_outside():
    picture = read(export_cutout_png(IMAGE, MASK))
    assert picture.mode == "RGBA"
    cutout = np.array(picture)
    assert (cutout[MASK][:, :3] == IMAGE[MASK]).all()
    assert (cutout[..., 3] == MASK * 255).all()
    assert not cutout[~MASK].any()


@pytest.mark.parametrize("mask", [MASK[None], MASK.astype(np.uint8), np.zeros((0, 3), bool)])
def test_what_is_not_one_mask_is_refused(mask):
    with pytest.raises(InvalidImage, match="height, width"):
        export_mask_png(mask)


def test_photo_of_another_size_is_refused():
    with pytest.raises(InvalidImage, match="same height and width"):
        export_cutout_png(IMAGE[:1], MASK)
