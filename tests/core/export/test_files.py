"""Exported files describe the masks exactly and read back to them."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from esam_core.errors import InvalidImage
from esam_core.export import (
    export_coco,
    export_cutout_png,
    export_label_colours_png,
    export_label_map_png,
    export_mask_png,
    export_svg,
    load_coco,
    load_cutout_png,
    load_label_map_png,
    load_mask_png,
    load_svg,
)
from esam_core.export.outlines import fill_rings, mask_outlines
from esam_core.masks import Masks
from tests.support.shapes import SHAPES, noise, one_shape

MASK = np.array([[True, False, False], [True, True, False]])
IMAGE = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) + 100


def read(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def some_masks() -> Masks:
    data = np.stack([noise(seed, 20, 30, 0.3 + 0.1 * seed) for seed in range(5)])
    data[3] = False
    data[4] = True
    scores = np.linspace(0.5, 0.9, 5, dtype=np.float32)
    return Masks.from_data(data, scores, scores[::-1])


@one_shape
def test_mask_png_reads_back_to_the_mask(mask):
    assert (load_mask_png(export_mask_png(mask)) == mask).all()


@one_shape
def test_cutout_reads_back_to_pixels_and_mask(mask):
    image = np.random.default_rng(0).integers(0, 256, (*mask.shape, 3)).astype(np.uint8)
    pixels, loaded = load_cutout_png(export_cutout_png(image, mask))
    assert (loaded == mask).all()
    assert (pixels == image * mask[..., None]).all()


@one_shape
def test_outlines_fill_to_the_mask_and_their_parts_are_disjoint(mask):
    outlines = mask_outlines(mask)
    filled = np.zeros(mask.shape, int)
    for outline in outlines:
        filled += fill_rings(list(outline.rings), mask.shape)
    assert (filled == mask).all()


def test_hole_belongs_to_the_region_around_it():
    outlines = mask_outlines(SHAPES["ring in a ring"])
    assert [len(outline.holes) for outline in outlines] == [1, 1]
    assert len(mask_outlines(SHAPES["two holes and an island in one"])[0].holes) == 2


@one_shape
@pytest.mark.parametrize("style", ["rle", "polygons"])
def test_coco_reads_back_to_the_mask(mask, style):
    record = json.loads(json.dumps(export_coco(mask, style=style)))
    assert (load_coco(record).data == mask[None]).all()


@one_shape
def test_svg_reads_back_to_the_mask(mask):
    assert (load_svg(export_svg(mask)).data == mask[None]).all()


@pytest.mark.parametrize("count", [0, 1, 3, 255, 256, 300])
def test_label_map_reads_back_to_masks_that_do_not_overlap(count):
    labels = np.arange(20 * 20).reshape(20, 20) % (count + 1)
    data = labels[None] == np.arange(1, count + 1)[:, None, None]
    content = export_label_map_png(data)
    assert read(content).mode == ("L" if count <= 255 else "I;16")
    loaded = load_label_map_png(content)
    assert loaded.data.shape == data.shape
    assert (loaded.data == data).all()


def test_label_map_gives_shared_pixels_to_the_smaller_mask():
    small = np.zeros((4, 4), bool)
    small[:2] = True
    loaded = load_label_map_png(export_label_map_png(np.stack([small, np.ones((4, 4), bool)])))
    assert (loaded.data == np.stack([small, ~small])).all()


def test_label_map_with_a_palette_still_reads_back():
    picture = Image.fromarray(np.array([[0, 2, 2], [1, 0, 3]], np.uint8), "L")
    picture.putpalette([90, 80, 70] * 256)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    assert read(stream.getvalue()).mode == "P"
    loaded = load_label_map_png(stream.getvalue())
    assert (loaded.data[1] == [[False, True, True], [False, False, False]]).all()
    assert loaded.area.tolist() == [1, 2, 1]


@pytest.mark.parametrize("count", [0, 1, 255, 256, 300])
def test_coloured_twin_has_one_colour_per_number_and_black_outside(count):
    numbers = np.arange(20 * 20).reshape(20, 20) % (count + 1)
    data = numbers[None] == np.arange(1, count + 1)[:, None, None]
    picture = read(export_label_colours_png(data))
    assert picture.mode == "RGB"
    pixels = np.array(picture)
    colours = [tuple(pixels[numbers == number][0].tolist()) for number in range(count + 1)]
    assert (pixels == np.array(colours)[numbers]).all()
    assert colours[0] == (0, 0, 0)
    assert len(set(colours)) == count + 1


def test_coloured_twin_is_stacked_like_the_label_map_and_its_colours_do_not_depend_on_the_rest():
    masks = some_masks()
    numbers = np.array(read(export_label_map_png(masks)))
    pixels = np.array(read(export_label_colours_png(masks)))
    few = np.array(read(export_label_colours_png(masks[:2])))
    for number in np.unique(numbers):
        assert len(np.unique(pixels[numbers == number], axis=0)) == 1
    assert (few[masks.data[0] & ~masks.data[1]] == pixels[numbers == 1][0]).all()


def test_more_masks_than_a_label_map_holds_are_refused():
    n = 65536
    masks = Masks(np.zeros((n, 1, 1), bool), np.zeros((n, 4)), np.ones(n), np.ones(n))
    for export in (export_label_map_png, export_label_colours_png):
        with pytest.raises(InvalidImage, match="65536 masks"):
            export(masks)


def test_label_map_keeps_empty_masks():
    data = np.stack([MASK, np.zeros_like(MASK), ~MASK, np.zeros_like(MASK)])
    assert (load_label_map_png(export_label_map_png(data)).data == data).all()


def test_many_masks_in_one_svg_keep_order_and_names():
    masks = some_masks()
    text = export_svg(masks, names=['<a & "b">', *"bcde"])
    assert (load_svg(text).data == masks.data).all()
    assert "&lt;a &amp;" in text


def test_no_mask_at_all_reads_back_as_none():
    none = Masks.empty((3, 4))
    for loaded in (
        load_coco(export_coco(none)),
        load_svg(export_svg(none)),
        load_label_map_png(export_label_map_png(none)),
    ):
        assert loaded.data.shape == (0, 3, 4)


def test_mask_png_is_grey_with_two_values():
    picture = read(export_mask_png(MASK))
    assert picture.mode == "L"
    assert (np.array(picture) == MASK * 255).all()


def test_cutout_keeps_the_inside_and_forgets_the_outside():
    picture = read(export_cutout_png(IMAGE, MASK))
    assert picture.mode == "RGBA"
    cutout = np.array(picture)
    assert (cutout[MASK][:, :3] == IMAGE[MASK]).all()
    assert not cutout[~MASK].any()


@pytest.mark.parametrize("mask", [MASK[None], MASK.astype(np.uint8), np.zeros((0, 3), bool)])
def test_what_is_not_one_mask_is_refused(mask):
    with pytest.raises(InvalidImage, match="height, width"):
        export_mask_png(mask)


def test_photo_of_another_size_is_refused():
    with pytest.raises(InvalidImage, match="same height and width"):
        export_cutout_png(IMAGE[:1], MASK)


@pytest.mark.parametrize(
    "call",
    [
        lambda: load_mask_png(b"no picture"),
        lambda: load_cutout_png(export_mask_png(MASK)),
        lambda: load_label_map_png(export_cutout_png(IMAGE, MASK)),
        lambda: load_label_map_png(export_label_colours_png(MASK)),
        lambda: load_coco("{}"),
        lambda: load_coco("{broken"),
        lambda: load_coco("nowhere.json"),
        lambda: load_svg("<svg"),
        lambda: load_svg('<svg viewBox="0 0 3 3"><path data-number="0" d="M0 0L1 1"/></svg>'),
    ],
)
def test_foreign_files_are_refused_with_a_reason(call):
    with pytest.raises(InvalidImage):
        call()
