"""Pictures with more than 8 bits are shown by their own range, and it is said."""

import io
import logging
import struct

import numpy as np
import pytest
from PIL import Image

from esam_core import InvalidSettings, Prompt, asset, load_rgb, load_segmenter
from esam_core.images import load_photo
from tests.support.pictures import chunk, pillow, png, raw_png, tiff

PHOTO = load_rgb(asset("photos", "000000286994.jpg"))  # its percentiles are 18 and 241
SHARE = PHOTO / 255
GREY = PHOTO[..., :1].repeat(3, axis=2)

SAME = {
    "8 in 16 bits": PHOTO.astype(np.uint16),
    "16 bits": PHOTO.astype(np.uint16) * 257,
    "10 bits": (SHARE * 1023).round().astype(np.uint16),
    "12 bits": (SHARE * 4095).round().astype(np.int16),
    "14 bits": (SHARE * 16383).round().astype(np.int64),
    "unit": SHARE.astype(np.float32),
    "half": SHARE.astype(np.float16),
    "0 to 255": PHOTO.astype(np.float64),
    "reflectance": (SHARE * 10_000).astype(np.float32),
    "heights": (300 + SHARE * 1000).astype(np.float32),
    "depths": (SHARE * 100_000 - 50_000).round().astype(np.int32),
    "wide": (SHARE * 4e9).astype(np.uint32),
}


@pytest.mark.parametrize("name", SAME)
def test_a_deep_photo_looks_as_it_does_with_8_bits(name):
    read = load_photo(SAME[name])
    assert np.abs(read.image.astype(int) - PHOTO).max() <= 1
    assert len(read.notes) == 1
    assert "values" in read.notes[0]


@pytest.mark.parametrize("kind", ["png", "tiff", "array", "pil"])
@pytest.mark.parametrize("grey", [False, True])
def test_files_and_pictures_keep_all_their_bits(kind, grey):
    steps = (300 + SHARE * 1000).round().astype(np.uint16)
    steps = steps[..., 0] if grey else steps
    source = {
        "png": lambda: png(steps),
        "tiff": lambda: tiff(steps, photometric="minisblack" if grey else "rgb"),
        "array": lambda: steps,
        "pil": lambda: Image.open(io.BytesIO(png(steps))),
    }[kind]()
    read = load_photo(source)
    assert np.abs(read.image.astype(int) - (GREY if grey else PHOTO)).max() <= 3
    assert "the scale “full” would show 0 to" in read.notes[0]
    assert "16-bit values" in read.notes[0]


def test_the_masks_of_a_deep_photo_are_those_of_the_8_bit_one():
    segmenter = load_segmenter("mini")
    prompts = [Prompt.point(320, 240), Prompt.point(200, 300), Prompt.point(450, 200)]

    def masks(image):
        embedding = segmenter.embed(image)
        return [segmenter.predict(embedding, prompt).data[0] for prompt in prompts]

    expected = masks(PHOTO)
    for name in ("12 bits", "heights", "reflectance"):
        for mask, other in zip(masks(load_rgb(png_or_array(SAME[name]))), expected, strict=True):
            assert (mask & other).sum() / (mask | other).sum() >= 0.95


def png_or_array(image):
    return png(image.astype(np.uint16)) if image.dtype.kind == "i" else image


def test_a_few_values_far_outside_do_not_count():
    image = (300 + SHARE * 1000).round().astype(np.uint16)
    image[5, 5:15] = 65535
    read = load_photo(image)
    assert "0.1 % to 99.9 % of" in read.notes[0]
    assert "to 65535" in read.notes[0]
    assert read.image[5, 7].tolist() == [255] * 3
    assert read.image[50:].max() > 240
    assert read.image[50:].min() < 15


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf, 1e38, -3.4e38, -9999.0, -32768.0])
def test_missing_values_are_left_out_and_shown_as_the_lowest(missing):
    image = (300 + SHARE * 1000).astype(np.float32)
    image[:100] = missing
    read = load_photo(image)
    assert (read.image[:100] == 0).all()
    assert np.abs(read.image[100:].astype(int) - PHOTO[100:]).max() <= 3
    assert "missing" in read.notes[0]


def test_masked_arrays_hide_what_is_missing():
    image = np.ma.masked_array((300 + SHARE * 1000).astype(np.int32), False)
    image[:100] = 9999
    image[:100] = np.ma.masked
    read = load_photo(image)
    assert (read.image[:100] == 0).all()
    assert np.abs(read.image[100:].astype(int) - PHOTO[100:]).max() <= 3


