"""Annotated photos, and boxes from detectors."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.datasets.annotated import AnnotatedObject as AnnotatedObject
    from esam_core.datasets.annotated import AnnotatedPhoto as AnnotatedPhoto
    from esam_core.datasets.annotated import annotated_photos as annotated_photos
    from esam_core.datasets.detections import CATEGORIES as CATEGORIES
    from esam_core.datasets.detections import Detections as Detections
    from esam_core.datasets.detections import detections_of as detections_of
    from esam_core.datasets.detections import load_detections as load_detections
    from esam_core.datasets.detections import results_of_masks as results_of_masks

# Imported on first use, as everywhere in this package.
_MODULE_OF = {
    "AnnotatedObject": "annotated",
    "AnnotatedPhoto": "annotated",
    "annotated_photos": "annotated",
    "CATEGORIES": "detections",
    "Detections": "detections",
    "detections_of": "detections",
    "load_detections": "detections",
    "results_of_masks": "detections",
}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'esam_core.datasets' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.datasets.{_MODULE_OF[name]}"), name)
