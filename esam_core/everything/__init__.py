"""Segment everything: masks from a grid of point prompts, filtered by score and overlap.

The image is embedded once and the points are decoded in batches. Only masks that pass every filter
are upscaled to the image's size, so memory does not grow with the number of points.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.everything.candidates import GridCandidates as GridCandidates
    from esam_core.everything.decode import decode_grid as decode_grid
    from esam_core.everything.generate import segment_everything as segment_everything
    from esam_core.everything.selection import select as select
    from esam_core.everything.settings import PRESETS as PRESETS
    from esam_core.everything.settings import GridSettings as GridSettings
    from esam_core.everything.settings import preset as preset

# Imported on first use: the page builds its sliders from the presets without importing torch.
_MODULE_OF = {
    "GridCandidates": "candidates",
    "decode_grid": "decode",
    "segment_everything": "generate",
    "select": "selection",
    "PRESETS": "settings",
    "GridSettings": "settings",
    "preset": "settings",
}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'esam_core.everything' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.everything.{_MODULE_OF[name]}"), name)