def test_the_fixed_scale_can_be_had():
    image = (SHARE * 4095).round().astype(np.uint16)
    for source in (image, png(image), tiff(image, photometric="rgb")):
        read = load_photo(source, scale="full")
        assert read.image.max() == 16
        assert "fixed scale of 0 to 65535" in read.notes[0]
        assert np.array_equal(load_rgb(source, scale="full"), read.image)
    assert np.abs(load_rgb(SHARE / 2, scale="full") - PHOTO / 2).max() <= 1
    assert np.abs(load_rgb(SHARE * 100, scale="full") - SHARE * 100).max() <= 1
    with pytest.raises(InvalidSettings, match="'own'"):
        load_rgb(image, scale="own")


def test_pixels_alone_come_with_a_log(caplog):
    with caplog.at_level(logging.INFO, "esam_core.images"):
        load_rgb(SAME["heights"])
        load_rgb(SAME["12 bits"])
        load_rgb(PHOTO)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "300 to 1300" in caplog.records[0].getMessage()


def test_8_bits_are_as_ever_and_nothing_is_said():
    dull = (PHOTO // 4 + 60).astype(np.uint8)
    for source in (dull, png(dull), tiff(dull, photometric="rgb"), Image.fromarray(dull)):
        read = load_photo(source)
        assert np.array_equal(read.image, dull)
        assert read.notes == ()


@pytest.mark.parametrize("opaque", [255, 4095, 65535])
def test_alpha_has_its_own_scale(opaque):
    image = (SHARE * min(opaque, 4095)).round().astype(np.uint16)
    alpha = np.full((*image.shape[:2], 1), opaque, np.uint16)
    alpha[:50] = 0
    read = load_photo(np.concatenate([image, alpha], axis=2)).image
    assert (read[:50] == 255).all()
    assert np.abs(read[50:].astype(int) - PHOTO[50:]).max() <= 2


RAMP = (np.arange(23 * 17 * 4) * 41 % 65536).astype(np.uint16).reshape(23, 17, 4)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_16_bits_is_read_to_the_last_bit(channels, interlaced):
    image = 1000 + RAMP[..., :channels] % 50  # low bytes only: the high ones are all alike
    if channels in (2, 4):
        image[..., -1] = 65535
    extra = chunk(b"gAMA", struct.pack(">I", 100_000)) + chunk(b"pHYs", bytes(9))
    shown = load_rgb(raw_png(image, extra, interlaced=interlaced))
    colours = image[..., : 1 if channels < 3 else 3].astype(float)
    expected = (colours - colours.min()) * 255 / np.ptp(colours)
    assert np.abs(shown - expected).max() <= 0.5


@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_colour_of_a_png_of_16_bits_is_white(channels):
    image = RAMP[..., :channels].copy()
    image[:4] = image[0, 0]
    key = b"".join(struct.pack(">H", each) for each in np.resize(image[0, 0], channels))
    shown = load_rgb(raw_png(image, chunk(b"tRNS", key)))
    assert (shown[:4] == 255).all()
    assert (shown[4:] < 255).any(axis=2).mean() > 0.9


def test_ppm_of_16_bits():
    values = RAMP[..., :3] % 4096
    for body in (
        b"P6 17 23 65535\n" + values.astype(">u2").tobytes(),
        b"P3 17 23 65535\n" + " ".join(map(str, values.ravel())).encode(),
    ):
        shown = load_rgb(body)
        assert np.abs(shown - values * (255 / 4095)).max() <= 0.5


def test_a_jpeg_2000_says_that_its_whole_scale_is_shown():
    data = bytearray(pillow(Image.fromarray(PHOTO[:20, :30]), "JPEG2000"))
    assert load_photo(bytes(data)).notes == ()
    depths = data.find(b"\xff\x4f\xff\x51") + 42
    for channel in range(3):
        data[depths + 3 * channel] = 16 - 1
    assert "JPEG 2000 with 16 bits" in load_photo(bytes(data)).notes[0]


def test_orientation_of_deep_pictures():
    stored = RAMP[..., :3]
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        small = Image.fromarray((stored // 257).astype(np.uint8))
        buffer = io.BytesIO()
        small.save(buffer, "PNG", exif=exif)
        deep = raw_png(stored, chunk(b"eXIf", exif.tobytes()[6:]))
        expected = load_rgb(buffer.getvalue())
        assert np.abs(load_rgb(deep, scale="full").astype(int) - expected).max() <= 1
        turned = tiff(stored, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
        assert np.abs(load_rgb(turned, scale="full").astype(int) - expected).max() <= 1


def test_a_picture_that_was_opened_can_still_be_used():
    opened = Image.open(io.BytesIO(png(SAME["16 bits"])))
    load_rgb(opened)
    assert np.array_equal(np.asarray(opened), PHOTO)
