"""PNG files: a mask, a cut-out, or a label map with the mask number of each pixel."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from esam_core.errors import InvalidImage
from esam_core.images import MAX_PIXELS
from esam_core.masks import Masks, label_map
from esam_core.visualize.colours import palette
from esam_core.visualize.draw import as_masks, check_same_size

MAX_LABELS = 65535
COUNT_KEY = "masks"  # PNG text entry with the number of masks in a label map


def export_mask_png(mask: np.ndarray) -> bytes:
    """Encode a mask as a grey PNG: 255 inside, 0 outside.

    Args:
        mask: One mask (h, w) bool.

    Raises:
        InvalidImage: The array is not one (h, w) bool mask.
    """
    return png_bytes(Image.fromarray(_checked(mask).astype(np.uint8) * 255))


def load_mask_png(source: bytes | str | Path) -> np.ndarray:
    """Read a mask (h, w) bool from a PNG; values above half grey are inside.

    Raises:
        InvalidImage: The file is not a readable picture.
    """
    picture, _ = _open(source)
    return np.asarray(picture.convert("L")) >= 128


def export_cutout_png(image: np.ndarray, mask: np.ndarray, *, crop: bool = False) -> bytes:
    """Encode the part of an image inside a mask as an RGBA PNG.

    Pixels outside are transparent black, so the file does not contain the removed part.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        mask: One mask (h, w) bool.
        crop: Whether the file ends at the mask's box; otherwise, and without any mask, it has the
            image's size.

    Raises:
        InvalidImage: Image and mask differ in size.
    """
    mask = _checked(mask)
    check_same_size(image, mask.shape)
    if crop and mask.any():
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        image, mask = image[box], mask[box]
    return png_bytes(
        Image.fromarray(np.dstack([image * mask[..., None], mask.astype(np.uint8) * 255]))
    )


def load_cutout_png(source: bytes | str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a cut-out: its pixels (h, w, 3) uint8 and its mask (h, w) bool.

    Raises:
        InvalidImage: The file is not a readable picture, or has no transparency.
    """
    picture, _ = _open(source)
    if "A" not in picture.getbands():
        raise InvalidImage(f"a cut-out has transparency, this picture is {picture.mode}.")
    pixels = np.asarray(picture.convert("RGBA"))
    return pixels[..., :3].copy(), pixels[..., 3] >= 128


def export_label_map_png(masks: Masks | np.ndarray) -> bytes:
    """Encode all masks as one grey label map: 0 is background, i + 1 is mask i.

    Up to 255 masks give an 8-bit PNG, more a 16-bit one. Where masks overlap, the pixel gets the
    smaller one; use COCO JSON or SVG to preserve overlapping masks.

    Args:
        masks: Masks of one image, (n, h, w) bool.

    Raises:
        InvalidImage: The array is not masks, or has more than 65535.
    """
    count, labels = _labels(masks)
    texts = PngImagePlugin.PngInfo()
    texts.add_text(COUNT_KEY, str(count))
    grey = labels if count > 255 else labels.astype(np.uint8)
    return png_bytes(Image.fromarray(grey), pnginfo=texts)


def export_label_colours_png(masks: Masks | np.ndarray) -> bytes:
    """Encode the label map for the eye: an RGB PNG, black background, one colour per mask.

    Pixels belong to the same masks as in ``export_label_map_png``. A mask's colour depends on its
    number only.

    Args:
        masks: Masks of one image, (n, h, w) bool.

    Raises:
        InvalidImage: The array is not masks, or has more than 65535.
    """
    count, labels = _labels(masks)
    return png_bytes(Image.fromarray(np.array([(0, 0, 0), *palette(count)], np.uint8)[labels]))


def load_label_map_png(source: bytes | str | Path) -> Masks:
    """Read the masks (n, h, w) of a label map, in the order of their numbers.

    For label maps of other programs, n is the highest number.

    Raises:
        InvalidImage: The file is not a readable picture, or has colours instead of numbers.
    """
    picture, texts = _open(source)
    if picture.mode not in ("L", "P", "I", "I;16", "1"):
        raise InvalidImage(
            f"a label map holds one number per pixel, this picture is {picture.mode}; "
            "give an 8-bit or 16-bit picture of one channel."
        )
    labels = np.asarray(picture).astype(np.int64)
    written = texts.get(COUNT_KEY, "")
    count = int(written) if written.isdecimal() else 0
    highest = int(labels.max())
    if max(count, highest) > MAX_LABELS:
        raise InvalidImage(
            f"the map has {max(count, highest)} masks; at most {MAX_LABELS} are read."
        )
    count = max(count, highest)
    if not count:
        return Masks.empty(labels.shape)
    return Masks.from_data(labels[None] == np.arange(1, count + 1)[:, None, None])


def _labels(masks: Masks | np.ndarray) -> tuple[int, np.ndarray]:
    """Return the number of masks, and their map (h, w) uint16."""
    masks = as_masks(masks)
    if len(masks) > MAX_LABELS:
        raise InvalidImage(f"{len(masks)} masks given; a label map holds at most {MAX_LABELS}.")
    return len(masks), label_map(masks)


def _checked(mask: np.ndarray) -> np.ndarray:
    if mask.ndim != 2 or mask.dtype != bool or not mask.size:
        raise InvalidImage(
            f"a mask must be (height, width) bool, got {mask.shape} {mask.dtype}; "
            "of several masks take one (masks.data[0])."
        )
    return mask


def png_bytes(picture: Image.Image, **options: object) -> bytes:
    """Encode a picture as PNG."""
    stream = io.BytesIO()
    picture.save(stream, "PNG", **options)
    return stream.getvalue()


def _open(source: bytes | str | Path) -> tuple[Image.Image, dict[str, str]]:
    """Decode a picture after checking its size; also return the text entries of a PNG."""
    try:
        picture = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)
        if picture.width * picture.height > MAX_PIXELS:
            raise InvalidImage(
                f"the picture has {picture.width} x {picture.height} pixels; at most "
                f"{MAX_PIXELS} are read."
            )
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InvalidImage):
            raise
        raise InvalidImage(f"the picture cannot be read: {error}") from error
    return picture, dict(getattr(picture, "text", {}))
