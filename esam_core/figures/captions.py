"""The sentences of captions that all figures share."""

from collections.abc import Sequence

from esam_core.models import MODELS
from esam_core.segmenter import Segmenter
from esam_core.visualize import caption

LABELS = "Below a mask: its IoU with the photo's annotation, in brackets the model's own estimate."


def signed(what: str, segmenters: Sequence[Segmenter], seconds: float) -> str:
    """Return a figure's caption: what it shows, and the models with their running time."""
    models = "; ".join(caption(segmenter) for segmenter in segmenters)
    stand_in = ""
    if all(segmenter.name in MODELS and MODELS[segmenter.name].bundled for segmenter in segmenters):
        stand_in = (
            f" {segmenters[0].title} is the small model that comes with the project and stands in "
            "for EfficientSAM, whose weights were not on this machine."
        )
    return f"{what}{stand_in}\n{models}, {seconds:.1f} s."


def measured(iou: float | None, predicted: float | None = None) -> str:
    """Return a note about a mask: its IoU with the annotation, if known, and the predicted IoU."""
    known = "" if iou is None else f"IoU {iou:.2f}"
    if predicted is None:
        return known
    return f"{known} ({predicted:.2f})" if known else f"({predicted:.2f})"
