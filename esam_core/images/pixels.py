"""What every module asks of an image (h, w, 3) uint8 RGB: its check, its digest, its stretching."""

import hashlib

import numpy as np
from PIL import Image

from esam_core.errors import InvalidImage

MAX_PIXELS = 50_000_000


def image_digest(image: np.ndarray) -> str:
    """Return a short digest of an image (h, w, 3) uint8; equal pixels have equal digests."""
    digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def stretch_rgb(image: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """Resize (h, w, 3) uint8 to (width, height), low-pass filtered; the aspect ratio may change."""
    return np.array(Image.fromarray(image).resize(size_wh, Image.Resampling.BILINEAR))


def check_rgb(image: np.ndarray) -> np.ndarray:
    """Return the array if it is an image (h, w, 3) uint8, as from ``load_rgb``.

    Raises:
        InvalidImage: Wrong shape or type, or an empty array.
    """
    if not (
        isinstance(image, np.ndarray)
        and image.dtype == np.uint8
        and image.ndim == 3
        and image.shape[2] == 3
        and image.size
    ):
        what = (
            f"{image.shape} {image.dtype}"
            if isinstance(image, np.ndarray)
            else type(image).__name__
        )
        raise InvalidImage(
            f"image must be (height, width, 3) uint8 RGB, got {what}. Use esam_core.load_rgb(path)."
        )
    return image


def check_size(size_wh: tuple[int, int], name: str) -> None:
    """Refuse a picture without pixels, or with more than ``MAX_PIXELS``.

    Args:
        size_wh: Its width and height as its header gives them, before it is decoded.
        name: What the message calls it.

    Raises:
        InvalidImage: Nothing in it, or too large.
    """
    width, height = size_wh
    if width < 1 or height < 1:
        raise InvalidImage(f"{name} is {width} x {height} pixels: there is nothing in it.")
    if width * height > MAX_PIXELS:
        raise InvalidImage(
            f"{name} is {width} x {height} pixels; at most {megapixels()} are read. "
            "Shrink it first."
        )


def megapixels() -> str:
    """Return the limit in words."""
    return f"{MAX_PIXELS // 1_000_000} megapixels"
