"""Exported files describe the masks exactly and read back to them."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.export import (
    export_coco,
    export_cutout_png,
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

MASK = np.array([[True, False, False], [True, True, False]])
IMAGE = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) + 100


def drawn(text: str) -> np.ndarray:
    """Draw a small mask: # is inside."""
    return np.array([[c == "#" for c in line] for line in text.split()])


def noise(seed: int, height: int, width: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width)) < share


SHAPES = {
    "empty": np.zeros((3, 4), bool),
    "full": np.ones((3, 4), bool),
    "one pixel": drawn("... .#. ..."),
    "single pixel photo": np.ones((1, 1), bool),
    "corner pixels": drawn("#..# .... #..#"),
    "hole": drawn("##### #...# #...# #####"),
    "hole of one pixel": drawn("### #.# ###"),
    "two holes and an island in one": drawn("######### #...##..# #.#.##..# #...##..# #########"),
    "holes that touch at a corner": drawn("##### #.### ##.## ##### #####"),
    "touching at a corner, falling": drawn("##.. ##.. ..## ..##"),
    "touching at a corner, rising": drawn("..## ..## ##.. ##.."),
    "diagonal": np.eye(6, dtype=bool),
    "chess board": np.indices((7, 8)).sum(0) % 2 == 0,
    "ring in a ring": drawn("####### #.....# #.###.# #.#.#.# #.###.# #.....# #######"),
    "comb": drawn("#.#.#.# #.#.#.# #######"),
    "columns at the border": drawn("#.....# #.....#"),
} | {f"noise {s} {p}": noise(s, 17 + s, 23, p) for s in range(6) for p in (0.1, 0.4, 0.6, 0.9)}
one_shape = pytest.mark.parametrize("mask", SHAPES.values(), ids=SHAPES.keys())


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


@pytest.mark.parametrize("style", ["rle", "polygons"])
def test_pycocotools_reads_our_coco_as_a_data_set(style, tmp_path):
    masks = some_masks()
    path = tmp_path / "masks.json"
    path.write_text(json.dumps(export_coco(masks, style=style, names=list("abaab"))))
    coco = COCO(str(path))
    rows = coco.loadAnns(coco.getAnnIds())
    assert (np.stack([coco.annToMask(row) for row in rows]).astype(bool) == masks.data).all()
    assert [row["area"] for row in rows] == masks.area.tolist()
    assert [c["name"] for c in coco.loadCats(coco.getCatIds())] == ["a", "b"]


def test_coco_keeps_scores_and_order():
    masks = some_masks()
    loaded = load_coco(json.dumps(export_coco(masks)))
    assert (loaded.data == masks.data).all()
    assert (loaded.predicted_iou == masks.predicted_iou).all()
    assert (loaded.stability_score == masks.stability_score).all()


def test_coco_of_several_photos_asks_which_one():
    one, two = (export_coco(MASK, image_id=i) for i in (1, 2))
    both = {key: one[key] + two[key] for key in one}
    assert (load_coco(both, image_id=2).data == MASK).all()
    with pytest.raises(InvalidImage, match="image_id"):
        load_coco(both)


@pytest.mark.parametrize("count", [0, 1, 3, 255, 256, 300])
def test_label_map_reads_back_to_masks_that_do_not_overlap(count):
    labels = np.arange(20 * 20).reshape(20, 20) % (count + 1)
    data = labels[None] == np.arange(1, count + 1)[:, None, None]
    content = export_label_map_png(data)
    assert read(content).mode == ("P" if count <= 255 else "I;16")
    loaded = load_label_map_png(content)
    assert loaded.data.shape == data.shape
    assert (loaded.data == data).all()


def test_label_map_gives_shared_pixels_to_the_smaller_mask():
    small = np.zeros((4, 4), bool)
    small[:2] = True
    loaded = load_label_map_png(export_label_map_png(np.stack([small, np.ones((4, 4), bool)])))
    assert (loaded.data == np.stack([small, ~small])).all()


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


@pytest.mark.parametrize("options", [{"style": "bitmap"}, {"names": ["a", "b"]}])
def test_settings_that_do_not_fit_are_refused(options):
    with pytest.raises(InvalidSettings):
        export_coco(MASK, **options)
