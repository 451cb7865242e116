"""Segment everything: a grid of points over a photo, and the good masks among what they give.

The photo is embedded once, the points are decoded in chunks, and only masks that pass every filter
are ever drawn in the photo's size, so that memory does not grow with the number of points.
"""

from importlib import import_module

# Imported when they are first used: the page lays out its sliders by the presets, without torch.
_HOME_OF = {
    "GridCandidates": "candidates",
    "decode_grid": "decode",
    "segment_everything": "decode",
    "select": "selection",
    "PRESETS": "settings",
    "GridSettings": "settings",
    "preset": "settings",
}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'esam_core.everything' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.everything.{_HOME_OF[name]}"), name)
