"""A polygon means the same under every fill rule, and agrees with area, box and run lengths."""

import re

import cv2
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from esam_core.export import encode_polygons, export_coco, export_svg
from esam_core.export.outlines import mask_outlines
from esam_core.masks import Masks
from tests.support.shapes import SHAPES, drawn, noise


def nested(levels: int) -> np.ndarray:
    """Rings in rings, with an island in the innermost hole: each level is one pixel wide."""
    y, x = np.mgrid[: 4 * levels + 1, : 4 * levels + 3]
    border = np.minimum.reduce([x, y, x.max() - x, y.max() - y])
    return border % 2 == 0


def framed(mask: np.ndarray) -> np.ndarray:
    """A mask inside a frame that touches all borders."""
    return np.pad(np.pad(mask, 1), 1, constant_values=True)


def holed_rectangle() -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    mask[10:50, 10:70] = True
    mask[20:30, 20:40] = False
    return mask


MASKS = (
    SHAPES
    | {f"framed {name}": framed(mask) for name, mask in SHAPES.items()}
    | {f"{levels} levels": nested(levels) for levels in (2, 3, 4)}
    | {f"coarse noise {s}": np.kron(noise(s, 9, 8, 0.6), np.ones((3, 2), bool)) for s in range(8)}
    | {
        "hole below a hole": drawn("##### #.### ##### #.### #####"),
        "holes below one edge": drawn("######### #.#.#.#.# #########"),
        "hole below a notch": drawn("##.## ##### ##.## #####"),
        "hole left of a step": drawn("..### ##### ##.## #####"),
        "cut that ends at a corner": drawn("##... ##### #.### #####"),
        "rectangle with a hole": holed_rectangle(),
    }
)
every = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


def corners(polygon: list[float]) -> np.ndarray:
    return np.reshape(polygon, (-1, 2))


def shoelace(ring: np.ndarray) -> float:
    """Signed area: positive if clockwise on screen, where y points down."""
    x, y = ring.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def windings(rings: list[np.ndarray], image_hw: tuple[int, int]) -> np.ndarray:
    """How often rings run clockwise around each pixel's centre, (h, w) int."""
    found = np.zeros(image_hw, int)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            # All edges are horizontal or vertical: one that goes up has its right side inside.
            assert x0 == x1 or y0 == y1
            found[int(min(y0, y1)) : int(max(y0, y1)), int(x0) :] += np.sign(y0 - y1).astype(int)
    return found


def svg_rings(mask: np.ndarray) -> list[np.ndarray]:
    """Rings of an SVG's paths, as a program that knows path commands reads them."""
    rings = []
    for path in re.findall(r' d="([^"]*)"', export_svg(mask)):
        for x, y, moves in re.findall(r"M(-?\d+),(-?\d+)([^Mz]*)z", path):
            steps = [(int(x), int(y))]
            for axis, step in re.findall(r"([hv])(-?\d+)", moves):
                steps.append((int(step), 0) if axis == "h" else (0, int(step)))
            rings.append(np.cumsum(steps, axis=0))
    return rings


@every
def test_outer_rings_run_clockwise_and_holes_the_other_way(mask):
    for outline in mask_outlines(mask):
        assert shoelace(outline.outer) > 0
        assert all(shoelace(hole) < 0 for hole in outline.holes)


@every
def test_every_pixel_of_the_mask_is_inside_just_once_in_outlines_coco_and_svg(mask):
    """Then the non-zero rule, the even-odd rule and signed areas all give the mask."""
    outlines = [ring for outline in mask_outlines(mask) for ring in outline.rings]
    polygons = [corners(polygon) for polygon in encode_polygons(mask)]
    for rings in (outlines, polygons, svg_rings(mask)):
        assert (windings(rings, mask.shape) == mask).all()
        assert sum(map(shoelace, rings)) == mask.sum()


