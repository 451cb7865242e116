"""Annotated photos, and boxes from detectors."""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.datasets.annotated import AnnotatedObject, AnnotatedPhoto, annotated_photos
    from esam_core.datasets.detections import (
        CATEGORIES,
        Detections,
        detections_of,
        load_detections,
        results_of_masks,
    )

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
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
