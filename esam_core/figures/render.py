"""Rendering of figures by name, with the models available on this machine."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from esam_core.datasets.detections import read_detections
from esam_core.errors import InvalidSettings
from esam_core.figures.figure import PaperFigure
from esam_core.figures.models import Weights, load_models
from esam_core.figures.progress import Progress
from esam_core.figures.registry import figure_functions
from esam_core.segmenter import Segmenter
from esam_core.text import OFFLINE, TextEncoder, load_text_encoder


def load_inputs(
    names: Sequence[str],
    models: str | Sequence[str] = "auto",
    *,
    encoders: Sequence[str] = (OFFLINE,),
    weights: Weights = None,
    device: str = "auto",
    precision: str = "auto",
    boxes: Path | None = None,
    download: bool = False,
) -> tuple[list[Segmenter], list[TextEncoder]]:
    """Load what some figures need once for all of them, and check the boxes.

    So what is wrong is said before the first of them is drawn, which takes minutes.

    Args:
        names: Some of ``figure_functions()``.
        models: As for ``load_models``.
        encoders: Names of ``TEXT_ENCODERS``.
        weights: As for ``load_models``.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        boxes: A detector's results (COCO JSON); they are only read.
        download: Download official weights that are missing.

    Returns:
        Models and encoders for ``render``; empty where no figure needs any.

    Raises:
        EsamError: What loading the models, encoders or boxes raises.
    """
    functions = figure_functions()
    wanted = {key for name in names for key in inspect.signature(functions[name]).parameters}
    how: dict[str, Any] = {"device": device, "precision": precision, "download": download}
    if boxes is not None and "boxes" in wanted:
        read_detections(boxes)
    readers = [load_text_encoder(e, **how) for e in encoders] if "encoders" in wanted else []
    return load_models(models, weights=weights, **how) if "segmenters" in wanted else [], readers


def render(
    name: str,
    segmenters: Sequence[Segmenter] = (),
    encoders: Sequence[TextEncoder] = (),
    *,
    device: str = "auto",
    precision: str = "auto",
    boxes: Path | None = None,
    progress: Progress | None = None,
) -> PaperFigure:
    """Draw one figure with its own example photos.

    Args:
        name: One of ``figure_functions()``.
        segmenters: The models, see ``load_inputs``.
        encoders: The models that read texts, for figures of texts.
        device: As for ``load_segmenter``, for figures of the machine.
        precision: As for ``load_segmenter``, for figures of the machine.
        boxes: A detector's results (COCO JSON), for figures of boxes.
        progress: Called with (done, total).

    Raises:
        InvalidSettings: Unknown figure.
        MissingPackage: The figure needs a package that is not installed.
        EsamError: What the figure raises.
    """
    functions = figure_functions()
    if name not in functions:
        raise InvalidSettings(f"figure {name!r} is unknown; use {', '.join(functions)}.")
    inputs: dict[str, Any] = {
        "segmenters": segmenters,
        "encoders": encoders,
        "device": device,
        "precision": precision,
        "boxes": boxes,
        "progress": progress,
    }
    wanted = inspect.signature(functions[name]).parameters
    return functions[name](**{key: value for key, value in inputs.items() if key in wanted})
