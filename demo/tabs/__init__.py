"""One module per mode of the page, found by itself: a module with a ``MODE`` is a tab.

A mode named ``<name>`` is ``demo/handlers/<name>.py`` (what it does, no gradio),
``demo/tabs/<name>.py`` (layout and wiring), ``demo/texts/<name>.py`` (its sentences) and
``esam_core/commands/<name>.py``.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.canvas import PromptCanvas
    from demo.engine import Engine


@dataclass(frozen=True, slots=True)
class Mode:
    """One tab over the photo.

    Args:
        name: A short name; layers carry it, and its panel is ``#es-mode-<name>``.
        title: What the tab says.
        order: Tabs stand in this order.
        build: Lays out the panel and wires it; called once, inside the panel's column.
        prompts: Whether clicks and drags on the photo are prompts, as in the points mode.
        hint: What the stage says while nothing else is to be said.
        hint_touch: The same where a finger points, if it differs.
        wide: Whether the panel takes the whole side, in place of objects and export.
    """

    name: str
    title: str
    order: int
    build: "Callable[[Engine, PromptCanvas], None]"
    prompts: bool = False
    hint: str = ""
    hint_touch: str = ""
    wide: bool = False


def discover() -> tuple[Mode, ...]:
    """Return the mode of every module of this package that has one, in their order."""
    modules = [
        import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    modes = [module.MODE for module in modules if hasattr(module, "MODE")]
    return tuple(sorted(modes, key=lambda mode: mode.order))
