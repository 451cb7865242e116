"""The figures of the notebooks, one function each, for notebooks and command line alike."""

from esam_core.figures.efficiency import machine_limits, table1_efficiency
from esam_core.figures.figure import Figure, progress_bar
from esam_core.figures.modes import fig3_segment_everything, fig4_saliency, fig6_text_prompts
from esam_core.figures.noise import fig5_noise
from esam_core.figures.points import fig1_point_prompts, fig2_box_prompts
from esam_core.figures.render import render, second_model

__all__ = [
    "Figure",
    "fig1_point_prompts",
    "fig2_box_prompts",
    "fig3_segment_everything",
    "fig4_saliency",
    "fig5_noise",
    "fig6_text_prompts",
    "machine_limits",
    "progress_bar",
    "render",
    "second_model",
    "table1_efficiency",
]
