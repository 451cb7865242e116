"""Masks and prompts as pictures: arrays in, a new array out; nothing given is ever changed."""

from esam_core.visualize.colours import palette, stable_colours
from esam_core.visualize.draw import HEAT, cutout, draw_heat, draw_masks
from esam_core.visualize.markers import draw_box, draw_points, draw_prompt
from esam_core.visualize.panel import caption, panel
from esam_core.visualize.table import table

__all__ = [
    "HEAT",
    "caption",
    "cutout",
    "draw_box",
    "draw_heat",
    "draw_masks",
    "draw_points",
    "draw_prompt",
    "palette",
    "panel",
    "stable_colours",
    "table",
]
