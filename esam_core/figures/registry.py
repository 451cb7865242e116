"""The registry of figures: functions of this package registered under a short name."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import TypeVar

from esam_core.figures.figure import PaperFigure

Draw = TypeVar("Draw", bound=Callable[..., PaperFigure])
_FUNCTIONS: dict[str, Callable[..., PaperFigure]] = {}


def figure(name: str) -> Callable[[Draw], Draw]:
    """Register a function as a figure that ``python -m esam_core figures`` draws.

    ``render`` passes arguments by parameter name: ``segmenters`` and ``encoders`` (of texts), each
    a list, ``boxes`` (a detector's file or None), ``device``, ``precision`` and ``progress``. Other
    parameters need defaults.

    Args:
        name: The figure's name for ``--only``, such as ``fig1``.

    Raises:
        ValueError: The name is taken.
    """

    def register(draw: Draw) -> Draw:
        if name in _FUNCTIONS:
            raise ValueError(f"{draw.__name__}: figure {name!r} is {_FUNCTIONS[name].__name__}.")
        _FUNCTIONS[name] = draw
        return draw

    return register


def figure_functions() -> dict[str, Callable[..., PaperFigure]]:
    """Import the modules of this package and return their figures, sorted by name."""
    package = importlib.import_module("esam_core.figures")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_FUNCTIONS.items()))
