"""A small image with known masks."""

import numpy as np
import pytest

from esam_core.masks import Masks

RED, GREEN, _ = np.eye(3, dtype=np.uint8) * 255


@pytest.fixture
def scene() -> tuple[np.ndarray, Masks]:
    """A grey photo with a red, a green and another green square, and their masks."""
    image = np.full((40, 80, 3), 128, np.uint8)
    masks = np.zeros((3, 40, 80), bool)
    for mask, x, colour in zip(masks, (5, 30, 60), (RED, GREEN, GREEN), strict=True):
        mask[10:25, x : x + 15] = True
        image[mask] = colour
    return image, Masks.from_data(masks)
