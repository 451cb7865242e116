"""Masks from outside: a picture of a mask, a cut-out, a label map, or COCO JSON."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from esam_core.datasets.labelled import id_map_of
from esam_core.errors import InvalidImage
from esam_core.export.coco_read import load_coco, not_coco
from esam_core.export.segmentations import decode_segmentation
from esam_core.images import MAX_PIXELS

OPAQUE = 255
INSIDE = 128  # alpha from which a pixel of a cut-out belongs to the object
PHOTO_COLOURS = 512  # a picture with more colours is no mask
BUSY = 0.25  # nor is one where more neighbouring pixels than this differ
ONE_SIZE = 0.01  # difference in proportions up to which a mask is scaled to the photo


class NotAMask(InvalidImage):
    """The file is a photo, no picture at all, or a cut-out of another photo."""


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
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidImage(f"the mask {path.name} cannot be read: {error}") from error
    masks = read_masks(content, path.name, image_hw, image_id=image_id)
    if number is None and len(masks) > 1:
        raise InvalidImage(
            f"{path.name} holds {len(masks)} objects; choose one, from 1 to {len(masks)} "
            "(--mask-number)."
        )
    if number is not None and not 1 <= number <= len(masks):
        raise InvalidImage(f"{path.name} has no object {number}; choose 1 to {len(masks)}.")
    return masks[(number or 1) - 1]


def read_masks(
    content: bytes, name: str, image_hw: tuple[int, int], *, image_id: Any = None
) -> list[np.ndarray]:
    """Read all masks (h, w) bool of a file's content, as ``load_mask`` reads one.

    Raises:
        NotAMask: A photo, or a cut-out of another one.
        InvalidImage: As for ``load_mask``.
    """
    if name.lower().endswith(".json"):
        found = _from_json(content, name, image_hw, image_id)
    else:
        found = _from_picture(content, name, image_hw)
    masks = [_fitted(mask, image_hw, name) for mask in found if mask.any()]
    if not masks:
        raise InvalidImage(f"{name} holds no object: all its pixels are background.")
    return masks


def _from_picture(content: bytes, name: str, image_hw: tuple[int, int]) -> list[np.ndarray]:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            _check_size(picture.size)
            if "A" in picture.getbands() or "transparency" in picture.info:
                alpha = np.asarray(picture.convert("RGBA"))[..., 3]
                if (alpha < OPAQUE).any():
                    if not _is_same_shape(alpha.shape, image_hw):
                        raise NotAMask(_other_photo(name, alpha.shape, image_hw))
                    return [alpha >= INSIDE]
            if _is_photo(picture):
                raise NotAMask(
                    f"{name} is a photo, not a mask. A mask is black and white, a label map, a "
                    "cut-out with transparency, or COCO JSON."
                )
            ids, _ = id_map_of(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, InvalidImage):
            raise
        raise NotAMask(f"the mask {name} cannot be read: {error}") from error
    return [ids == value for value in np.unique(ids[ids > 0])]


def _is_photo(picture: Image.Image) -> bool:
    """Return whether a picture has more colours or more texture than masks have."""
    if picture.mode in ("RGB", "RGBA", "CMYK"):
        picture = picture.convert("RGB")
        if picture.getcolors(PHOTO_COLOURS) is None:
            return True
    pixels = np.asarray(picture)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    across = (pixels[:, 1:] != pixels[:, :-1]).any(-1)
    down = (pixels[1:] != pixels[:-1]).any(-1)
    return any(differs.size and differs.mean() > BUSY for differs in (across, down))


def _from_json(
    content: bytes, name: str, image_hw: tuple[int, int], image_id: Any
) -> list[np.ndarray]:
    try:
        record = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidImage(f"the mask {name} cannot be read as JSON: {error}") from error
    if isinstance(record, Mapping) and "annotations" in record:
        return list(load_coco(record, image_id=image_id).data)
    found = record.get("segmentation", record) if isinstance(record, Mapping) else record
    try:
        size = found["size"] if isinstance(found, Mapping) else image_hw
        size_hw = int(size[0]), int(size[1])
        _check_size(size_hw)
        return [decode_segmentation(found, size_hw)]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise not_coco(error) from error


def _fitted(mask: np.ndarray, image_hw: tuple[int, int], name: str) -> np.ndarray:
    """Scale a mask to a photo of the same proportions."""
    height, width = image_hw
    if mask.shape == image_hw:
        return mask
    if not _is_same_shape(mask.shape, image_hw):
        raise InvalidImage(_other_photo(name, mask.shape, image_hw))
    scaled = np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))
    if not scaled.any():
        raise InvalidImage(f"nothing of the object in {name} is left at {width} x {height}.")
    return scaled


def _check_size(size: tuple[int, int]) -> None:
    """Refuse a mask that is larger than any photo.

    Raises:
        InvalidImage: More pixels than photos may have.
    """
    if size[0] * size[1] > MAX_PIXELS:
        raise InvalidImage(
            f"the mask has {size[0]} x {size[1]} pixels; at most {MAX_PIXELS} are read."
        )


def _is_same_shape(mask_hw: tuple[int, ...], image_hw: tuple[int, int]) -> bool:
    return abs(mask_hw[0] * image_hw[1] / (mask_hw[1] * image_hw[0]) - 1) <= ONE_SIZE


def _other_photo(name: str, mask_hw: tuple[int, ...], image_hw: tuple[int, int]) -> str:
    return (
        f"{name} has {mask_hw[1]} x {mask_hw[0]} pixels, the photo {image_hw[1]} x "
        f"{image_hw[0]}: it belongs to another photo, or was cut."
    )
