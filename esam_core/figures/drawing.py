"""Drawing of arranged pages: on a new figure, and into a figure or axes that a caller gives."""

from collections.abc import Sequence
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes

from esam_core.figures.figure import PaperFigure
from esam_core.figures.layout import (
    CAPTION_PT,
    MARGIN,
    NOTE_PT,
    SPACING,
    TITLE_PT,
    Arrangement,
    Example,
    Place,
    arrange,
    fitted,
)
from esam_core.visualize.axes import STYLE, Container, show_image, size_in_inches

INK, GREY_INK = "#18181c", "#55555d"


def draw_page(
    name: str,
    examples: Sequence[Example],
    caption: str,
    *,
    left_out: Sequence[str] = (),
    columns: int | None = None,
    into: Container | None = None,
) -> PaperFigure:
    """Draw examples with a caption on a new page.

    Args:
        name: Stem of the figure's file names.
        examples: Panels of each example.
        caption: Text below.
        left_out: What the figure should show and does not.
        columns: Examples side by side, see ``arrange``.
        into: A figure, a subfigure or axes where the page is drawn, too, as large as it fits. Axes
            lose their frame; the panels are axes inside them.
    """
    with style.context(STYLE):
        page = arrange(examples, caption, columns=columns)
        figure = PaperFigure(name, caption, left_out, figsize=(page.width, page.height))
        _fill(figure, page, (page.width, page.height))
        if into is not None:
            size = size_in_inches(into)
            _fill(into, fitted(examples, caption, *size, columns=columns), size)
    return figure


def _fill(container: Container, page: Arrangement, size: tuple[float, float]) -> None:
    """Draw a page in the middle of a container of a size (width, height) in inches."""
    aside, above = (size[0] - page.width) / 2, (size[1] - page.height) / 2
    if isinstance(container, Axes):
        container.set_axis_off()
    for place in page.places:
        left, top = aside + place.left, above + place.top
        _panel(container, place, _share(size, left, top, place.width, place.height))
    left, top, _, _ = _share(size, aside + MARGIN, above + page.caption_top, 0, 0)
    how: dict[str, Any] = {"size": CAPTION_PT, "color": GREY_INK, "linespacing": SPACING}
    if isinstance(container, Axes):
        how["transform"] = container.transAxes
    container.text(left, top, page.caption, va="top", **how)


def _panel(container: Container, place: Place, bounds: tuple[float, float, float, float]) -> None:
    add = container.inset_axes if isinstance(container, Axes) else container.add_axes
    ax: Axes = add(bounds)
    show_image(ax, place.panel.image)
    place.panel.draw(ax)
    if place.title:
        ax.set_title(place.title, size=TITLE_PT, color=INK, linespacing=SPACING)
    if place.note:
        ax.set_xlabel(place.note, size=NOTE_PT, color=INK, linespacing=SPACING)


def _share(
    size: tuple[float, float], left: float, top: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Turn inches from the upper left corner into shares from the lower left one."""
    return left / size[0], 1 - (top + height) / size[1], width / size[0], height / size[1]
