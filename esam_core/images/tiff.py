"""TIFFs that Pillow does not read, or not in full: deep colours, many bands, large offsets."""

import io
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from esam_core.errors import InvalidImage
from esam_core.images.kinds import DEVELOP
from esam_core.images.pixels import MAX_PIXELS, check_size
from esam_core.images.samples import Samples, check_type
from esam_core.images.segments import needs_unpacking, page_of, unpack
from esam_core.images.source import FileSource

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

MAX_BYTES = 32 * MAX_PIXELS  # of all bands together
ORIENTATION, MAKE, SUB_IFDS, NODATA, DNG = 274, 271, 330, 42113, 50706
MIN_IS_WHITE, MIN_IS_BLACK, RGB, CMYK = 0, 1, 2, 5
RAW_COLOURS = (32803, 34892)  # of a sensor's filter, and "linear raw"
ALPHA = (1, 2)  # ExtraSamples: colours multiplied by it, or not
SHOWN = {
    1: "the first is shown as grey",
    3: "the first three are shown as red, green and blue",
    4: "the first four are shown as inks",
}
REDUCED = 1  # a bit of NewSubfileType: a small version of another page


def read_tiff(
    file: FileSource, index: int = 0, *, always: bool = False
) -> tuple[Samples | None, list[str]]:
    """Read a page of a TIFF, if Pillow would lose something of it.

    Args:
        file: The file.
        index: Number of the page.
        always: Read it even if Pillow should be able to.

    Returns:
        The page, or None if Pillow reads it as well; and notes on the file.

    Raises:
        InvalidImage: A raw file of a camera, too large, damaged, or packed in a way that needs a
            further package.
    """
    from tifffile import TiffFile

    content = file.content()
    try:
        tiff = TiffFile(io.BytesIO(content))
        page = page_of(tiff, index)
        notes = _pages(tiff, index)
    except Exception:  # a broken header raises errors of many kinds; Pillow may be more patient
        return None, []
    with tiff:
        _refuse_raw(file, content, page)
        check_size((page.imagewidth, page.imagelength), file.name)
        if _pillow_suffices(page) and not always:
            return None, notes
        array = _decoded(file, content, index, page)
        if array is None:
            return None, notes
        return _samples(array, page, notes), []


def _pages(tiff: "TiffFile", index: int) -> list[str]:
    """Say that there are further pages; overviews and masks are none."""
    count = sum(not page_of(tiff, each).subfiletype for each in range(len(tiff.pages)))
    if count < 2:
        return []
    which = "the first" if index == 0 else f"number {index + 1}"
    return [f"The file has {count} pages; {which} is shown."]


def _refuse_raw(file: FileSource, content: bytes, page: "TiffPage") -> None:
    make = str(page.tags.valueof(MAKE, "")).upper()
    preview = page.subfiletype & REDUCED and SUB_IFDS in page.tags
    if DNG in page.tags:
        kind = "DNG"
    elif content[8:10] == b"CR":
        kind = "CR2"
    elif preview or page.photometric in RAW_COLOURS:
        kind = {"NIKON": "NEF", "SONY": "ARW"}.get(make.split(" ")[0], "a TIFF inside")
    else:
        return
    raise InvalidImage(
        f"{file.name} is a camera's raw file ({kind}), not a picture that can be read. {DEVELOP}."
    )


def _pillow_suffices(page: "TiffPage") -> bool:
    if page.dtype is None:  # tifffile does not know such values
        return True
    bands, colours = page.samplesperpixel, page.photometric
    if page.bitspersample > 8 or page.sampleformat not in (None, 1):
        return False
    if colours in (MIN_IS_WHITE, MIN_IS_BLACK):
        return bands == 1
    if colours in (RGB, CMYK):
        natural = 3 if colours == RGB else 4
        return bands == natural or (bands == natural + 1 and page.extrasamples[:1] in _alphas())
    return True


def _alphas() -> tuple[tuple[int, ...], ...]:
    return ((), *((each,) for each in ALPHA))


