"""Controls for a figure: what they choose is drawn again below them."""

import sys
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
    manual = button is not None
    options = {"manual": manual, "manual_name": button or "", "auto_display": True}
    # A tuple of names is no range of numbers, for which ipywidgets takes every tuple.
    read = {name: _listed(field) for name, field in fields.items()}
    box = ipywidgets.interactive(_said(draw), options, **read)
    for control in box.kwargs_widgets:
        if control.has_trait("continuous_update"):
            control.continuous_update = False
    return box


def _said(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Print errors of this project, which are sentences for people, without their traceback."""

    @wraps(draw)
    def drawing(**values: Any) -> Any:
        try:
            return draw(**values)
        except EsamError as error:
            sys.stdout.write(f"{error}\n")
            return None

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
