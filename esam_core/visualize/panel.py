"""Panels: rows of pictures with titles, captions and a footer."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw

from esam_core.errors import InvalidImage
from esam_core.visualize.colours import WHITE
from esam_core.visualize.page import INK, PageLayout, footer_strip, wrap


class ModelInfo(Protocol):
    """What a caption shows of a model; segmenters and text encoders implement it.

    Attributes:
        title: Name in the interface and in captions.
        provenance: Where the weights come from.
        device: Device that it runs on.
        precision: ``fp32``, ``bf16`` or ``fp16``.
    """

    title: str
    provenance: str
    device: str
    precision: str


def caption(model: ModelInfo, seconds: float | None = None) -> str:
    """Return a model's name, weights, device and precision, and optionally the seconds it took."""
    parts = [f"{model.title} ({model.provenance})"]
    parts.append(f"{model.device} {model.precision}")
    if seconds is not None:
        parts.append(f"{seconds:.1f} s")
    return ", ".join(parts)


def panel(
    rows: Sequence[Sequence[np.ndarray]],
    *,
    titles: Sequence[str] = (),
    captions: Sequence[Sequence[str]] | None = None,
    labels: Sequence[str] = (),
    footer: str = "",
    width: int = 1400,
) -> np.ndarray:
    """Arrange rows of pictures on one white page.

    The pictures of a row are scaled to the same height and fill the page's width, so rows with
    pictures of the same shapes line up.

    Args:
        rows: Pictures (h, w, 3) uint8.
        titles: Titles above the columns of the first row.
        captions: Caption below each picture, nested like ``rows``; empty ones take no space.
        labels: Labels to the left of the rows, rotated to read upwards.
        footer: Text at the bottom, wrapped.
        width: Width of the page in pixels.

    Returns:
        The page (h, width, 3) uint8.

    Raises:
        InvalidImage: A row without pictures, or captions that do not match the rows.
    """
    if not rows or not all(len(row) for row in rows):
        raise InvalidImage("a panel needs at least one picture in each row.")
    captions = captions or [[""] * len(row) for row in rows]
    if [len(row) for row in rows] != [len(row) for row in captions]:
        raise InvalidImage("captions must be as many as pictures, row by row.")
    page = PageLayout(width)
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
    page: PageLayout,
    pictures: Sequence[np.ndarray],
    texts: Sequence[str],
    titles: Sequence[str],
    label: str,
    left: int,
) -> np.ndarray:
    """Arrange one row: titles, pictures, captions; a strip (h, width, 3) uint8."""
    room = page.width - left - page.margin - page.gap * (len(pictures) - 1)
    height = max(1, round(room / sum(p.shape[1] / p.shape[0] for p in pictures)))
    edges = np.cumsum([0, *(p.shape[1] / p.shape[0] * height for p in pictures)])
    spans = np.diff((edges * room / edges[-1]).round().astype(int)).tolist()
    small, line = page.font(0.86), round(1.35 * page.text)
    wrapped = [wrap(text, small, span) for text, span in zip(texts, spans, strict=True)]
    above = round(1.6 * page.text) if titles else 0
    below = max(len(lines) for lines in wrapped) * line
    below += round(0.5 * page.text) if below else 0
    strip = Image.new("RGB", (page.width, above + height + below), WHITE)
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
        side = Image.new("RGB", (height, left - page.margin), WHITE)
        at = (height / 2, side.height / 2 - page.gap / 2)
        ImageDraw.Draw(side).text(at, label, INK, page.font(), anchor="mm")
        strip.paste(side.rotate(90, expand=True), (page.margin, above))
    return np.array(strip)


def _fit(picture: np.ndarray, size_wh: tuple[int, int]) -> Image.Image:
    return Image.fromarray(picture).resize(size_wh, Image.Resampling.LANCZOS)