@every
def test_area_box_run_lengths_and_polygons_of_one_mask_agree(mask):
    (rle,) = export_coco(mask)["annotations"]
    (row,) = export_coco(mask, style="polygons")["annotations"]
    assert (row["area"], row["bbox"]) == (rle["area"], rle["bbox"])
    assert rle["area"] == coco_mask.area(rle["segmentation"]) == mask.sum()
    assert rle["bbox"] == coco_mask.toBbox(rle["segmentation"]).tolist()
    if not mask.any():
        assert row["segmentation"] == rle["segmentation"]
        return
    rings = [corners(polygon) for polygon in row["segmentation"]]
    assert all(shoelace(ring) > 0 for ring in rings)
    assert sum(map(shoelace, rings)) == row["area"]
    low, high = np.concatenate(rings).min(0), np.concatenate(rings).max(0)
    assert row["bbox"] == [*low, *(high - low)]
    whole = coco_mask.merge(coco_mask.frPyObjects(row["segmentation"], *mask.shape))
    assert whole["counts"].decode() == rle["segmentation"]["counts"]


@every
def test_programs_that_draw_the_border_too_draw_nothing_beyond_it(mask):
    """OpenCV fills a polygon with its border, so one more pixel to the right and below; no cut."""
    filled = np.zeros(mask.shape, np.uint8)
    for polygon in encode_polygons(mask):
        cv2.fillPoly(filled, [corners(polygon).astype(np.int32)], 1)
    before = np.pad(mask, ((1, 0), (1, 0)))
    reached = before[1:, 1:] | before[:-1, 1:] | before[1:, :-1] | before[:-1, :-1]
    assert (filled.astype(bool) >= mask).all()
    assert (filled.astype(bool) <= reached).all()


@every
def test_polygons_have_no_needless_corner(mask):
    for polygon in encode_polygons(mask):
        steps = np.roll(corners(polygon), -1, axis=0) - corners(polygon)
        assert ((steps == 0).sum(1) == 1).all()


@every
def test_cuts_run_straight_up_and_no_edge_is_walked_twice(mask):
    def across(ring: np.ndarray) -> float:
        return np.abs(np.roll(ring, -1, axis=0) - ring)[:, 0].sum()

    rings = [ring for outline in mask_outlines(mask) for ring in outline.rings]
    polygons = [corners(polygon) for polygon in encode_polygons(mask)]
    assert sum(map(across, polygons)) == sum(map(across, rings))


def test_island_in_a_hole_is_a_region_of_its_own():
    mask = nested(3)
    outlines = mask_outlines(mask)
    assert len(outlines) == len(encode_polygons(mask)) == 4
    assert sorted(len(outline.holes) for outline in outlines) == [0, 1, 1, 1]
    assert all(shoelace(outline.outer) > 0 for outline in outlines)


def test_rectangle_with_a_hole_has_the_area_of_its_pixels():
    (polygon,) = encode_polygons(holed_rectangle())
    assert shoelace(corners(polygon)) == 40 * 60 - 10 * 20 == 2200


def test_box_and_area_are_those_of_the_mask_even_if_its_boxes_are_not():
    mask = holed_rectangle()
    loose = Masks(mask[None], np.array([[0, 0, 80, 60]], np.float32), np.ones(1), np.ones(1))
    (row,) = export_coco(loose)["annotations"]
    assert (row["bbox"], row["area"]) == ([10, 10, 60, 40], 2200)


@pytest.mark.parametrize("name", ["rectangle with a hole", "3 levels", "coarse noise 1", "hole"])
def test_pycocotools_shows_the_mask_with_its_holes(name, monkeypatch):
    """``showAnns`` draws with matplotlib, which fills by the non-zero rule."""
    mask, zoom = MASKS[name], 12
    height, width = mask.shape
    figure = Figure(figsize=(width * zoom / 72, height * zoom / 72), dpi=72)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(0, width), ylim=(height, 0))
    monkeypatch.setattr("matplotlib.pyplot.gca", lambda: axes)
    COCO().showAnns(export_coco(mask, style="polygons")["annotations"])
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shown = np.asarray(canvas.buffer_rgba())[zoom // 2 :: zoom, zoom // 2 :: zoom, :3]
    assert ((shown < 250).any(-1) == mask).all()
