"""A model that answers at once and exactly, and a photo for it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from esam_core.everything import settings
from tests.support.fakes import FakeSegmenter


@pytest.fixture
def fake_model(monkeypatch) -> FakeSegmenter:
    """Every command loads this model: a box gives its rectangle, predicted IoU 0.9."""
    segmenter = FakeSegmenter()
    monkeypatch.setattr("esam_core.models.load_segmenter", lambda *_, **__: segmenter)
    return segmenter


@pytest.fixture
def no_model(monkeypatch) -> None:
    """Fail a test in which a model is loaded: what it refuses must be refused before."""

    def load_segmenter(*_: object, **__: object):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("esam_core.models.load_segmenter", load_segmenter)


@pytest.fixture
def photo(tmp_path):
    """A grey photo of 80 x 60 pixels, whose name has the number 285."""
    path = tmp_path / "000000000285.png"
    Image.fromarray(np.full((60, 80, 3), 90, np.uint8)).save(path)
    return path


@pytest.fixture
def boxes_file(tmp_path):
    """boxes_file(record) writes a detector's file and returns its path."""

    def write(record: object, name: str = "boxes.json"):
        path = tmp_path / name
        path.write_text(json.dumps(record))
        return path

    return write


@pytest.fixture
def few_points(monkeypatch):
    """Four points a side instead of 16 in the preset "fast"."""
    monkeypatch.setitem(
        settings.PRESETS, "fast", replace(settings.PRESETS["fast"], points_per_side=4)
    )
