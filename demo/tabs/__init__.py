"""One module per mode of the page; ``demo.ui`` explains how a mode is added."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.canvas import PromptCanvas
    from demo.engine.engine import Engine


@dataclass(frozen=True, slots=True)
class Mode:
    """One tab over the photo.

    Args:
        name: A short name; layers carry it, and its panel is ``#es-mode-<name>``.
        title: What the tab says.
        build: Lays out the panel and wires it; called once, inside the panel's column.
        prompts: Whether clicks and drags on the photo are prompts, as in the points mode.
        hint: What the stage says while nothing else is to be said.
        hint_touch: The same where a finger points, if it differs.
        wide: Whether the panel takes the whole side, in place of objects and export.
    """

    name: str
    title: str
    build: "Callable[[Engine, PromptCanvas], None]"
    prompts: bool = False
    hint: str = ""
    hint_touch: str = ""
    wide: bool = False
