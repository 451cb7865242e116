"""Masks out: bytes of files that other programs read."""

import io

import numpy as np
from PIL import Image

from esam_core.errors import InvalidImage


def export_mask_png(mask: np.ndarray) -> bytes:
    """Write a mask as a grey PNG: 255 inside, 0 outside.

    Args:
        mask: One mask (h, w) bool.

    Raises:
        InvalidImage: Not one mask.
    """
    return _png(Image.fromarray(_checked(mask).astype(np.uint8) * 255))


def export_cutout_png(image: np.ndarray, mask: np.ndarray) -> bytes:
    """Write the part of a photo inside a mask as an RGBA PNG of the photo's size.

    Pixels outside are transparent black, so that the file does not carry what was cut away.

    Args:
        image: The photo (h, w, 3) uint8 RGB.
        mask: One mask (h, w) bool.

    Raises:
        InvalidImage: Photo and mask do not belong together.
    """
    mask = _checked(mask)
    if image.shape != (*mask.shape, 3) or image.dtype != np.uint8:
        raise InvalidImage(
            f"the photo is {image.shape} {image.dtype}, the mask {mask.shape}; a cut-out takes a "
            "(height, width, 3) uint8 photo and a mask of the same height and width."
        )
    return _png(Image.fromarray(np.dstack([image * mask[..., None], mask.astype(np.uint8) * 255])))


def _checked(mask: np.ndarray) -> np.ndarray:
    if mask.ndim != 2 or mask.dtype != bool or not mask.size:
        raise InvalidImage(
            f"a mask must be (height, width) bool, got {mask.shape} {mask.dtype}; "
            "of several masks take one (masks.data[0])."
        )
    return mask


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
