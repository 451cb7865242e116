"""Segment everything: a grid of points over a photo, and the good masks among what they give.

The photo is embedded once, the points are decoded in chunks, and only masks that pass every filter
are ever drawn in the photo's size, so that memory does not grow with the number of points.
"""

from esam_core.everything.candidates import GridCandidates
from esam_core.everything.pictures import label_map, mask_colours
from esam_core.everything.run import decode_grid, segment_everything
from esam_core.everything.selection import select
from esam_core.everything.settings import PRESETS, GridSettings, preset

__all__ = [
    "PRESETS",
    "GridCandidates",
    "GridSettings",
    "decode_grid",
    "label_map",
    "mask_colours",
    "preset",
    "segment_everything",
    "select",
]
