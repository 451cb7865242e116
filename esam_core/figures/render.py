"""Rendering of figures by name, with the models available on this machine."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from esam_core.errors import InvalidSettings
from esam_core.figures.figure import PaperFigure
from esam_core.figures.models import Weights, load_models
from esam_core.figures.progress import Progress
from esam_core.figures.registry import figure_functions
from esam_core.text import OFFLINE, check_text_encoder, load_text_encoder


def check_encoders(names: Sequence[str], encoders: Sequence[str], *, download: bool) -> None:
    """Check that texts can be read, if one of the figures has any, before the first is drawn.

    Args:
        names: Some of ``figure_functions()``.
        encoders: Names of ``TEXT_ENCODERS``.
        download: Whether weights that are missing will be downloaded.

    Raises:
        EsamError: As for ``check_text_encoder``.
    """
    functions = figure_functions()
    if any("encoders" in inspect.signature(functions[name]).parameters for name in names):
        for encoder in encoders:
            check_text_encoder(encoder, download=download)


def render(
    name: str,
    models: str | Sequence[str] = "auto",
    *,
    encoders: Sequence[str] = (OFFLINE,),
    weights: Weights = None,
    device: str = "auto",
    precision: str = "auto",
    boxes: Path | None = None,
    download: bool = False,
    progress: Progress | None = None,
) -> PaperFigure:
    """Draw one figure with its own example photos.

    Args:
        name: One of ``figure_functions()``.
        models: As for ``load_models``.
        encoders: Names of ``TEXT_ENCODERS``, for figures of texts.
        weights: As for ``load_models``.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        boxes: A detector's results (COCO JSON), for figures of boxes.
        download: Download official weights that are missing.
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
    how: dict[str, Any] = {"device": device, "precision": precision}
    inputs: dict[str, Any] = {**how, "boxes": boxes, "progress": progress}
    if "segmenters" in wanted:
        inputs["segmenters"] = load_models(models, weights=weights, download=download, **how)
    if "encoders" in wanted:
        inputs["encoders"] = [
            load_text_encoder(encoder, download=download, **how) for encoder in encoders
        ]
    return functions[name](**{key: value for key, value in inputs.items() if key in wanted})
