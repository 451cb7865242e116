"""The fast number format gives the masks of the exact one."""

import numpy as np
import pytest

from esam_core.geometry import mask_iou
from esam_core.images import asset, load_rgb
from esam_core.models import load_segmenter
from esam_core.prompts import Prompt

PHOTOS = ("000000000285.jpg", "000000000785.jpg", "000000555705.jpg")


@pytest.fixture(scope="module")
def segmenters():
    return [load_segmenter("mini", device="cpu", precision=p) for p in ("fp32", "bf16")]


@pytest.mark.parametrize("name", PHOTOS)
def test_bf16_finds_the_masks_of_fp32(segmenters, name):
    image = load_rgb(asset("photos", name))
    height, width = image.shape[:2]
    prompts = [Prompt.point(x * width, y * height) for x in (0.3, 0.5, 0.7) for y in (0.4, 0.6)]
    exact, fast = (s.predict_batch(s.embed(image), prompts) for s in segmenters)
    for a, b in zip(exact, fast, strict=True):
        # Candidates of nearly equal score may change places: each finds its own in the other set.
        overlap = mask_iou(a.data, b.data).max(1)
        assert overlap[a.area > 0].min(initial=1) > 0.8
        assert np.isfinite(b.predicted_iou).all()
