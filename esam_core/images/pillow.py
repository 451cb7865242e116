"""Pictures that Pillow reads: upright, over white, and refused with a reason."""

import io
from collections.abc import Callable
from typing import TypeVar

from PIL import Image, ImageOps, UnidentifiedImageError

from esam_core.errors import InvalidImage
from esam_core.images.kinds import is_heif, is_tiff, refusal
from esam_core.images.pixels import check_size, megapixels
from esam_core.images.samples import Drawn, drawn
from esam_core.images.sixteen import from_grey, is_cut, lost_depth, read_deep
from esam_core.images.source import FileSource
from esam_core.images.tiff import read_tiff

FORMATS = (
    *("JPEG", "PNG", "WEBP", "TIFF", "MPO", "GIF", "BMP", "AVIF"),
    *("HEIF", "JPEG2000", "PPM", "TGA"),
)
NO_HEIF = (
    "is a HEIC picture, for which the package pi-heif is missing. Run pip install pi-heif, or save "
    "it as JPEG."
)

Result = TypeVar("Result")


def read_file(file: FileSource, max_side: int | None, scale: str, page: int = 0) -> Drawn:
    """Read a file as RGB.

    Args:
        file: The file.
        max_side: As for ``load_photo``; a JPEG is decoded at a smaller size for it.
        scale: As for ``load_photo``.
        page: Number of the page of a TIFF.

    Raises:
        InvalidImage: Not a picture, damaged, or too large.
    """
    head, notes = file.head, list[str]()
    if is_tiff(head):
        samples, notes = read_tiff(file, page)
        if samples is not None:
            return drawn(samples, scale)
    elif is_heif(head):
        _add_heif(file)
    try:
        return guarded(file.name, lambda: _read(file, max_side, scale, notes))
    except Image.DecompressionBombError as error:
        raise InvalidImage(
            f"{file.name} is too large ({error}); at most {megapixels()} are read."
        ) from error
    except UnidentifiedImageError as error:
        samples = read_tiff(file, page, always=True)[0] if is_tiff(head) else None
        if samples is None:
            raise InvalidImage(f"{file.name} {refusal(head)}") from error
        return drawn(samples, scale)


def read_given(image: Image.Image, name: str, max_side: int | None, scale: str) -> Drawn:
    """Return a picture that Pillow opened as RGB; the picture itself is left as it is.

    Raises:
        InvalidImage: Damaged, or too large.
    """
    check_size(image.size, name)
    if is_cut(image) and (content := _content(image)):
        return read_file(FileSource(name, io.BytesIO(content)), max_side, scale, image.tell())
    if image.mode.startswith(("I", "F")):
        return drawn(guarded(name, lambda: from_grey(image)), scale)
    return Drawn(guarded(name, lambda: to_rgb(image)))


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a picture of 8 bits upright, in mode RGB, over white."""
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        canvas = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(canvas, image).convert("RGB")
    return image.convert("RGB")


def guarded(name: str, read: Callable[[], Result]) -> Result:
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


def _read(file: FileSource, max_side: int | None, scale: str, notes: list[str]) -> Drawn:
    with Image.open(file.opened, formats=_formats()) as image:
        check_size(image.size, file.name)
        samples = read_deep(image, file.content() if is_cut(image) else b"")
        if samples is not None:
            samples.notes.extend(notes)
            return drawn(samples, scale)
        if max_side is not None:
            # JPEG can be decoded at 1/2, 1/4 or 1/8; twice the target size allows filtering.
            image.draft("RGB", (2 * max_side, 2 * max_side))
        lost = lost_depth(image, file.head) if image.format == "JPEG2000" else None
        return Drawn(to_rgb(image), said := [*notes, *([lost] if lost else [])], said)


def _formats() -> list[str]:
    """Return the photo formats that this Pillow reads, without vector formats (EPS)."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _add_heif(file: FileSource) -> None:
    """Let Pillow read HEIC, upright."""
    try:
        from pi_heif import register_heif_opener
    except ImportError as error:
        raise InvalidImage(f"{file.name} {NO_HEIF}") from error
    register_heif_opener()


def _content(image: Image.Image) -> bytes:
    """Return the file of an opened picture, whose reading goes on as if nothing happened."""
    file = getattr(image, "fp", None)
    if file is None or file.closed:
        return b""
    place = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(place)
    return content
