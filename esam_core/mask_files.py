"""Masks from outside: a picture of a mask, a cut-out, a label map, or COCO JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from esam_core.datasets.labelled import read_id_map
from esam_core.errors import InvalidImage
from esam_core.export.coco_read import load_coco, not_coco
from esam_core.export.segmentations import decode_segmentation

OPAQUE = 255
INSIDE = 128  # alpha from which a pixel of a cut-out belongs to the object
PHOTO_COLOURS = 512  # a picture with more colours is no mask
ONE_SIZE = 0.01  # difference in proportions up to which a mask is scaled to the photo


def load_mask(
    path: Path | str,
    image_hw: tuple[int, int],
    *,
    number: int | None = None,
    image_id: Any = None,
) -> np.ndarray:
    """Read one mask that belongs to a photo.

    A picture with transparency is a cut-out: what is opaque is the object. Other pictures are read
    as ``esam_core.datasets`` reads the masks of benchmarks: black and white, or a label map with
    one value per object. JSON is a COCO data set, one of its annotations, or an RLE.

    Args:
        path: The file.
        image_hw: Height and width of the photo in pixels. A mask of the same proportions is scaled.
        number: Which object, from 1 in the order of the file; needed if there are several.
        image_id: Which image of a COCO data set with several.

    Returns:
        The mask (h, w) bool.

    Raises:
        InvalidImage: The file cannot be read, is a photo, has other proportions or no object, or
            holds several objects and no ``number``.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        masks = _from_json(path, image_hw, image_id)
    else:
        masks = _from_picture(path)
    return _fitted(_chosen(masks, number, path.name), image_hw, path.name)


def _chosen(masks: list[np.ndarray], number: int | None, name: str) -> np.ndarray:
    masks = [mask for mask in masks if mask.any()]
    if not masks:
        raise InvalidImage(f"{name} holds no object: all its pixels are background.")
    if number is None and len(masks) == 1:
        return masks[0]
    if number is None:
        raise InvalidImage(
            f"{name} holds {len(masks)} objects; choose one, from 1 to {len(masks)} "
            "(--mask-number)."
        )
    if not 1 <= number <= len(masks):
        raise InvalidImage(f"{name} has no object {number}; choose 1 to {len(masks)}.")
    return masks[number - 1]


def _from_picture(path: Path) -> list[np.ndarray]:
    try:
        with Image.open(path) as picture:
            if "A" in picture.getbands() or "transparency" in picture.info:
                alpha = np.asarray(picture.convert("RGBA"))[..., 3]
                if (alpha < OPAQUE).any():
                    return [alpha >= INSIDE]
            if picture.mode in ("RGB", "RGBA") and _colourful(picture):
                raise InvalidImage(
                    f"{path.name} is a photo, not a mask: it has colours. A mask is black and "
                    "white, a label map, a cut-out with transparency, or COCO JSON."
                )
    except (OSError, UnidentifiedImageError) as error:
        raise InvalidImage(f"the mask {path.name} cannot be read: {error}") from error
    ids, _ = read_id_map(path)
    return [ids == value for value in np.unique(ids[ids > 0])]


def _colourful(picture: Image.Image) -> bool:
    """Return whether a picture has more colours than masks have."""
    return picture.convert("RGB").getcolors(PHOTO_COLOURS) is None


def _from_json(path: Path, image_hw: tuple[int, int], image_id: Any) -> list[np.ndarray]:
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidImage(f"the mask {path.name} cannot be read as JSON: {error}") from error
    if isinstance(record, Mapping) and "annotations" in record:
        return list(load_coco(record, image_id=image_id).data)
    found = record.get("segmentation", record) if isinstance(record, Mapping) else record
    try:
        size = found["size"] if isinstance(found, Mapping) else image_hw
        return [decode_segmentation(found, (int(size[0]), int(size[1])))]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise not_coco(error) from error


def _fitted(mask: np.ndarray, image_hw: tuple[int, int], name: str) -> np.ndarray:
    """Scale a mask to a photo of the same proportions."""
    height, width = image_hw
    if mask.shape == image_hw:
        return mask
    if abs(mask.shape[0] * width / (mask.shape[1] * height) - 1) > ONE_SIZE:
        raise InvalidImage(
            f"{name} has {mask.shape[1]} x {mask.shape[0]} pixels, the photo {width} x {height}: "
            "it belongs to another photo, or was cut."
        )
    scaled = np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))
    if not scaled.any():
        raise InvalidImage(f"nothing of the object in {name} is left at {width} x {height}.")
    return scaled
