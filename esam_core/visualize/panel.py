"""Panels: rows of pictures with titles, captions and a last line, set like a page of a paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from esam_core.errors import InvalidImage

INK, FAINT, PAPER = (24, 24, 28), (96, 96, 104), (255, 255, 255)


class ModelInfo(Protocol):
    """What a caption tells about a model."""

    title: str
    provenance: str
    device: str
    precision: str


def caption(segmenter: ModelInfo, seconds: float | None = None) -> str:
    """Say which model drew a figure, from which weights, on what, and in how many seconds."""
    parts = [f"{segmenter.title} ({segmenter.provenance})"]
    parts.append(f"{segmenter.device} {segmenter.precision}")
    if seconds is not None:
        parts.append(f"{seconds:.1f} s")
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Page:
    """Measures of a page, all derived from its width."""

    width: int

    @property
    def margin(self) -> int:
        """Round the page."""
        return round(self.width / 60)

    @property
    def gap(self) -> int:
        """Between pictures."""
        return round(self.width / 150)

    @property
    def text(self) -> int:
        """Size of the type."""
        return round(self.width / 62)

    def font(self, scale: float = 1.0) -> ImageFont.FreeTypeFont:
        """Return the page's face in this many times its size."""
        return _font(round(self.text * scale))


def panel(
    rows: Sequence[Sequence[np.ndarray]],
    *,
    titles: Sequence[str] = (),
    captions: Sequence[Sequence[str]] | None = None,
    labels: Sequence[str] = (),
    footer: str = "",
    width: int = 1400,
) -> np.ndarray:
    """Set rows of pictures on one white page.

    All pictures of a row get one height and fill the width together, so rows of pictures of one
    photo line up whatever the photo's shape.

    Args:
        rows: Pictures (h, w, 3) uint8.
        titles: Over each column of the first row.
        captions: Under each picture, as nested as ``rows``; empty strings take no room.
        labels: To the left of each row, read upwards.
        footer: Under everything, wrapped.
        width: Of the page in pixels.

    Returns:
        The page (h, width, 3) uint8.

    Raises:
        InvalidImage: No picture, or captions that do not match the rows.
    """
    if not rows or not all(len(row) for row in rows):
        raise InvalidImage("a panel needs at least one picture in each row.")
    captions = captions or [[""] * len(row) for row in rows]
    if [len(row) for row in rows] != [len(row) for row in captions]:
        raise InvalidImage("captions must be as many as pictures, row by row.")
    page = Page(width)
    left = page.margin + (round(1.8 * page.text) if labels else 0)
    strips = [
        _row(page, row, texts, titles if i == 0 else (), labels[i] if labels else "", left)
        for i, (row, texts) in enumerate(zip(rows, captions, strict=True))
    ]
    if footer:
        strips.append(footer_strip(page, footer))
    blank = np.full((page.margin, width, 3), 255, np.uint8)
    gap = np.full((page.gap, width, 3), 255, np.uint8)
    parts = [blank]
    for strip in strips:
        parts += [strip, gap]
    return np.concatenate([*parts[:-1], blank])


def _row(
    page: Page,
    pictures: Sequence[np.ndarray],
    texts: Sequence[str],
    titles: Sequence[str],
    label: str,
    left: int,
) -> np.ndarray:
    """Set one row: titles, pictures, captions."""
    room = page.width - left - page.margin - page.gap * (len(pictures) - 1)
    height = max(1, round(room / sum(p.shape[1] / p.shape[0] for p in pictures)))
    edges = np.cumsum([0, *(p.shape[1] / p.shape[0] * height for p in pictures)])
    spans = np.diff((edges * room / edges[-1]).round().astype(int)).tolist()
    small, line = page.font(0.86), round(1.35 * page.text)
    wrapped = [wrap(text, small, span) for text, span in zip(texts, spans, strict=True)]
    above = round(1.6 * page.text) if titles else 0
    below = max(len(lines) for lines in wrapped) * line
    below += round(0.5 * page.text) if below else 0
    strip = Image.new("RGB", (page.width, above + height + below), PAPER)
    pen, x = ImageDraw.Draw(strip), left
    for i, (picture, span) in enumerate(zip(pictures, spans, strict=True)):
        strip.paste(_fit(picture, (span, height)), (x, above))
        middle = x + span / 2
        if i < len(titles):
            pen.text((middle, above / 2), titles[i], INK, page.font(1.05), anchor="mm")
        for k, text in enumerate(wrapped[i]):
            at = above + height + round(0.3 * page.text) + (k + 0.5) * line
            pen.text((middle, at), text, INK, small, anchor="mm")
        x += span + page.gap
    if label:
        side = Image.new("RGB", (height, left - page.margin), PAPER)
        at = (height / 2, side.height / 2 - page.gap / 2)
        ImageDraw.Draw(side).text(at, label, INK, page.font(), anchor="mm")
        strip.paste(side.rotate(90, expand=True), (page.margin, above))
    return np.array(strip)


def footer_strip(page: Page, text: str) -> np.ndarray:
    """Set the last lines of a page, as wide as the page."""
    font, line = page.font(0.86), round(1.3 * page.text)
    lines = wrap(text, font, page.width - 2 * page.margin)
    strip = Image.new("RGB", (page.width, line * len(lines) + page.text // 2), PAPER)
    pen = ImageDraw.Draw(strip)
    for i, words in enumerate(lines):
        at = (page.margin, page.text // 2 + (i + 0.5) * line)
        pen.text(at, words, FAINT, font, anchor="lm")
    return np.array(strip)


def wrap(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Break a text at spaces into lines that fit; a line break in the text stays one."""
    lines: list[str] = []
    for paragraph in text.split("\n") if text else []:
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and font.getlength(longer) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _fit(picture: np.ndarray, size_wh: tuple[int, int]) -> Image.Image:
    return Image.fromarray(picture).resize(size_wh, Image.Resampling.LANCZOS)


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return a book face. matplotlib brings one along; without it Pillow's own sans serves."""
    found = find_spec("matplotlib")
    path = Path(found.origin).parent / "mpl-data/fonts/ttf/STIXGeneral.ttf" if found else None
    if path is not None and path.is_file():
        return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)
