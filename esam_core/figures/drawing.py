"""Drawing of arranged pages: on a new figure, and into a figure or axes that a caller gives."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import SubFigure

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
from esam_core.visualize.axes import Container, show_image, size_in_inches
from esam_core.visualize.style import paper_style

INK, GREY_INK = "#18181c", "#55555d"
CHALK, GREY_CHALK = "#f2f2f5", "#bcbcc4"  # on a dark figure
PLAIN: dict[str, Any] = {"linespacing": SPACING, "parse_math": False}  # a $ is a dollar


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
            lose their frame; the panels are axes inside them. A layout engine of the figure places
            its axes before; what changes their size later does not break lines anew.
    """
    with paper_style():
        page = arrange(examples, caption, columns=columns)
        figure = PaperFigure(name, caption, left_out, figsize=(page.width, page.height))
        _fill(figure, page, (page.width, page.height))
        if into is not None:
            _settle(into)
            size = size_in_inches(into)
            _fill(into, fitted(examples, caption, *size, columns=columns), size)
    return figure


def _fill(container: Container, page: Arrangement, size: tuple[float, float]) -> None:
    """Draw a page in the middle of a container of a size (width, height) in inches."""
    aside, above = (size[0] - page.width) / 2, (size[1] - page.height) / 2
    ink, grey = _inks(container)
    for place in page.places:
        left, top = aside + place.left, above + place.top
        _panel(container, place, _share(size, left, top, place.width, place.height), ink)
    left, top, _, _ = _share(size, aside + MARGIN, above + page.caption_top, 0, 0)
    how: dict[str, Any] = {"size": CAPTION_PT, "color": grey, **PLAIN}
    if isinstance(container, Axes):
        how["transform"] = container.transAxes
    text = container.text(left, top, page.caption, va="top", **how)
    text.set_in_layout(not isinstance(container, Axes))


def _panel(
    container: Container, place: Place, bounds: tuple[float, float, float, float], ink: str
) -> None:
    add = container.inset_axes if isinstance(container, Axes) else container.add_axes
    ax: Axes = add(bounds)
    ax.set_in_layout(not isinstance(container, Axes))
    show_image(ax, place.panel.image)
    place.panel.draw(ax)
    if place.title:
        ax.set_title(place.title, size=TITLE_PT, color=ink, **PLAIN)
    if place.note:
        ax.set_xlabel(place.note, size=NOTE_PT, color=ink, **PLAIN)


def _settle(container: Container) -> None:
    """Give a container the size that the layout engine of its figure has for it."""
    if isinstance(container, Axes):
        container.set_axis_off()
    root = container.get_figure(root=True)
    engine = None if root is None else root.get_layout_engine()
    if root is not None and engine is not None:
        engine.execute(root)


def _inks(container: Container) -> tuple[str, str]:
    """Return the colours of titles and caption that are readable on a container."""
    behind: Any = container.get_figure(root=False) if isinstance(container, Axes) else container
    while isinstance(behind, SubFigure) and not to_rgba(behind.get_facecolor())[3]:
        behind = behind.get_figure(root=False)
    dark = sum(to_rgb(behind.get_facecolor())) < 1.5
    return (CHALK, GREY_CHALK) if dark else (INK, GREY_INK)


def _share(
    size: tuple[float, float], left: float, top: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Turn inches from the upper left corner into shares from the lower left one."""
    return left / size[0], 1 - (top + height) / size[1], width / size[0], height / size[1]
