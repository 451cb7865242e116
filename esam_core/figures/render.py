"""Rendering of figures by name, with the models available on this machine."""

import inspect
from pathlib import Path
from typing import Any

from esam_core.errors import InvalidSettings
from esam_core.figures.figure import Figure, Progress
from esam_core.figures.registry import figure_functions
from esam_core.models import available_models, load_segmenter
from esam_core.segmenter import Segmenter
from esam_core.text import load_text_encoder


def render(
    name: str,
    model: str = "auto",
    *,
    other: str | None = None,
    device: str = "auto",
    precision: str = "auto",
    boxes: Path | None = None,
    progress: Progress | None = None,
) -> Figure:
    """Draw one figure with its own example photos.

    Args:
        name: One of ``figure_functions()``.
        model: As for ``load_segmenter``.
        other: The second model, for figures that show two; see ``second_model``.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        boxes: A detector's results (COCO JSON), for figures of boxes.
        progress: Called with (done, total).

    Raises:
        InvalidSettings: Unknown figure.
        MissingPackage: The figure needs a package that is not installed.
        EsamError: What loading the models raises.
    """
    functions = figure_functions()
    if name not in functions:
        raise InvalidSettings(f"figure {name!r} is unknown; use {', '.join(functions)}.")
    wanted = inspect.signature(functions[name]).parameters
    inputs: dict[str, Any] = {
        "device": device,
        "precision": precision,
        "boxes": boxes,
        "progress": progress,
    }
    if "segmenter" in wanted:
        inputs["segmenter"] = load_segmenter(model, device=device, precision=precision)
    if "other" in wanted:
        inputs["other"] = second_model(
            inputs["segmenter"], other, device=device, precision=precision
        )
    if "encoder" in wanted:
        inputs["encoder"] = load_text_encoder(device=device, precision=precision)
    return functions[name](**{key: value for key, value in inputs.items() if key in wanted})


def second_model(
    first: Segmenter, name: str | None = None, *, device: str = "auto", precision: str = "auto"
) -> Segmenter | None:
    """Load the second model of a figure.

    Args:
        first: The first model.
        name: Name of the model; default is the best other one whose weights are on this machine.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
    """
    names = [name] if name else [n for n in available_models() if n != first.name]
    return load_segmenter(names[0], device=device, precision=precision) if names else None
