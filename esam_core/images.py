"""Loading of photos from files, bytes, PIL images and arrays as (h, w, 3) uint8 RGB."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from esam_core.bundled import asset as asset
from esam_core.errors import InvalidImage

MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "MPO", "GIF", "BMP", "AVIF", "JPEG2000", "PPM", "TGA")

ImageSource = str | Path | bytes | BinaryIO | Image.Image | np.ndarray


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


def load_rgb(source: ImageSource, *, max_side: int | None = None) -> np.ndarray:
    """Load a photo as (h, w, 3) uint8 RGB.

    Applies the EXIF orientation, converts grey, palette, CMYK and 16-bit pictures, and composites
    alpha over white. The size in the header is checked before decoding.

    Args:
        source: A path, bytes, an open binary file, a PIL image, or an array (h, w), (h, w, 1),
            (h, w, 3) or (h, w, 4), uint8, uint16, bool, or float in [0, 1].
        max_side: Downscale a photo whose longer side has more pixels than this.

    Raises:
        InvalidImage: A missing or truncated file, not a picture, an SVG, more than 50 megapixels,
            or an array of another shape or type.
    """
    if isinstance(source, np.ndarray):
        image = Image.fromarray(_array_to_rgb(source))
    elif isinstance(source, Image.Image):
        _check_size(source.size)
        image = _guarded("the given picture", lambda: _to_rgb(source))
    else:
        image = _open(source, max_side)
    if max_side is not None and max(image.size) > max_side:
        image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return np.array(image)


def load_photo(source: ImageSource, *, max_side: int | None = None, name: str = "") -> LoadedPhoto:
    """Load a photo like ``load_rgb``, with its name and notes on what reading changed.

    Args:
        source: As for ``load_rgb``.
        max_side: As for ``load_rgb``.
        name: File name for errors and notes; by default that of a path.
    """
    if not name and isinstance(source, str | Path):
        name = Path(source).name
    return LoadedPhoto(load_rgb(source, max_side=max_side), name)


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


def _open(source: str | Path | bytes | BinaryIO, max_side: int | None) -> Image.Image:
    opened: Path | BinaryIO
    if isinstance(source, str | Path):
        name, opened = f"{Path(source).name!r}", Path(source)
        if not opened.is_file():
            what = "is a folder" if opened.is_dir() else "does not exist"
            raise InvalidImage(f"{name} {what}; give the path of one picture.")
    elif isinstance(source, bytes | bytearray | memoryview):
        name, opened = "the given bytes", io.BytesIO(source)
    elif hasattr(source, "read"):
        name, opened = "the given file", source
    else:
        raise InvalidImage(
            f"a photo cannot be read from {type(source).__name__}; give a path, bytes, an open "
            "file, a PIL image or a numpy array."
        )

    def read() -> Image.Image:
        with Image.open(opened, formats=_formats()) as image:
            _check_size(image.size)
            if max_side is not None:
                # JPEG can be decoded at 1/2, 1/4 or 1/8; twice the target size allows filtering.
                image.draft("RGB", (2 * max_side, 2 * max_side))
            return _to_rgb(image)

    try:
        return _guarded(name, read)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise _refusal(name, opened, error) from error


def _formats() -> list[str]:
    """Return the photo formats that this Pillow reads, without vector formats (EPS)."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _guarded(name: str, read: Callable[[], Image.Image]) -> Image.Image:
    """Run a decoder; any error it raises for a damaged file becomes ``InvalidImage``."""
    try:
        return read()
    except (InvalidImage, UnidentifiedImageError, Image.DecompressionBombError):
        raise
    except Exception as error:  # OSError, SyntaxError, ValueError, struct.error, EOFError ...
        raise InvalidImage(
            f"{name} is damaged or cut off and cannot be decoded ({error}). Save it again as JPEG "
            "or PNG."
        ) from error


def _refusal(name: str, opened: Path | BinaryIO, error: Exception) -> InvalidImage:
    if isinstance(error, Image.DecompressionBombError):
        return InvalidImage(f"{name} is too large ({error}); at most {_megapixels()} are read.")
    if _looks_like_svg(opened):
        return InvalidImage(f"{name} is an SVG drawing, not a photo. Export it as PNG first.")
    return InvalidImage(f"{name} is not a picture that can be read. Use JPEG, PNG, WebP or TIFF.")


def _looks_like_svg(opened: Path | BinaryIO) -> bool:
    try:
        if isinstance(opened, Path):
            with opened.open("rb") as file:
                head = file.read(4096)
        else:
            opened.seek(0)
            head = opened.read(4096)
    except (OSError, ValueError):
        return False
    return isinstance(head, bytes) and b"<svg" in head.lower()


def _megapixels() -> str:
    return f"{MAX_PIXELS // 1_000_000} megapixels"


def _check_size(size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    if width < 1 or height < 1:
        raise InvalidImage(f"the picture is {width} x {height} pixels: there is nothing in it.")
    if width * height > MAX_PIXELS:
        raise InvalidImage(
            f"the picture is {width} x {height} pixels; at most {_megapixels()} are read. "
            "Shrink it first."
        )


def _to_rgb(image: Image.Image) -> Image.Image:
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_array_to_rgb(_deep_grey(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(canvas, image).convert("RGB")
    return image.convert("RGB")


def _deep_grey(image: Image.Image) -> np.ndarray:
    """Scale 16-bit, 32-bit and float grey to [0, 1] (h, w); PIL would clip them to white."""
    grey = np.asarray(image).astype(np.float64)
    grey = np.nan_to_num(grey, nan=0.0, posinf=0.0, neginf=0.0)
    top = grey.max(initial=0)
    full = 65535.0
    if image.mode == "F" and top <= 255:
        full = 1.0 if top <= 1 else 255.0
    return (grey / max(full, top)).clip(0, 1)


def _array_to_rgb(array: np.ndarray) -> np.ndarray:
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise InvalidImage(
            f"an array of shape {array.shape} is no photo; it must be (height, width), or "
            "(height, width, 1, 3 or 4)."
        )
    _check_size((array.shape[1], array.shape[0]))
    values = _to_uint8(array)
    if values.shape[2] == 1:
        return np.repeat(values, 3, axis=2)
    if values.shape[2] == 4:
        alpha = values[..., 3:].astype(np.float32) / 255
        return (values[..., :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8)
    return values


def _to_uint8(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype == np.uint16:
        return (array / 257).round().astype(np.uint8)
    if np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise InvalidImage(
                "a float array must hold values in [0, 1]; scale it, or give uint8 in 0..255."
            )
        return (array * 255).round().astype(np.uint8)
    raise InvalidImage(
        f"an array of {array.dtype} is no photo; use uint8, uint16, bool, or float in [0, 1]."
    )
