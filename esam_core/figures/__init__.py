"""The figures of the notebooks, one function each, for notebooks and command line alike.

The modules are named by mode. A function that carries ``@figure("fig1")`` is a figure; being in a
module of this package is enough for the command line to find it.
"""

from esam_core.figures.figure import Figure, progress_bar
from esam_core.figures.registry import figure, figure_functions
from esam_core.figures.render import render, second_model

__all__ = ["Figure", "figure", "figure_functions", "progress_bar", "render", "second_model"]
