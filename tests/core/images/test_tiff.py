"""TIFFs of many kinds are read, or refused with what they are and what to do."""

import io

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from esam_core import InvalidImage, asset, load_rgb
from esam_core.images import MAX_PIXELS, load_photo
from tests.support.pictures import lzw, pillow, tiff

PHOTO = load_rgb(asset("photos", "000000000285.jpg"))[:200, :180]
DEEP = PHOTO.astype(np.uint16) * 257
FLOAT = (PHOTO / 255).astype(np.float32)
SIX = np.concatenate([DEEP, DEEP[..., ::-1]], axis=2)
OPAQUE = np.full((*PHOTO.shape[:2], 1), 65535, np.uint16)
GREY = PHOTO[..., :1].repeat(3, axis=2)
PREDICTOR = 317


def planes(image):
    return np.moveaxis(image, 2, 0)


COLOURS = {
    "float": tiff(FLOAT, photometric="rgb"),
    "double": tiff(FLOAT.astype(np.float64), photometric="rgb"),
    "big": tiff(DEEP, photometric="rgb", bigtiff=True),
    "big endian": tiff(DEEP, photometric="rgb", byteorder=">"),
    "tiled": tiff(DEEP, photometric="rgb", tile=(64, 48), compression="zlib"),
    "planar": tiff(planes(DEEP), photometric="rgb", planarconfig="separate"),
    "6 bands": tiff(SIX, photometric="rgb", planarconfig="contig"),
    "6 planes": tiff(planes(SIX), photometric="minisblack", planarconfig="separate"),
    "5 planes": tiff(planes(SIX[..., :5] // 257).astype(np.uint8), photometric="minisblack",
                     planarconfig="separate"),
    "near infrared": tiff(np.dstack([DEEP, OPAQUE // 9]), photometric="rgb", extrasamples=[0]),
    "alpha": tiff(np.dstack([DEEP, OPAQUE]), photometric="rgb", extrasamples=[2]),
    "multiplied": tiff(np.dstack([DEEP, OPAQUE]), photometric="rgb", extrasamples=[1]),
    "inks": tiff(np.dstack([65535 - DEEP, 0 * OPAQUE]), photometric="separated",
                 planarconfig="contig"),
    "lzw": lzw(DEEP),
    "lzw differences": lzw(DEEP, PREDICTOR, 2),
    "lzw float": lzw(FLOAT, PREDICTOR, 3),
    "lzw double": lzw(FLOAT.astype(np.float64), PREDICTOR, 3),
    "deflate float": cv2.imencode(".tif", FLOAT[..., ::-1].copy(), [
        cv2.IMWRITE_TIFF_COMPRESSION, 8, PREDICTOR, 3])[1].tobytes(),
}  # fmt: skip


@pytest.mark.parametrize("name", COLOURS)
def test_colours(name):
    assert np.abs(load_rgb(COLOURS[name]).astype(int) - PHOTO).max() <= 1


@pytest.mark.parametrize(
    "data",
    [
        tiff(FLOAT[..., 0].astype(np.float64)),
        tiff(65535 - DEEP[..., 0], photometric="miniswhite"),
        tiff(DEEP[..., :2], photometric="minisblack", planarconfig="contig"),
        tiff(planes(FLOAT[..., :2]), photometric="minisblack", planarconfig="separate"),
        tiff(np.dstack([DEEP[..., :1], OPAQUE]), photometric="minisblack", planarconfig="contig",
             extrasamples=[2]),
        tiff(DEEP[..., 0].astype(np.int32) * 1000 - 77),
        pillow(Image.fromarray(FLOAT[..., 0]), "TIFF", compression="tiff_lzw",
               tiffinfo={PREDICTOR: 3}),
    ],
)  # fmt: skip
def test_grey(data):
    assert np.abs(load_rgb(data).astype(int) - GREY).max() <= 1


def test_what_is_left_out_is_said():
    assert "6 bands; the first three" in load_photo(COLOURS["6 bands"]).notes[0]
    assert "4 bands; the first three" in load_photo(COLOURS["near infrared"]).notes[0]
    two = tiff(PHOTO[..., :2], photometric="minisblack", planarconfig="contig")
    assert "2 bands; the first is shown as grey" in load_photo(two).notes[0]
    for pages in (np.stack([PHOTO] * 3), np.stack([DEEP] * 3)):
        read = load_photo(tiff(pages, photometric="rgb"))
        assert "3 pages; the first" in read.notes[0]
        assert np.array_equal(read.image, PHOTO)
    assert len(load_photo(COLOURS["alpha"]).notes) == 1


def test_overviews_are_no_pages(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(PHOTO, photometric="rgb")
        writer.write(PHOTO[::2, ::2], photometric="rgb", subfiletype=1)
    assert load_photo(tmp_path / "a.tif").notes == ()


def test_alpha_lies_over_white():
    alpha = OPAQUE.copy()
    alpha[:20] = 0
    for kind in (1, 2):
        colours = np.where(alpha == 0, 0, DEEP)
        image = np.dstack([colours, alpha]).astype(np.uint16)
        shown = load_rgb(tiff(image, photometric="rgb", extrasamples=[kind]))
        assert (shown[:20] == 255).all()
        assert np.abs(shown[20:].astype(int) - PHOTO[20:]).max() <= 1


@pytest.mark.parametrize("nodata", [-9999, 0, 12345])
def test_the_tag_of_missing_values_is_honoured(nodata):
    heights = (300 + FLOAT[..., 0] * 1000).astype(np.int16)
    heights[:50] = nodata
    data = tiff(heights, extratags=[(42113, 2, 0, f"{nodata} ", True)])
    read = load_photo(data)
    assert (read.image[:50] == 0).all()
    assert np.abs(read.image[50:].astype(int) - GREY[50:]).max() <= 3
    assert "25.00% of the values are missing" in read.notes[-1]


def test_another_page_that_was_chosen(tmp_path):
    path = tmp_path / "pages.tif"
    path.write_bytes(tiff(np.stack([DEEP, DEEP[::-1]]), photometric="rgb"))
    with Image.open(path) as image:
        image.seek(1)
        assert np.array_equal(load_rgb(image), PHOTO[::-1])


def packed(compression):
    """A TIFF of three bands whose tag names a compression that is not there."""
    data = bytearray(tiff(DEEP, photometric="rgb"))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        offset = file.pages[0].tags[259].valueoffset
    data[offset : offset + 2] = compression.to_bytes(2, "little")
    return bytes(data)


def raw(*tags):
    """A small picture with tags, whose large one stands in a directory below it."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        small = PHOTO[:40, :50]
        writer.write(small, photometric="rgb", subfiletype=1, subifds=1, extratags=list(tags))
        writer.write(DEEP[..., 0])
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (packed(34887), "3 bands of 16-bit values, LERC.*pip install imagecodecs"),
        (packed(34712), "pip install imagecodecs"),
        (COLOURS["float"][:90_000], "3 bands of 32-bit float.*cut off"),
        (COLOURS["lzw"][:-2000], "cut off|damaged"),
        (tiff(FLOAT[..., 0].astype(np.complex64)), "complex64"),
        (raw((50706, 1, 4, (1, 4, 0, 0), True)), "raw file .DNG.*Develop"),
        (raw((271, 2, 0, "NIKON CORPORATION", True)), "raw file .NEF"),
        (raw((271, 2, 0, "SONY", True)), "raw file .ARW"),
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(60), "TIFF"),
    ],
)
def test_refusals_say_what_the_file_is_and_what_to_do(data, message):
    with pytest.raises(InvalidImage, match=f"^'survey 7.tif'.*(?:{message})"):
        load_photo(data, name="survey 7.tif")


def test_too_large_ones_are_refused_before_they_are_decoded():
    side = int(MAX_PIXELS**0.5) + 10
    data = bytearray(tiff(np.zeros((8, 8, 3), np.float32), photometric="rgb"))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        for tag in (256, 257):
            offset = file.pages[0].tags[tag].valueoffset
            data[offset : offset + 2] = side.to_bytes(2, "little")
    with pytest.raises(InvalidImage, match="50 megapixels"):
        load_rgb(bytes(data))


def test_random_damage_never_raises_anything_else():
    rng = np.random.default_rng(0)
    small = tiff(DEEP[:20, :20], photometric="rgb"), lzw(DEEP[:20, :20])
    for source in small:
        for _ in range(60):
            data = bytearray(source)
            for position in rng.integers(0, len(data), 6):
                data[position] = rng.integers(256)
            try:
                assert load_rgb(bytes(data)).shape[2] == 3
            except InvalidImage as error:
                assert len(str(error)) > 20
