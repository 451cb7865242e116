"""Pictures of which Pillow keeps 8 of 16 bits in silence, and those that it gives in full."""

import io

import numpy as np
from PIL import Image

from esam_core.images.samples import Samples

ORIENTATION = 0x0112
JPEG_2000_START = b"\xff\x4f\xff\x51"
DEPTH_AT = 42  # of the first channel, from there


def is_cut(image: Image.Image) -> bool:
    """Return whether decoding an opened picture would drop bits of its colours."""
    if image.mode.startswith(("I", "F")):
        return False
    tiles = [tile[3] for tile in getattr(image, "tile", ())]
    if image.format == "PPM":
        return any(isinstance(each, tuple) and each[-1] > 255 for each in tiles if each)
    return any(";16" in str(each) for each in tiles)


def read_deep(image: Image.Image, content: bytes) -> Samples | None:
    """Return an opened picture in its full depth, or None if it has 8 bits.

    Args:
        image: The opened picture, not decoded yet if it is cut.
        content: Its file, used if it is cut.

    Raises:
        Exception: Whatever the decoder raises for a damaged file.
    """
    if image.mode.startswith(("I", "F")):
        return from_grey(image)
    if not is_cut(image):
        return None
    if image.format == "PNG":
        return _png(image, content)
    return _ppm(image, content) if image.format == "PPM" else None


def from_grey(image: Image.Image) -> Samples:
    """Return a picture of mode I, I;16 or F in full."""
    image.load()
    values = np.asarray(image)[..., None]
    key = image.info.get("transparency")
    alpha = values[..., 0] != key if isinstance(key, int) else None
    return Samples(values, alpha, orientation=_orientation(image))


def lost_depth(image: Image.Image, head: bytes) -> str | None:
    """Return a sentence if a JPEG 2000 was read with 8 of its bits, as its colours are."""
    start = head.find(JPEG_2000_START)
    if image.format != "JPEG2000" or image.mode.startswith("I") or start < 0:
        return None
    bits = (head[start + DEPTH_AT] & 0x7F) + 1 if len(head) > start + DEPTH_AT else 8
    if bits <= 8:
        return None
    return (
        f"The file is a JPEG 2000 with {bits} bits; its whole scale is shown as 0 to 255. Save it "
        "as TIFF to have its own range used."
    )


def _png(image: Image.Image, content: bytes) -> Samples:
    raw = image.tile[0][3]  # type: ignore[attr-defined]
    if raw == "LA;16B":  # bytes of two values in the place of four
        values = _unpacked(content, "RGBA").view(">u2").astype(np.uint16)
    else:  # the high bytes, and what would be the high bytes if values were stored low byte first
        low = _unpacked(content, raw.replace("16B", "16L"))
        values = _unpacked(content, raw).astype(np.uint16) << 8 | low
    colours = 3 if values.shape[2] > 2 else 1
    alpha = values[..., colours] if values.shape[2] > colours else None
    key = image.info.get("transparency")
    if alpha is None and key is not None:
        alpha = (values != np.asarray(key)).any(axis=2)
    return Samples(values[..., :colours], alpha, orientation=_orientation(image))


def _unpacked(content: bytes, raw: str) -> np.ndarray:
    """Return the bytes of a PNG (h, w, channels) that one of Pillow's raw modes takes."""
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        tiles = image.tile  # type: ignore[attr-defined]
        image.tile = [(*tile[:3], raw) for tile in tiles]  # type: ignore[attr-defined, misc]
        image.load()
        return np.array(image)


def _ppm(image: Image.Image, content: bytes) -> Samples | None:
    """Return a binary PPM of 16 bits; its values follow the header, high byte first."""
    (_, _, offset, _), *_ = image.tile  # type: ignore[attr-defined]
    count = image.width * image.height * 3
    if content[:2] == b"P3":
        values = np.array(content[offset:].split()[:count], np.uint16)
    elif content[:2] == b"P6":
        values = np.frombuffer(content, ">u2", count, offset)
    else:
        return None
    return Samples(values.astype(np.uint16).reshape(image.height, image.width, 3))


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(ORIENTATION, 1) or 1)
