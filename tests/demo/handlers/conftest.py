"""A photo for the tests of handlers."""

import numpy as np
import pytest


@pytest.fixture
def photo(engine):
    """A photo of 140 x 100 pixels, black left and grey right."""
    image = np.zeros((100, 140, 3), np.uint8)
    image[:, 70:] = 200
    return engine.open_photo(image)