def _decoded(file: FileSource, content: bytes, index: int, page: "TiffPage") -> np.ndarray | None:
    """Return the pixels (h, w, bands), or None if they are left to Pillow."""
    from tifffile import TiffFile

    if page.dtype is not None:
        check_type(page.dtype, f"{file.name}, a TIFF")
    if page.nbytes > MAX_BYTES:
        raise InvalidImage(
            f"{file.name} is a TIFF with {_described(page)}: {page.nbytes / 1e9:.1f} GB, more than "
            f"the {MAX_BYTES / 1e9:.1f} GB that are read. Save three of its bands."
        )
    ends = np.add(page.dataoffsets, page.databytecounts)
    if ends.max(initial=0) > len(content):
        raise InvalidImage(_damaged(file, page, "the file ends before its pixels do"))
    try:
        if not needs_unpacking(page):
            return _channels_last(page)
        with TiffFile(unpack(content, index)) as plain:
            return _channels_last(page_of(plain, index))
    except Exception as error:  # zlib.error, ValueError, OSError, struct.error, TiffFileError ...
        if page.samplesperpixel == 1 and page.bitspersample <= 32:
            return None
        if isinstance(error, NotImplementedError) or "imagecodecs" in str(error):
            raise InvalidImage(
                f"{file.name} is a TIFF with {_described(page)} which cannot be read here: "
                f"{str(error).rstrip('.')}. Run pip install imagecodecs, or save it without "
                "compression, or as PNG."
            ) from error
        raise InvalidImage(_damaged(file, page, str(error))) from error


def _channels_last(page: "TiffPage") -> np.ndarray:
    array = page.asarray()
    if "Z" in page.axes:  # a volume: its first plane
        array = array.take(0, axis=page.axes.index("Z"))
    axes = page.axes.replace("Z", "")
    return np.moveaxis(array, axes.index("S"), -1) if "S" in axes else array[..., None]


def _samples(array: np.ndarray, page: "TiffPage", notes: list[str]) -> Samples:
    bands, colours = array.shape[2], page.photometric
    natural = {RGB: 3, CMYK: 4}.get(colours, 1)
    extra = page.extrasamples or ((2,) if colours == RGB and bands == 4 else ())
    alpha = next((natural + i for i, kind in enumerate(extra) if kind in ALPHA), None)
    if alpha is not None and alpha >= bands:
        alpha = None
    others = [band for band in range(bands) if band != alpha]
    count = 4 if colours == CMYK else 3 if len(others) > 2 else 1
    shown = others[:count]
    if len(others) > count:
        notes = [*notes, f"The file has {len(others)} bands; {SHOWN[count]}."]
    return Samples(
        array[..., shown],
        None if alpha is None else array[..., alpha],
        nodata=_nodata(page),
        premultiplied=alpha is not None and extra[alpha - natural] == ALPHA[0],
        inverted=colours == MIN_IS_WHITE,
        orientation=int(page.tags.valueof(ORIENTATION, 1) or 1),
        notes=notes,
    )


def _nodata(page: "TiffPage") -> float | None:
    with suppress(ValueError, TypeError):
        return float(str(page.tags.valueof(NODATA)).strip("\0 "))
    return None


def _described(page: "TiffPage") -> str:
    bands = page.samplesperpixel
    kind = {"f": " float", "c": " complex"}.get(page.dtype.kind if page.dtype else "", "")
    depth = f"{page.bitspersample}-bit{kind}"
    name = getattr(page.compression, "name", str(page.compression))
    packing = "" if name == "NONE" else f", {name} compression"
    return f"{bands} band{'s' if bands > 1 else ''} of {depth} values{packing}"


def _damaged(file: FileSource, page: "TiffPage", error: str) -> str:
    return (
        f"{file.name} is a TIFF with {_described(page)}; it is damaged or cut off and cannot be "
        f"decoded ({error}). Save it again as PNG or TIFF."
    )
