"""A small grid, so that evaluations on photos are quick."""

from dataclasses import replace

import pytest

from esam_core.everything import settings


@pytest.fixture
def few_points(monkeypatch):
    """Four points a side instead of 16 in the preset "fast"."""
    monkeypatch.setitem(
        settings.PRESETS, "fast", replace(settings.PRESETS["fast"], points_per_side=4)
    )
