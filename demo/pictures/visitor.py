"""One visitor with a browser window: works on the page by mouse and key, and waits for it."""

from typing import Any

READY = "window.esamPage && esamPage.state === 'ready'"
IDLE = """(() => { const c = esamPage.canvas;
  return !c.busy && !c.wanted() && c.message.tone !== 'busy' && !c.frameAsked })()"""
STATE = """(() => { const c = esamPage.canvas; return {
  objects: c.doc.objects.map(o => ({...o, mask: Boolean(c.maskOf(o))})),
  prompt: c.active.prompt, choice: c.active.choice, tool: c.tool, message: c.message,
  size: c.photo ? [c.photo.width, c.photo.height] : null } })()"""


class Visitor:
    """Someone at the page; positions are pixels of the photo, x to the right and y down.

    Args:
        page: A window of Playwright, any size.
        touch: Whether to tap instead of clicking.
    """

    def __init__(self, page: Any, *, touch: bool = False):
        self.page, self.touch = page, touch

    def open(self, url: str, photo: str | None = "none") -> "Visitor":
        """Open the page with an example photo, without one, or (None) as on a first visit."""
        address = f"{url.rstrip('/')}/?photo={photo}" if photo else url
        self.page.goto(address, wait_until="domcontentloaded")
        self.page.wait_for_function(READY)
        if photo not in (None, "none"):
            self.page.wait_for_function("esamPage.canvas.photo")
        return self

    def wait(self) -> "Visitor":
        """Wait until no request is pending and everything is drawn."""
        self.page.wait_for_function(IDLE)
        return self

    def tab(self, title: str) -> "Visitor":
        """Open the tab of a mode."""
        self.page.get_by_role("tab", name=title).click()
        return self

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the position on the screen of a pixel of the photo."""
        self.page.locator(".es-stage").scroll_into_view_if_needed()
        box = self.page.locator(".es-marks").bounding_box()
        width, height = self.state["size"]
        return (
            box["x"] + (x + 0.5) * box["width"] / width,
            box["y"] + (y + 0.5) * box["height"] / height,
        )

    def click(self, x: float, y: float, **how: Any) -> "Visitor":
        """Click on a pixel of the photo."""
        if self.touch:
            self.page.touchscreen.tap(*self.at(x, y))
        else:
            self.page.mouse.click(*self.at(x, y), **how)
        return self.wait()

    def drag(self, x0: float, y0: float, x1: float, y1: float) -> "Visitor":
        """Drag from one pixel of the photo to another."""
        mouse, start, end = self.page.mouse, self.at(x0, y0), self.at(x1, y1)
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=5)
        mouse.up()
        return self.wait()

    def press(self, key: str) -> "Visitor":
        """Press a key."""
        self.page.keyboard.press(key)
        return self.wait()

    def button(self, name: str) -> Any:
        """Return the button of this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def state(self) -> dict[str, Any]:
        """What the canvas holds: objects, prompt, choice, tool, message, the photo's size."""
        return self.page.evaluate(STATE)
