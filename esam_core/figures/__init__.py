"""The figures of the notebooks, one function each; the command line renders them too.

Modules are named by mode. A function decorated with ``@figure("fig1")`` is a figure; the command
line finds all of them in the modules of this package.
"""

from esam_core.figures.figure import Figure, progress_bar
from esam_core.figures.registry import figure, figure_functions
from esam_core.figures.render import render, second_model

__all__ = ["Figure", "figure", "figure_functions", "progress_bar", "render", "second_model"]
