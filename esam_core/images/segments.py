"""TIFFs whose compression or predictor ``tifffile`` leaves to a further package.

libtiff, which comes with Pillow, unpacks each strip or tile as if it were a grey picture of its
bytes; the file is written anew in memory without compression.
"""

import io
import struct
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

UNPACKED = (5, 8, 32946, 50000)  # LZW, Deflate (both numbers), Zstandard
FLOAT_PREDICTOR = 3
COMPRESSION, PREDICTOR = 259, 317
STRIPS, TILES = (273, 279), (324, 325)  # tags of the offsets and of the byte counts
LONG = 4


def needs_unpacking(page: "TiffPage") -> bool:
    """Return whether a page is one that ``tifffile`` alone does not read and ``unpack`` may."""
    from tifffile import TIFF

    if page.compression not in UNPACKED:
        return False
    known = page.compression in TIFF.DECOMPRESSORS and page.predictor in TIFF.UNPREDICTORS
    return not known


def unpack(content: bytes, index: int) -> io.BytesIO:
    """Return a TIFF with one of its pages rewritten without compression.

    Args:
        content: The file.
        index: Number of the page.

    Raises:
        OSError: A strip or tile that is damaged.
        ValueError: One whose size is not that of its pixels.
    """
    from tifffile import TiffFile

    file = io.BytesIO(content)
    with TiffFile(file, mode="r+") as tiff:
        _rewrite(tiff, file, index)
    file.seek(0)
    return file


def page_of(tiff: "TiffFile", index: int) -> "TiffPage":
    """Return a page of a TIFF with all its tags."""
    return cast("TiffPage", tiff.pages[index])


def _rewrite(tiff: "TiffFile", file: io.BytesIO, index: int) -> None:
    page = page_of(tiff, index)
    segments = [
        _unpacked(page, number, file.getbuffer()) for number in range(len(page.dataoffsets))
    ]
    if page.predictor > 1:
        segments = [_summed(page, each, tiff.byteorder) for each in segments]
        page.tags[PREDICTOR].overwrite(1)
    offsets = []
    for each in segments:
        offsets.append(file.seek(0, io.SEEK_END))
        file.write(each)
    places, counts = TILES if page.is_tiled else STRIPS
    page.tags[places].overwrite(offsets, dtype=LONG)
    page.tags[counts].overwrite([len(each) for each in segments], dtype=LONG)
    page.tags[COMPRESSION].overwrite(1)


def _size(page: "TiffPage", number: int) -> tuple[int, int]:
    """Return the bytes of a row and the rows of a strip or tile."""
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    width = page.tilewidth if page.is_tiled else page.imagewidth
    row = -(-width * samples * page.bitspersample // 8)
    if page.is_tiled:
        return row, page.tilelength
    rows = min(page.rowsperstrip, page.imagelength)
    per_plane = -(-page.imagelength // rows)
    return row, min(rows, page.imagelength - number % per_plane * rows)


def _unpacked(page: "TiffPage", number: int, content: memoryview) -> bytes:
    row, rows = _size(page, number)
    start = page.dataoffsets[number]
    packed = bytes(content[start : start + page.databytecounts[number]])
    with Image.open(io.BytesIO(_grey_tiff(packed, row, rows, page.compression))) as image:
        return image.tobytes()


def _grey_tiff(packed: bytes, width: int, height: int, compression: int) -> bytes:
    """Return a little-endian TIFF of 8-bit grey whose one strip holds packed bytes."""
    tags = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 277: 1, 278: height}
    start = 8 + 2 + 12 * (len(tags) + 2) + 4
    tags |= {273: start, 279: len(packed)}
    rows = b"".join(struct.pack("<HHII", tag, LONG, 1, tags[tag]) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(4) + packed


def _summed(page: "TiffPage", segment: bytes, byteorder: str) -> bytes:
    """Undo a predictor: each value of a row was stored as its difference from the one before."""
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    size = page.bitspersample // 8
    width = page.tilewidth if page.is_tiled else page.imagewidth
    if page.predictor != FLOAT_PREDICTOR:
        kind = np.dtype(f"{byteorder}u{size}")
        differences = np.frombuffer(segment, kind).reshape(-1, width, samples)
        return differences.cumsum(axis=1, dtype=kind).astype(kind).tobytes()
    # Floats differ byte by byte, in planes of equal significance, the most significant first.
    differences = np.frombuffer(segment, np.uint8).reshape(-1, size * width, samples)
    planes = differences.cumsum(axis=1, dtype=np.uint8).reshape(-1, size, width * samples)
    values = planes.transpose(0, 2, 1)
    return (values if byteorder == ">" else values[..., ::-1]).tobytes()
