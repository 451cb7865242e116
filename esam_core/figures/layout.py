"""Layout of a page: rows of examples, each some panels of the same height; all in inches.

The panels of a row share a height and fill the page's width, whatever the photos' shapes are.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

WIDTH = 7.0  # the text width of a paper with two columns
MARGIN = 0.08
GAP = 0.05  # between the panels of an example
BETWEEN = 0.2  # between examples
TALLEST = 3.2  # a panel's height where few panels share a row
NARROW = 0.75  # of a panel on average; more panels than fit get a further line
HINTED = 0.9  # of a line, for text whose letters a screen moves to whole pixels
SHORTEST = 0.3  # where a given space is low
TITLE_PT, NOTE_PT, CAPTION_PT = 8.0, 7.5, 8.0
SPACING = 1.25  # of lines, per size of the text
LINE = SPACING / 72


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One picture of an example.

    Args:
        image: Its background, (h, w, 3) uint8 RGB.
        draw: Draws on the axes that show the image.
        title: Text above.
        note: Text below.
    """

    image: np.ndarray
    draw: Callable[[Axes], object] = field(default=lambda ax: None)
    title: str = ""
    note: str = ""

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.image.shape[1] / self.image.shape[0]


Example = Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel goes, in inches from the page's upper left corner, y down.

    Args:
        panel: The panel.
        left: Its left side.
        top: Its upper side, below the title.
        width: Its width.
        height: Its height.
        title: The panel's title, wrapped to its width.
        note: The panel's note, wrapped to its width.
    """

    panel: Panel
    left: float
    top: float
    width: float
    height: float
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A page.

    Args:
        places: The panels.
        caption: The caption, wrapped.
        caption_top: Where the caption begins, in inches from the upper edge.
        width: Width in inches.
        height: Height in inches.
    """

    places: tuple[Place, ...]
    caption: str
    caption_top: float
    width: float
    height: float


def arrange(
    examples: Sequence[Example],
    caption: str,
    *,
    width: float = WIDTH,
    tallest: float = TALLEST,
    columns: int | None = None,
    filled: float = 1.0,
) -> Arrangement:
    """Arrange examples on a page.

    Args:
        examples: Panels of each example.
        caption: Text below; line breaks are kept.
        width: Width of the page in inches.
        tallest: Height of a panel in inches at most.
        columns: Examples side by side at most; by default two where an example has at most three
            panels. Where panels would be too narrow, an example has several lines.
        filled: How much of its width a line of text fills at most, as a share.
    """
    most = max(map(len, examples), default=1)
    if columns is None:
        columns = 2 if len(examples) > 1 and most <= 3 else 1
    fitting = max(1, int(width / NARROW))  # panels
    places: list[Place] = []
    top = MARGIN
    for line in _lines(examples, max(1, min(columns, fitting // max(1, most))), fitting):
        row = _row(line, top, width, tallest, filled)
        places += row
        top = max(_bottom(place) for place in row) + GAP
    caption = wrap(caption, CAPTION_PT, filled * (width - 2 * MARGIN))
    lines = caption.count("\n") + 1 if caption else 0
    top += 2 * GAP
    return Arrangement(tuple(places), caption, top, width, top + lines * CAPTION_PT * LINE + MARGIN)


def _lines(examples: Sequence[Example], columns: int, fitting: int) -> Iterator[list[Example]]:
    """Yield the examples of each line; one with more panels than fit is shared among lines."""
    if columns > 1:
        for start in range(0, len(examples), columns):
            yield list(examples[start : start + columns])
        return
    for example in examples:
        count = -(-len(example) // fitting)
        for part in range(count):
            start, end = (k * len(example) // count for k in (part, part + 1))
            yield [example[start:end]]


def fitted(
    examples: Sequence[Example],
    caption: str,
    width: float,
    height: float,
    *,
    columns: int | None = None,
) -> Arrangement:
    """Arrange examples in a given space in inches: the largest panels that leave it room.

    Text keeps its size and its width, so a space that is much too low is left at its lower edge.
    """
    fit = partial(arrange, examples, caption, width=width, columns=columns, filled=HINTED)
    low, high = SHORTEST, TALLEST
    while high - low > 0.01:
        middle = (low + high) / 2
        page = fit(tallest=middle)
        low, high = (middle, high) if page.height <= height else (low, middle)
    return fit(tallest=low)


def wrap(text: str, size_pt: float, width: float) -> str:
    """Break a text into lines of at most ``width`` inches; its own breaks stay.

    It breaks at spaces; a word that is longer than a line after a hyphen, or anywhere.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and text_width(longer, size_pt) > width:
                lines.append(line)
                longer = word
            while cut := _cut(longer, size_pt, width):
                lines.append(longer[:cut])
                longer = longer[cut:]
            line = longer
        lines.append(line)
    return "\n".join(lines)


def text_width(text: str, size_pt: float) -> float:
    """Return the width of one line of text in the current style's font, in inches."""
    return _width(text, size_pt, tuple(rcParams["font.family"]))


@lru_cache(maxsize=4096)  # a page is arranged several times until it fits
def _width(text: str, size_pt: float, family: tuple[str, ...]) -> float:
    size, _, _ = TextToPath().get_text_width_height_descent(
        text, FontProperties(family=list(family), size=size_pt), ismath=False
    )
    return size / 72


def _cut(word: str, size_pt: float, width: float) -> int:
    """Return how much of a word fills a line, or 0 if it fits; at least one character."""
    if len(word) < 2 or text_width(word, size_pt) <= width:
        return 0
    ends = range(1, len(word))
    most = max(1, bisect_right(ends, width, key=lambda end: text_width(word[:end], size_pt)))
    return word.rfind("-", 0, most) + 1 or most


def _row(
    examples: Sequence[Example], top: float, width: float, tallest: float, filled: float
) -> list[Place]:
    panels = [panel for example in examples for panel in example]
    gaps = GAP * (len(panels) - len(examples)) + BETWEEN * (len(examples) - 1)
    room = width - 2 * MARGIN - gaps
    height = min(tallest, room / sum(panel.aspect for panel in panels))
    used = height * sum(panel.aspect for panel in panels)
    left = MARGIN + (room - used) / 2
    titles = [wrap(panel.title, TITLE_PT, filled * height * panel.aspect) for panel in panels]
    if any(titles):
        top += max(title.count("\n") + 1 for title in titles) * TITLE_PT * LINE + 0.03
    places: list[Place] = []
    for example in examples:
        for panel in example:
            wide = height * panel.aspect
            note = wrap(panel.note, NOTE_PT, filled * wide)
            places.append(Place(panel, left, top, wide, height, titles[len(places)], note))
            left += wide + GAP
        left += BETWEEN - GAP
    return places


def _bottom(place: Place) -> float:
    lines = place.note.count("\n") + 1 if place.note else 0
    return place.top + place.height + (lines * NOTE_PT * LINE + 0.04 if lines else 0)
