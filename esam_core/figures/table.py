"""Tables as text and rules on axes, with rules above and below the head and at the end."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from esam_core.errors import InvalidImage
from esam_core.figures.layout import LINE, NOTE_PT, SPACING, text_width, wrap

PAD = 0.14  # inches between columns
ROW = 0.09  # inches above and below the lines of a row, together
INK = "#18181c"


def table_height(head: Sequence[str], rows: Sequence[Sequence[str]], width: float) -> float:
    """Return the height in inches that a table of a width in inches needs.

    Raises:
        InvalidImage: A row with more or fewer cells than the head.
    """
    return sum(_heights(_wrapped(head, rows, width)))


def draw_table(ax: Axes, head: Sequence[str], rows: Sequence[Sequence[str]], width: float) -> None:
    """Draw a table that fills axes of the size (width, ``table_height``) in inches.

    Args:
        ax: The axes; ticks and frame disappear.
        head: Title of each column; the first column is left-aligned, others are centred.
        rows: Cells, row by row.
        width: Width of the axes in inches.
    """
    lines = _wrapped(head, rows, width)
    heights, spans = _heights(lines), _spans([list(head), *map(list, rows)], width)
    total = sum(heights)
    ax.set(xlim=(0, width), ylim=(total, 0))
    ax.set_axis_off()
    how: dict[str, Any] = {"size": NOTE_PT, "color": INK, "linespacing": SPACING}
    how["parse_math"] = False
    y = 0.0
    for i, (row, height) in enumerate(zip(lines, heights, strict=True)):
        if i < 2:
            ax.hlines(y, 0, width, colors=INK, linewidth=1.2 if i == 0 else 0.6, clip_on=False)
        x = 0.0
        for k, (cell, span) in enumerate(zip(row, spans, strict=True)):
            at, align = (x, "left") if k == 0 else (x + span / 2, "center")
            ax.text(at, y + height / 2, cell, ha=align, va="center_baseline", **how)
            x += span + PAD
        y += height
    ax.hlines(total, 0, width, colors=INK, linewidth=1.2, clip_on=False)


def _wrapped(head: Sequence[str], rows: Sequence[Sequence[str]], width: float) -> list[list[str]]:
    if any(len(row) != len(head) for row in rows):
        raise InvalidImage("every row of a table needs as many cells as its head.")
    lines = [list(head), *map(list, rows)]
    spans = _spans(lines, width)
    return [
        [wrap(cell, NOTE_PT, span) for cell, span in zip(row, spans, strict=True)] for row in lines
    ]


def _heights(lines: Sequence[Sequence[str]]) -> list[float]:
    return [max(cell.count("\n") + 1 for cell in row) * NOTE_PT * LINE + ROW for row in lines]


def _spans(lines: Sequence[Sequence[str]], width: float) -> list[float]:
    """Divide the width among the columns; the widest columns shrink first."""
    wanted = [
        max(text_width(cell, NOTE_PT) for cell in column) for column in zip(*lines, strict=True)
    ]
    room = width - (len(wanted) - 1) * PAD
    limit = max(wanted)
    while sum(min(want, limit) for want in wanted) > room and limit > 0.2:
        limit -= 0.01
    spare = room - sum(min(want, limit) for want in wanted)
    return [min(want, limit) + spare / len(wanted) for want in wanted]
