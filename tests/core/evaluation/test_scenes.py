"""Scenes are annotated photos with the objects that are large enough."""

from esam_core import asset
from esam_core.evaluation.scenes import scenes

PHOTOS = asset("photos")


def test_small_objects_can_be_left_out():
    everything, large = (sum(len(s.names) for s in scenes(PHOTOS, area)) for area in (0, 0.05))
    assert 0 < large < everything
