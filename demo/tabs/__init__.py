"""The modes of the page: every module of this package with a ``MODE`` becomes a tab.

A mode named ``<name>`` is ``demo/handlers/<name>.py`` (its logic, no gradio),
``demo/tabs/<name>.py`` (layout and wiring), ``demo/texts/<name>.py`` (its texts) and
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
        title: Label of the tab.
        order: Position among the tabs.
        build: Lays out and wires the panel; called once, inside its column.
        prompts: Whether clicks and drags on the photo are prompts, as in the points mode.
        hint: Shown over the stage when there is no other message.
        hint_touch: The hint on touch screens, if it differs.
        compares: Whether several answers to the prompts lie on the stage, see static/versus.js.
        kinds: The requests of the canvas that the mode answers, beside those of the points mode.
    """

    name: str
    title: str
    order: int
    build: "Callable[[Engine, PromptCanvas], None]"
    prompts: bool = False
    hint: str = ""
    hint_touch: str = ""
    compares: bool = False
    kinds: tuple[str, ...] = ()


def discover() -> tuple[Mode, ...]:
    """Return the modes of this package in their order."""
    modules = [
        import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    modes = [module.MODE for module in modules if hasattr(module, "MODE")]
    return tuple(sorted(modes, key=lambda mode: mode.order))
