"""Fixtures that several test files share."""

import numpy as np
import pytest

from esam_core import asset, load_rgb
from esam_core.annotated import annotated_photos


@pytest.fixture(scope="session")
def bear() -> tuple[np.ndarray, np.ndarray]:
    """A photo of a bear (640, 586, 3) and the bear's mask."""
    photo = next(p for p in annotated_photos(asset("photos")) if p.path.stem == "000000000285")
    return load_rgb(photo.path), photo.masks()[0]
