"""The example photos, and how well masks agree with what people annotated in them."""

from collections.abc import Collection, Sequence
from typing import TypeVar

import numpy as np

from esam_core.datasets.annotated import AnnotatedPhoto, annotated_photos
from esam_core.datasets.examples import examples
from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.geometry import box_iou, mask_iou, xywh_to_xyxy
from esam_core.images import asset
from esam_core.prompts import PointLabel, Prompt

SAME_BOX = 0.9  # IoU from which a box is taken for that of an annotated object
VISIBLE = 0.01  # of the photo: smaller objects do not count in what is found of everything

Photos = TypeVar("Photos", bound=Collection[object])


def shown_photos(figure: str, photos: Photos | None) -> tuple[Photos | tuple[str, ...], str]:
    """Return the photos that a figure shows, and a sentence for its caption on who chose them.

    Args:
        figure: Such as ``fig1``.
        photos: What the caller wants to see; None for the examples of ``datasets.examples``.

    Raises:
        InvalidSettings: There is none.
    """
    if photos is not None:
        refuse_none(figure, photos)
        return ((photos,) if isinstance(photos, str) else photos), ""
    chosen = examples(figure)
    return chosen.photos, f" {chosen.sentence}"


def refuse_none(figure: str, photos: Collection[object]) -> None:
    """Check that there is something to show.

    Raises:
        InvalidSettings: There is nothing.
    """
    if not photos:
        raise InvalidSettings(f"{figure} has no photo to show; name one, or give None for its own.")


def example_photos(names: Sequence[str]) -> list[AnnotatedPhoto]:
    """Find example photos by number, ``285`` or ``000000000285``.

    Raises:
        InvalidImage: There is no such photo among those that come with the project.
    """
    photos = list(annotated_photos(asset("photos")))
    found = []
    for name in names:
        photo = next((photo for photo in photos if is_number_of(name, photo)), None)
        if photo is None:
            known = ", ".join(photo.number for photo in photos)
            raise InvalidImage(f"there is no example photo {name!r}; there are {known}.")
        found.append(photo)
    return found


def is_number_of(name: object, photo: AnnotatedPhoto) -> bool:
    """Whether a name such as ``285`` or ``000000000285`` is that of a photo."""
    return str(name).lstrip("0") == photo.number


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
    if not photo.objects:
        return [None] * len(boxes_xyxy)
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


def found_of(masks: np.ndarray, wanted: np.ndarray, from_iou: float = 0.5) -> int:
    """Return how many of the annotated masks (k, h, w) one of the masks (n, h, w) agrees with."""
    return int((mask_iou(wanted, masks) >= from_iou).any(1).sum()) if len(masks) else 0


def objects_named(photo: AnnotatedPhoto, word: str) -> np.ndarray:
    """Return the masks of the annotated objects whose class is a word, and of all of them together.

    Returns:
        (k + 1, h, w) bool; (0, h, w) if there is none.
    """
    masks = photo.masks()[[item.name == word for item in photo.objects]]
    return np.concatenate([masks, masks.any(0, keepdims=True)]) if len(masks) else masks


def visible_objects(photo: AnnotatedPhoto) -> np.ndarray:
    """Return the masks (k, h, w) bool of the annotated objects from ``VISIBLE`` on."""
    masks = photo.masks()
    return masks[masks.mean((1, 2)) >= VISIBLE]
