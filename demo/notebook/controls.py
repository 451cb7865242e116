"""Controls for a figure: what they choose is drawn again below them."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import ipywidgets
import numpy as np
from PIL import Image

from esam_core.errors import EsamError
from esam_core.prompts import Prompt
from esam_core.segmenter import Segmenter
from esam_core.visualize import caption, draw_masks, draw_prompt, panel


def explore(
    draw: Callable[..., Any], *, button: str | None = None, **fields: Any
) -> ipywidgets.VBox:
    """Show a control per field, and below them what ``draw`` returns for their values.

    A field is what ``ipywidgets.interactive`` reads: choices, also as a tuple of names; a pair or
    triple of numbers (lowest, highest, step), a text, True or False, or a widget. A slider is read
    when it is let go. What the project refuses, such as an unknown word, is printed in one line.

    Args:
        draw: Called with the fields by name, when the controls appear and after every change.
        button: Label of a button that alone makes it draw; for what takes long.
        fields: One control each, in this order.
    """
    options = {"manual": button is not None, "manual_name": button or ""}
    # A tuple of names is no range of numbers, for which ipywidgets takes every tuple.
    read = {name: _listed(field) for name, field in fields.items()}
    shown = ipywidgets.Output()
    box = ipywidgets.interactive(_showing(draw, shown), options, **read)
    box.children = (*box.children, shown)
    for control in box.kwargs_widgets:
        if control.has_trait("continuous_update"):
            control.continuous_update = False
    return box


def _showing(draw: Callable[..., Any], shown: ipywidgets.Output) -> Callable[..., Any]:
    """Return ``draw`` so that what it returns is shown, and what the project refuses is said.

    Appending needs no messages to be caught, for which a runner of notebooks may wait in vain.
    """

    @wraps(draw)
    def drawing(**values: Any) -> Any:
        shown.outputs = ()
        try:
            result = draw(**values)
        except EsamError as error:  # a sentence for people, without a traceback
            shown.append_stdout(f"{error}\n")
            return None
        if result is not None:
            shown.append_display_data(result)
        return result

    return drawing


def _listed(field: Any) -> Any:
    names = isinstance(field, tuple) and all(isinstance(each, str) for each in field)
    return list(field) if names else field


def click(
    segmenters: Sequence[Segmenter], image: np.ndarray, across: float, down: float
) -> Image.Image:
    """Draw a click on an image, and the best mask that each model gives for it, side by side.

    Args:
        segmenters: The models.
        image: The image (h, w, 3) uint8 RGB.
        across: Position of the click from the left edge, in percent of the width.
        down: Position from the top edge, in percent of the height.
    """
    height, width = image.shape[:2]
    prompt = Prompt.point(across / 100 * width, down / 100 * height)
    best = [each.predict(each.embed(image), prompt)[:1] for each in segmenters]
    pictures = [draw_prompt(draw_masks(image, masks), prompt) for masks in best]
    return Image.fromarray(panel([pictures], footer="; ".join(map(caption, segmenters))))
