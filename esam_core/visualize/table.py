"""Tables as pictures, with rules above and below the head and at the end."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from esam_core.errors import InvalidImage
from esam_core.visualize.colours import WHITE
from esam_core.visualize.page import INK, PageLayout, footer_strip, wrap


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, footer: str = "", width: int = 1400
) -> np.ndarray:
    """Arrange rows of text on one white page.

    Args:
        head: Title of each column; the first column is left-aligned, others are centred.
        rows: Cells, row by row.
        footer: Text at the bottom, wrapped.
        width: Width of the page in pixels.

    Returns:
        The page (h, width, 3) uint8.

    Raises:
        InvalidImage: A row with more or fewer cells than the head.
    """
    if any(len(row) != len(head) for row in rows):
        raise InvalidImage("every row of a table needs as many cells as its head.")
    page = PageLayout(width)
    font, line = page.font(0.9), round(1.35 * page.text)
    lines = [list(head), *map(list, rows)]
    spans = _spans([[font.getlength(cell) for cell in row] for row in lines], page)
    wrapped = [
        [wrap(cell, font, span) for cell, span in zip(row, spans, strict=True)] for row in lines
    ]
    heights = [line * max(len(cell) for cell in row) + page.text for row in wrapped]
    sheet = Image.new("RGB", (width, sum(heights) + 2 * page.margin), WHITE)
    pen, y = ImageDraw.Draw(sheet), page.margin
    right = width - page.margin
    for i, (row, height) in enumerate(zip(wrapped, heights, strict=True)):
        if i < 2:
            pen.line((page.margin, y, right, y), INK, 3 if i == 0 else 1)
        x = float(page.margin)
        for k, (cell, span) in enumerate(zip(row, spans, strict=True)):
            for j, words in enumerate(cell):
                at_y = y + height / 2 + (j - (len(cell) - 1) / 2) * line
                at = (x, at_y) if k == 0 else (x + span / 2, at_y)
                pen.text(at, words, INK, font, anchor="lm" if k == 0 else "mm")
            x += span + page.margin
        y += height
    pen.line((page.margin, y, right, y), INK, 3)
    parts = [np.array(sheet)]
    if footer:
        parts.append(footer_strip(page, footer))
        parts.append(np.full((page.margin, width, 3), 255, np.uint8))
    return np.concatenate(parts)


def _spans(widths: list[list[float]], page: PageLayout) -> list[float]:
    """Divide the page's width among the columns; the widest columns shrink first."""
    room = page.width - (len(widths[0]) + 1) * page.margin
    wanted = [max(column) + 2 for column in zip(*widths, strict=True)]
    limit = max(wanted)
    while sum(min(want, limit) for want in wanted) > room:
        limit -= 1
    spare = room - sum(min(want, limit) for want in wanted)
    return [min(want, limit) + spare / len(wanted) for want in wanted]
