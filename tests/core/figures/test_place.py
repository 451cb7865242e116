"""A figure looks the same whatever style is active, fits where it is put, and leaks nothing."""

import io
import threading

import matplotlib
import numpy as np
import pytest
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from esam_core.benchmark.table1 import ThroughputRow
from esam_core.benchmark.timing import Timing
from esam_core.figures.drawing import draw_page
from esam_core.figures.efficiency import table1_efficiency
from esam_core.figures.layout import Panel, arrange, text_width, wrap
from esam_core.visualize.axes import show_masks
from esam_core.visualize.style import paper_style

PHOTO = np.full((60, 80, 3), 120, np.uint8)


def panels(count: int, **texts: str) -> list[Panel]:
    return [Panel(PHOTO, lambda ax: show_masks(ax, PHOTO[..., 0] > 0), **texts)] * count


def page(count: int = 2, caption: str = "What it shows. " * 12, **how):
    return draw_page("page", [panels(count, title="a title", note="a note")], caption, **how)


def table():
    row = ThroughputRow("efficient_sam_ti", "Ti", "random", "cpu", "fp32", 10, Timing((0.5,)))
    return table1_efficiency([row])


def png(figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=60)
    return stream.getvalue()


@pytest.mark.parametrize("draw", [page, table])
def test_the_callers_style_changes_no_page_and_is_kept(draw):
    plain, shown = png(draw()), draw()._repr_jpeg_()
    theirs = {"text.usetex": True, "savefig.bbox": "tight", "figure.constrained_layout.use": True}
    with style.context(["dark_background", "seaborn-v0_8", theirs]):
        before = dict(matplotlib.rcParams)
        figure = draw()
        assert png(figure) == plain and figure._repr_jpeg_() == shown
        assert dict(matplotlib.rcParams) == before


def test_threads_that_draw_at_once_leave_the_style_as_it_was():
    before = dict(matplotlib.rcParams)
    inside, go = threading.Event(), threading.Event()

    def first():
        with paper_style():
            inside.set()
            go.wait(10)

    def second():
        with paper_style():
            pass

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert inside.wait(10)
    two.start()
    two.join(0.2)  # it waits, and does not take the first one's style for the caller's
    go.set()
    one.join(10)
    two.join(10)
    assert dict(matplotlib.rcParams) == before


def within(outer, inner, slack: float = 1.0) -> bool:
    return bool(
        outer.x0 - slack <= inner.x0
        and inner.x1 <= outer.x1 + slack
        and outer.y0 - slack <= inner.y0
        and inner.y1 <= outer.y1 + slack
    )


@pytest.mark.parametrize("layout", [None, "constrained", "tight", "compressed"])
def test_pages_fit_into_the_axes_of_a_grid_whatever_lays_it_out(layout):
    mine = Figure(figsize=(8, 6), layout=layout)
    FigureCanvasAgg(mine)
    grid = mine.subplots(2, 2)
    grid[1, 1].plot([0, 1])
    grid[1, 1].set(xlabel="mine", ylabel="mine", title="mine")
    for ax in grid.flat[:3]:
        page(into=ax)
    for _ in range(2):
        mine.canvas.draw()
    for ax in grid.flat[:3]:
        parts = [*ax.child_axes, *ax.texts]
        assert len(parts) == 3
        assert all(within(ax.bbox, part.get_tightbbox()) for part in parts)
    assert not grid[1, 1].child_axes


@pytest.mark.parametrize("what", ["axes", "subfigure", "figure"])
def test_a_tight_box_keeps_all_of_a_page(what):
    mine = Figure(figsize=(7, 5))
    FigureCanvasAgg(mine)
    part = {"axes": mine.add_subplot, "subfigure": mine.subfigures, "figure": lambda: mine}[what]()
    page(into=part)
    mine.canvas.draw()
    artists = [*(part.child_axes if what == "axes" else part.axes), *part.texts]
    kept = mine.get_tightbbox().transformed(mine.dpi_scale_trans)
    assert len(artists) == 3 and all(within(kept, each.get_tightbbox()) for each in artists)


def test_words_on_a_dark_figure_are_light():
    for colour, light in (("black", True), ("white", False)):
        mine = Figure(facecolor=colour)
        part = mine.subfigures(1, 2)[0]
        for into in (mine, part, part.add_subplot()):
            page(into=into)
            assert (sum(to_rgb(into.texts[-1].get_color())) > 1.5) == light
    page_itself = page(into=mine)
    assert sum(to_rgb(page_itself.texts[-1].get_color())) < 1.5


def test_a_dollar_is_a_dollar():
    texts = {"title": r"$5 or $\foo$", "note": "a$b$c"}
    figure = draw_page("page", [panels(1, **texts)], r"from $x^$.json")
    stream = io.StringIO()
    figure.savefig(stream, format="svg")
    assert r"$5 or $\foo$" in stream.getvalue() and "from $x^$.json" in stream.getvalue()


def test_every_line_fits_also_of_a_word_that_is_longer():
    text = f"a {'x' * 200} word, EfficientSAM-Ti-of-somebody " + "W" * 40
    for width in (0.05, 0.4, 1.0, 3.0):
        lines = wrap(text, 8, width).split("\n")
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(len(line) == 1 or text_width(line, 8) <= width for line in lines)
    assert wrap("EfficientSAM-Ti", 8, 0.8).split("\n") == ["EfficientSAM-", "Ti"]


@pytest.mark.parametrize("count", [7, 13])
def test_more_panels_than_fit_get_further_lines_and_nothing_overlaps(count):
    figure = draw_page(
        "page", [panels(count, title="SAM ViT-H, CLIP ViT-L/14", note="x" * 60)], "c"
    )
    figure.canvas.draw()
    boxes = [ax.get_tightbbox() for ax in figure.axes]
    assert len(boxes) == count and all(within(figure.bbox, box) for box in boxes)
    for i, one in enumerate(boxes):
        assert not any(one.padded(-1).overlaps(other.padded(-1)) for other in boxes[:i])


def test_a_narrow_place_has_fewer_panels_side_by_side():
    examples = [panels(2), panels(2)]
    for width, tops in ((7.0, 1), (2.0, 2)):
        assert len({place.top for place in arrange(examples, "", width=width).places}) == tops
