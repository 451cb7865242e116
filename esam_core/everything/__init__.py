"""Segment everything: masks from a grid of point prompts, filtered by score and overlap.

The image is embedded once and the points are decoded in batches. Only masks that pass every filter
are upscaled to the image's size, so memory does not grow with the number of points.
"""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.everything.candidates import GridCandidates
    from esam_core.everything.decode import decode_grid
    from esam_core.everything.generate import segment_everything
    from esam_core.everything.resize import redraw, resized, sketch
    from esam_core.everything.selection import Selection, select, select_numbered
    from esam_core.everything.settings import PRESETS, GridSettings, preset

# Imported on first use: the page builds its sliders from the presets without importing torch.
_MODULE_OF = {
    "GridCandidates": "candidates",
    "decode_grid": "decode",
    "segment_everything": "generate",
    "redraw": "resize",
    "resized": "resize",
    "sketch": "resize",
    "Selection": "selection",
    "select": "selection",
    "select_numbered": "selection",
    "PRESETS": "settings",
    "GridSettings": "settings",
    "preset": "settings",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
