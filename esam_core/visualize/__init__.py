"""Drawing of masks and prompts: functions return new arrays and do not modify their input."""

from esam_core.visualize.apart import stable_colours
from esam_core.visualize.colours import HEAT, Colour, heat_ramp, hex_code, palette
from esam_core.visualize.draw import cutout, draw_heat, draw_masks
from esam_core.visualize.markers import draw_box, draw_points, draw_prompt
from esam_core.visualize.panel import ModelInfo, caption, panel

__all__ = [
    "HEAT",
    "Colour",
    "ModelInfo",
    "caption",
    "cutout",
    "draw_box",
    "draw_heat",
    "draw_masks",
    "draw_points",
    "draw_prompt",
    "heat_ramp",
    "hex_code",
    "palette",
    "panel",
    "stable_colours",
]
