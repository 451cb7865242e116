"""The example photos, and how well masks agree with what people annotated in them."""

from collections.abc import Sequence

import numpy as np

from esam_core.datasets.annotated import AnnotatedPhoto, annotated_photos
from esam_core.errors import InvalidImage
from esam_core.geometry import box_iou, mask_iou, xywh_to_xyxy
from esam_core.images import asset
from esam_core.prompts import PointLabel, Prompt

SAME_BOX = 0.9  # IoU from which a box is taken for that of an annotated object


def example_photos(names: Sequence[str]) -> list[AnnotatedPhoto]:
    """Find example photos by number, ``285`` or ``000000000285``.

    Raises:
        InvalidImage: There is no such photo among those that come with the project.
    """
    photos = {number_of(photo): photo for photo in annotated_photos(asset("photos"))}
    keys = [str(name).lstrip("0") for name in names]
    for key in keys:
        if key not in photos:
            raise InvalidImage(f"there is no example photo {key!r}; see {asset('photos')}.")
    return [photos[key] for key in keys]


def number_of(photo: AnnotatedPhoto) -> str:
    """Return a photo's number, such as ``285``."""
    return photo.path.stem.lstrip("0")


def object_under(photo: AnnotatedPhoto, prompt: Prompt) -> np.ndarray | None:
    """Return the mask (h, w) bool of the annotated object under a prompt's first foreground point.

    None if there is no such point, or nothing annotated under it.
    """
    for (x, y), label in zip(prompt.point_coords, prompt.point_labels, strict=True):
        if label == PointLabel.FOREGROUND:
            ids = photo.id_map()
            found = ids[int(y), int(x)]
            return ids == found if found else None
    return None


def objects_in_boxes(photo: AnnotatedPhoto, boxes_xyxy: np.ndarray) -> list[np.ndarray | None]:
    """Return for each box (n, 4) the mask (h, w) bool of the object that it frames, or None."""
    tight = xywh_to_xyxy(np.array([item.box_xywh for item in photo.objects], float))
    ids = photo.id_map()
    found: list[np.ndarray | None] = []
    for row in box_iou(np.asarray(boxes_xyxy, float), tight):
        best = int(row.argmax())
        found.append(ids == photo.objects[best].id if row[best] >= SAME_BOX else None)
    return found


def agreement(masks: np.ndarray, wanted: Sequence[np.ndarray | None]) -> float | None:
    """Return the mean IoU of masks (n, h, w) with n annotated ones, of those that are known."""
    ious = [
        float(mask_iou(mask[None], known[None])[0, 0])
        for mask, known in zip(masks, wanted, strict=True)
        if known is not None
    ]
    return float(np.mean(ious)) if ious else None
