"""Annotated photos, and boxes from detectors."""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.datasets.annotated import AnnotatedObject, AnnotatedPhoto, annotated_photos
    from esam_core.datasets.boxes import Detections, PhotoDetections
    from esam_core.datasets.classes import CATEGORIES, load_names
    from esam_core.datasets.detections import (
        detections_of,
        load_detections,
        read_detections,
        results_of_masks,
    )
    from esam_core.datasets.labelled import LabelledPhoto, Truth, labelled_photos
    from esam_core.datasets.photos import image_id_of, usable_boxes
    from esam_core.datasets.rows import LeftOut

# Imported on first use, as everywhere in this package.
_MODULE_OF = {
    "AnnotatedObject": "annotated",
    "AnnotatedPhoto": "annotated",
    "annotated_photos": "annotated",
    "CATEGORIES": "classes",
    "load_names": "classes",
    "Detections": "boxes",
    "PhotoDetections": "boxes",
    "detections_of": "detections",
    "image_id_of": "photos",
    "usable_boxes": "photos",
    "LabelledPhoto": "labelled",
    "Truth": "labelled",
    "labelled_photos": "labelled",
    "load_detections": "detections",
    "read_detections": "detections",
    "results_of_masks": "detections",
    "LeftOut": "rows",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
