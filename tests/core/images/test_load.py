"""Photos are loaded upright and as RGB; bad ones are refused before they are decoded."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from esam_core import InvalidImage, asset, load_rgb
from esam_core.images import MAX_PIXELS, check_rgb, image_digest

RAMP = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)


def encoded(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_every_source_gives_the_same_pixels(tmp_path):
    png = encoded(Image.fromarray(RAMP))
    path = tmp_path / "ramp.png"
    path.write_bytes(png)
    for source in (path, str(path), png, io.BytesIO(png), Image.open(path), RAMP, bytearray(png)):
        loaded = load_rgb(source)
        assert loaded.dtype == np.uint8
        assert np.array_equal(loaded, RAMP)
        assert loaded.flags.writeable


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(RAMP)
    loaded = load_rgb(encoded(stored, "PNG", exif=exif))
    turned = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # PIL's Transpose that undoes each
    expected = stored if orientation == 1 else stored.transpose(turned[orientation])
    assert np.array_equal(loaded, np.asarray(expected))


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("LA", (100, 0), (255, 255, 255)),
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 25700, (100, 100, 100)),
        ("I", 25700, (100, 100, 100)),
        ("F", 0.5, (128, 128, 128)),
        ("CMYK", (0, 0, 0, 255), (0, 0, 0)),
        ("HSV", (0, 0, 255), (255, 255, 255)),
    ],
)
def test_modes_become_rgb(mode, value, expected):
    loaded = load_rgb(Image.new(mode, (5, 4), value))
    assert loaded.shape == (4, 5, 3)
    assert np.abs(loaded.astype(int) - expected).max() <= 1


def test_palette_with_transparency_lies_over_white():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert np.array_equal(load_rgb(encoded(image))[0, 0], [255, 0, 0])
    assert np.array_equal(load_rgb(encoded(image, transparency=0))[0, 0], [255, 255, 255])


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((3, 4), 7, np.uint8), 7),
        (np.full((3, 4, 1), 7, np.uint8), 7),
        (np.full((3, 4, 3), 0.5), 128),
        (np.ones((3, 4), bool), 255),
        (np.full((3, 4, 3), 257 * 9, np.uint16), 9),
        (np.full((3, 4, 3), 200.0), 200),
        (np.full((3, 4, 3), np.nan), 0),
        (np.zeros((3, 4, 3), np.int64), 0),
        (np.dstack([np.full((3, 4), 50, np.uint8), np.full((3, 4), 255, np.uint8)]), 50),
        (np.dstack([np.full((3, 4, 3), 50, np.uint8), np.full((3, 4), 255, np.uint8)]), 50),
    ],
)
def test_arrays_become_rgb(array, expected):
    loaded = load_rgb(array)
    assert loaded.shape == (3, 4, 3)
    assert (loaded == expected).all()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((30, 4, 5), np.uint8), r"array\[..., :3\]"),
        (np.zeros((3, 40, 50), np.uint8), r"transpose\(1, 2, 0\)"),
        (np.zeros((3, 4, 5, 3), np.uint8), "shape"),
        (np.zeros(5, np.uint8), "shape"),
        (np.zeros((0, 4, 3), np.uint8), "nothing in it"),
        (np.zeros((2, 2, 3), complex), "complex"),
        (np.array([["a"]]), "no photo"),
        (np.array([[None]]), "object"),
    ],
)
def test_other_arrays_are_refused(array, message):
    with pytest.raises(InvalidImage, match=message):
        load_rgb(array)


def png_header(width, height):
    """The first bytes of a PNG of this size, without any pixel."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + body + b"\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"


@pytest.mark.parametrize("size", [(7072, 7072), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_before_decoding(size):
    assert size[0] * size[1] > MAX_PIXELS
    with pytest.raises(InvalidImage, match="50 megapixels|cannot be decoded"):
        load_rgb(png_header(*size))


def test_too_many_pixels_are_refused_in_other_sources():
    with pytest.raises(InvalidImage, match="50 megapixels"):
        load_rgb(np.broadcast_to(np.uint8(0), (10_000, 10_000, 3)))
    with pytest.raises(InvalidImage, match="50 megapixels"):
        load_rgb(Image.new("1", (10_000, 10_000)))


PHOTO = asset("photos", "000000000285.jpg").read_bytes()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a picture"),
        (b"hello", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?><svg width='5'></svg>", "SVG"),
        (b"%PDF-1.7 ...", "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (PHOTO[: len(PHOTO) // 2], "damaged or cut off"),
        (PHOTO[:400], "not a picture|damaged"),
        (png_header(50, 50), "damaged or cut off"),
        (encoded(Image.fromarray(RAMP))[:-30], "damaged or cut off"),
        (b"GIF89a" + bytes(20), "not a picture|damaged|nothing in it"),
        (b"BM" + bytes(60), "not a picture|damaged|nothing in it"),
        (b"II*\x00" + bytes(40), "not a picture|damaged"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20), "not a picture|damaged"),
    ],
)
def test_files_that_are_no_photo_are_refused_with_a_reason(tmp_path, data, message):
    path = tmp_path / "upload.png"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(InvalidImage, match=message):
            load_rgb(source)


def test_paths_that_hold_no_photo(tmp_path):
    with pytest.raises(InvalidImage, match="does not exist"):
        load_rgb(tmp_path / "none.jpg")
    with pytest.raises(InvalidImage, match="is a folder"):
        load_rgb(tmp_path)
    with pytest.raises(InvalidImage, match="NoneType"):
        load_rgb(None)


def test_random_damage_never_raises_anything_else():
    rng = np.random.default_rng(0)
    sources = [
        PHOTO[:20_000],
        encoded(Image.fromarray(RAMP)),
        encoded(Image.fromarray(RAMP), "GIF"),
    ]
    sources += [encoded(Image.fromarray(RAMP), kind) for kind in ("TIFF", "BMP", "WEBP")]
    for source in sources:
        for _ in range(25):
            data = bytearray(source)
            for position in rng.integers(0, len(data), 8):
                data[position] = rng.integers(256)
            try:
                assert load_rgb(bytes(data)).shape[2] == 3
            except InvalidImage as error:
                assert len(str(error)) > 20


def test_max_side_shrinks_and_keeps_the_aspect():
    image = Image.fromarray(np.zeros((300, 600, 3), np.uint8))
    for source in (np.asarray(image), encoded(image, "JPEG"), image):
        assert load_rgb(source, max_side=100).shape == (50, 100, 3)
    assert load_rgb(image, max_side=1000).shape == (300, 600, 3)


def test_a_given_picture_is_left_as_it_was():
    jpeg = Image.open(io.BytesIO(encoded(Image.new("RGB", (400, 200), "red"), "JPEG")))
    load_rgb(jpeg, max_side=50)
    assert jpeg.size == (400, 200)


def test_digest_depends_on_pixels_and_shape():
    assert image_digest(RAMP) == image_digest(RAMP.copy())
    assert image_digest(RAMP) != image_digest(RAMP.reshape(8, 6, 3))
    assert image_digest(RAMP) != image_digest(RAMP + np.uint8(1))
    assert image_digest(RAMP) == image_digest(np.asfortranarray(RAMP))


def test_check_rgb_names_the_way_out():
    assert check_rgb(RAMP) is RAMP
    with pytest.raises(InvalidImage, match=r"load_rgb\(path\)"):
        check_rgb(RAMP.astype(np.float32))
    with pytest.raises(InvalidImage, match="str"):
        check_rgb("photo.jpg")
