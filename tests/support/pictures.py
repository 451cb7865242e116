"""Pictures of many depths as files, for the tests of reading them."""

import io
import struct
import zlib

import cv2
import numpy as np
import tifffile
from PIL import Image

PASSES = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)


def png(image: np.ndarray) -> bytes:
    """A PNG of (h, w), (h, w, 3) or (h, w, 4) uint8 or uint16, RGB order."""
    return cv2.imencode(".png", bgr(image))[1].tobytes()


def lzw(image: np.ndarray, *options: int) -> bytes:
    """A TIFF with LZW compression, as OpenCV writes it."""
    return cv2.imencode(".tif", bgr(image), [cv2.IMWRITE_TIFF_COMPRESSION, 5, *options])[
        1
    ].tobytes()


def bgr(image: np.ndarray) -> np.ndarray:
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(image.shape[-1]) if image.ndim == 3 else None
    return np.ascontiguousarray(image if order is None else image[..., order])


def tiff(image: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, image, **options)
    return file.getvalue()


def pillow(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def raw_png(image: np.ndarray, extra: bytes = b"", *, interlaced: bool = False) -> bytes:
    """A PNG of (h, w, 1 to 4) uint16, written by hand, with further chunks and Adam7."""
    height, width, channels = image.shape
    places = PASSES if interlaced else ((0, 0, 1, 1),)
    rows = [
        b"\0" + row.astype(">u2").tobytes()
        for top, left, down, across in places
        for row in image[top::down, left::across]
        if row.size
    ]
    header = struct.pack(
        ">IIBBBBB", width, height, 16, (0, 4, 2, 6)[channels - 1], 0, 0, interlaced
    )
    body = chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + body + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
