"""Reading of COCO JSON: the masks of one image of a data set."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esam_core.errors import InvalidImage
from esam_core.export.ids import plain_id
from esam_core.export.segmentations import decode_segmentation
from esam_core.images import MAX_PIXELS
from esam_core.masks import Masks
from esam_core.values import json_key

Source = Mapping[str, Any] | str | Path


def load_coco(source: Source, *, image_id: Any = None) -> Masks:
    """Read the masks (n, h, w) of one image from COCO JSON.

    Args:
        source: The data set, its JSON text, or the path of its file.
        image_id: Id of the image, required if there are several; 1, 1.0, True and "1" are four.
            None is the only image, or the one of several whose id is null.

    Returns:
        The masks; a score that the file does not have is 1.

    Raises:
        InvalidImage: Not a COCO data set with masks, several images and no ``image_id``, or no
            image of this id.
        InvalidSettings: An ``image_id`` that JSON cannot hold.
    """
    record, wanted = read_record(source), plain_id(image_id, "image_id")
    try:
        image = _image(record["images"], wanted)
        image_hw, key = size_of(image), json_key(image["id"])
        if image_hw[0] * image_hw[1] > MAX_PIXELS:
            raise InvalidImage(
                f"the image has {image_hw[1]} x {image_hw[0]} pixels; at most {MAX_PIXELS} are "
                "read."
            )
        rows = [row for row in record["annotations"] if json_key(row["image_id"]) == key]
        data = np.array([decode_segmentation(row["segmentation"], image_hw) for row in rows], bool)
        scores = [
            np.array([row.get(name, row.get("score", 1)) for row in rows], np.float32)
            for name in ("predicted_iou", "stability_score")
        ]
        return Masks.from_data(data.reshape(-1, *image_hw), *scores)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise not_coco(error) from error


def read_record(source: Source) -> Mapping[str, Any]:
    """Return a data set from itself, its JSON text or the path of its file.

    Raises:
        InvalidImage: Not a JSON object.
    """
    if isinstance(source, Mapping):
        return source
    try:
        text = source if isinstance(source, str) and source.lstrip()[:1] == "{" else None
        record = json.loads(Path(source).read_text(encoding="utf-8") if text is None else text)
    except (OSError, ValueError) as error:
        raise InvalidImage(f"this is not COCO JSON: {error}") from error
    if not isinstance(record, Mapping):
        raise InvalidImage("this is not a COCO data set: it must have images and annotations.")
    return record


def size_of(image: Mapping[str, Any]) -> tuple[int, int]:
    """Return the height and width of an entry of ``images``."""
    return int(image["height"]), int(image["width"])


def not_coco(error: Exception) -> InvalidImage:
    """Return the refusal of a data set whose reading failed with ``error``."""
    if isinstance(error, InvalidImage):
        return error
    reason = f"{type(error).__name__}: {error}"
    return InvalidImage(f"this is not a COCO data set with masks ({reason}).")


def _image(images: list[Mapping[str, Any]], wanted: Any) -> Mapping[str, Any]:
    if wanted is None and len(images) == 1:
        return images[0]
    by_key = {json_key(entry["id"]): entry for entry in images}
    if json_key(wanted) in by_key:
        return by_key[json_key(wanted)]
    known = f"{', '.join([*by_key][:5]) or 'none'}{', ...' if len(by_key) > 5 else ''}"
    if wanted is None:
        raise InvalidImage(f"the file has {len(images)} images; choose one by image_id: {known}.")
    raise InvalidImage(f"the file has no image {wanted!r}; choose one by image_id: {known}.")
