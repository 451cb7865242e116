"""Loading of photos from files, bytes, PIL images and arrays as (h, w, 3) uint8 RGB."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from esam_core.errors import InvalidSettings
from esam_core.images.pillow import read_file, read_given
from esam_core.images.samples import Drawn, drawn, from_array
from esam_core.images.source import ImageSource, find_file, label

SCALES = ("data", "full")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class LoadedPhoto:
    """A photo that was read.

    Args:
        image: Its pixels (h, w, 3) uint8 RGB.
        name: Its file name, or "" if it has none.
        notes: What reading changed, one sentence each, such as the range of a 16-bit picture.
    """

    image: np.ndarray
    name: str = ""
    notes: tuple[str, ...] = ()


def load_rgb(
    source: ImageSource, *, max_side: int | None = None, scale: str = "data"
) -> np.ndarray:
    """Load a photo as (h, w, 3) uint8 RGB.

    Applies the EXIF orientation, converts grey, palette and CMYK, and composites alpha over white.
    The size in the header is checked before decoding.

    A deep picture (more than 8 bits: integers, floats) is shown by its own range, see
    ``esam_core.images.scale``; what was done is logged, as a warning where a range was chosen.
    ``load_photo`` returns it instead.

    Args:
        source: A path, bytes, an open binary file, a PIL image, or an array (h, w) or (h, w, 1 to
            4) of integers, floats or bool; the second or fourth channel is alpha.
        max_side: Downscale a photo whose longer side has more pixels than this.
        scale: "data" for a deep picture's own range; "full" for the fixed scale: 0 to the most that
            its integers can hold, or 0 to 1 or 255 for floats.

    Raises:
        InvalidImage: A missing or truncated file, not a picture, an SVG, more than 50 megapixels,
            or an array of another shape or type.
        InvalidSettings: Another ``scale``.
    """
    read = _read(source, max_side, scale, "")
    for note in read.notes:
        log.log(logging.WARNING if note in read.loud else logging.INFO, note)
    return _pixels(read, max_side)


def load_photo(
    source: ImageSource, *, max_side: int | None = None, scale: str = "data", name: str = ""
) -> LoadedPhoto:
    """Load a photo like ``load_rgb``, with its name and notes on what reading changed.

    Args:
        source: As for ``load_rgb``.
        max_side: As for ``load_rgb``.
        scale: As for ``load_rgb``.
        name: File name for errors and notes; by default that of a path.

    Raises:
        InvalidImage: As for ``load_rgb``.
        InvalidSettings: As for ``load_rgb``.
    """
    if not name and isinstance(source, str | Path):
        name = Path(source).name
    read = _read(source, max_side, scale, name)
    return LoadedPhoto(_pixels(read, max_side), name, tuple(read.notes))


def _read(source: ImageSource, max_side: int | None, scale: str, name: str) -> Drawn:
    if scale not in SCALES:
        raise InvalidSettings(f'scale must be "data" or "full", got {scale!r}.')
    if isinstance(source, np.ndarray):
        return drawn(from_array(source, label(name, "the picture")), scale)
    if isinstance(source, Image.Image):
        return read_given(source, label(name, "the picture"), max_side, scale)
    return read_file(find_file(source, name), max_side, scale)


def _pixels(read: Drawn, max_side: int | None) -> np.ndarray:
    image = read.image
    if max_side is not None and max(image.size) > max_side:
        image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return np.array(image)
