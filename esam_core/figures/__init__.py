"""The figures of the notebooks, one function each; the command line renders them too.

Modules are named by mode. A function decorated with ``@figure("fig1")`` is a figure; the command
line finds all of them in the modules of this package.
"""

from esam_core.figures.figure import PaperFigure
from esam_core.figures.models import load_models
from esam_core.figures.progress import progress_bar
from esam_core.figures.registry import figure, figure_functions
from esam_core.figures.render import load_inputs, render

__all__ = [
    "PaperFigure",
    "figure",
    "figure_functions",
    "load_inputs",
    "load_models",
    "progress_bar",
    "render",
]
