"""Page layout of panels and tables: sizes, typeface, lines of text."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from esam_core.visualize.colours import WHITE

INK, GREY_INK = (24, 24, 28), (96, 96, 104)
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Sizes of a page in pixels, all derived from its width."""

    width: int

    @property
    def margin(self) -> int:
        """Margin around the page."""
        return round(self.width / 60)

    @property
    def gap(self) -> int:
        """Space between pictures."""
        return round(self.width / 150)

    @property
    def text(self) -> int:
        """Font size."""
        return round(self.width / 62)

    def font(self, scale: float = 1.0) -> Font:
        """Return the page's typeface, scaled by ``scale``."""
        return _font(round(self.text * scale))


def footer_strip(page: PageLayout, text: str) -> np.ndarray:
    """Render a text as the footer of a page: a strip (h, width, 3) uint8."""
    font, line = page.font(0.86), round(1.3 * page.text)
    lines = wrap(text, font, page.width - 2 * page.margin)
    strip = Image.new("RGB", (page.width, line * len(lines) + page.text // 2), WHITE)
    pen = ImageDraw.Draw(strip)
    for i, words in enumerate(lines):
        at = (page.margin, page.text // 2 + (i + 0.5) * line)
        pen.text(at, words, GREY_INK, font, anchor="lm")
    return np.array(strip)


def wrap(text: str, font: Font, width: float) -> list[str]:
    """Break a text at spaces into lines of at most ``width`` pixels; line breaks are preserved."""
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


@lru_cache(maxsize=16)
def _font(size: int) -> Font:
    """Return matplotlib's serif typeface, or Pillow's default if matplotlib is not installed."""
    found = find_spec("matplotlib")
    if found is not None and found.origin is not None:
        path = Path(found.origin).parent / "mpl-data/fonts/ttf/STIXGeneral.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)
