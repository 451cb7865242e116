"""Masks drawn as shapes cover the pixels that they have, and nothing else."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from esam_core.errors import InvalidImage
from esam_core.geometry import mask_iou
from esam_core.visualize.axes import show_image, show_masks, show_points
from esam_core.visualize.style import paper_style

HEIGHT, WIDTH = 60, 80


def rings() -> np.ndarray:
    """A mask at all borders, with holes, an island in a hole, a line and lone pixels."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(x - 40, y - 30)
    mask = ((away < 28) & (away > 20)) | (away < 9)
    mask[:12, :15] = mask[-9:, -20:] = mask[5:50, 2] = True
    mask[30, 40] = False
    mask[0, -1] = mask[-1, 0] = mask[3, 60] = True
    return mask


def drawn(mask: np.ndarray, scale: int = 5) -> np.ndarray:
    """Draw a mask in opaque red on white, and return the pixels whose centres are red."""
    height, width = mask.shape
    with paper_style():
        figure = Figure(figsize=(width / 10, height / 10), dpi=10 * scale)
        canvas = FigureCanvasAgg(figure)
        ax = figure.add_axes((0, 0, 1, 1))
        show_image(ax, np.full((height, width, 3), 255, np.uint8))
        show_masks(ax, mask, colours=[(255, 0, 0)], opacity=1, outline=False)
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    return pixels[scale // 2 :: scale, scale // 2 :: scale, 1] < 128


@pytest.mark.parametrize(
    "mask",
    [rings(), np.ones((HEIGHT, WIDTH), bool), np.zeros((HEIGHT, WIDTH), bool), ~rings()],
    ids=["rings", "full", "empty", "inverse"],
)
def test_the_fill_covers_the_masks_pixels_holes_and_islands_included(mask):
    found = drawn(mask)
    if mask.any():
        assert mask_iou(found[None], mask[None])[0, 0] >= 0.99
    else:
        assert not found.any()


def test_one_pixel_is_seen():
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[17, 23] = True
    assert np.argwhere(drawn(mask)).tolist() == [[17, 23]]


def test_masks_do_not_move_the_view_of_axes_that_a_caller_made():
    ax = Figure().add_subplot()
    ax.imshow(np.zeros((HEIGHT, WIDTH, 3), np.uint8), extent=(0, WIDTH, HEIGHT, 0))
    before = ax.get_xlim(), ax.get_ylim()
    show_masks(ax, np.ones((HEIGHT, WIDTH), bool))
    show_points(ax, [(1, 1), (WIDTH - 1, HEIGHT - 1)])
    assert (ax.get_xlim(), ax.get_ylim()) == before


def test_no_points_are_drawn_and_labels_that_do_not_fit_are_refused():
    ax = Figure().add_subplot()
    assert len(show_points(ax, []).get_offsets()) == 0
    with pytest.raises(InvalidImage, match="2 labels for 1 points"):
        show_points(ax, [(1, 2)], [1, 0])
