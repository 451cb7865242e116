"""Controls for a figure: what they choose is drawn again below them."""

from collections.abc import Callable
from typing import Any

import ipywidgets


def explore(
    draw: Callable[..., Any], *, button: str | None = None, **fields: Any
) -> ipywidgets.VBox:
    """Show a control per field, and below them what ``draw`` returns for their values.

    A field is what ``ipywidgets.interactive`` reads: a list of choices, a pair or triple of numbers
    (lowest, highest, step), a text, True or False, or a widget. A slider is read when it is let go.

    Args:
        draw: Called with the fields by name, at first and after every change.
        button: Label of a button that draws, in place of every change; for what takes long.
        fields: One control each, in this order.
    """
    options = {"manual": button is not None, "manual_name": button or ""}
    box = ipywidgets.interactive(draw, options, **fields)
    for control in box.kwargs_widgets:
        control.style.description_width = "11em"
        if control.has_trait("continuous_update"):
            control.continuous_update = False
    return box
