"""What a visitor does in each mode, for a picture of it; each begins with a photo and no mask."""

from collections.abc import Callable
from dataclasses import dataclass

from demo.pictures.visitor import Visitor
from demo.texts import compare, everything, points, salient, text


@dataclass(frozen=True, slots=True)
class Scene:
    """A mode at work.

    Args:
        mode: Name of the mode, as in file names.
        photo: File name of an example photo.
        work: What the visitor does once the photo is open.
    """

    mode: str
    photo: str
    work: Callable[[Visitor], None]


def _points(visitor: Visitor) -> None:
    visitor.tab(points.TITLE).click(370, 140)


def _everything(visitor: Visitor) -> None:
    visitor.tab(everything.TITLE)
    visitor.button(everything.RUN).click()
    visitor.page.wait_for_function("esamPage.canvas.layers.everything?.rows")
    visitor.page.wait_for_function("!document.querySelector('#es-everything-message progress')")


def _salient(visitor: Visitor) -> None:
    visitor.tab(salient.TITLE)
    visitor.button(salient.RUN).click()
    visitor.page.locator("#es-salient-message", has_text="stand").wait_for()


def _text(visitor: Visitor) -> None:
    visitor.tab(text.TITLE)
    visitor.page.locator("#es-text-query textarea, #es-text-query input").fill("bear")
    visitor.press("Enter")
    visitor.page.locator("#es-text-ranked img").first.wait_for()


def _compare(visitor: Visitor) -> None:
    visitor.tab(compare.TITLE)
    visitor.page.wait_for_function("esamPage.versus.comparison.keys.length === 2")
    visitor.page.get_by_label("Answer B", exact=True).select_option("mini/smallest")
    visitor.click(330, 220)
    visitor.page.wait_for_function(
        "(c => Boolean(c.result) && !c.busy && !c.stale)(esamPage.versus.comparison)"
    )


SCENES = (
    Scene("points", "000000000785.jpg", _points),
    Scene("everything", "000000229997.jpg", _everything),
    Scene("salient", "000000568290.jpg", _salient),
    Scene("text", "000000000285.jpg", _text),
    Scene("compare", "000000568290.jpg", _compare),
)
