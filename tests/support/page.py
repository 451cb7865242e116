"""PageDriver: one visitor with a browser window, as the browser tests use it."""

import base64
import io

import numpy as np
from PIL import Image

from demo.pictures.visitor import Visitor

MASK = """(() => { const c = esamPage.canvas, m = c.maskOf(c.active); if (!m) return null;
  return esamPage.asPng(m) })()"""


class PageDriver(Visitor):
    """Opens the page without a photo, with a certain one, or (None) as a first visitor sees it."""

    def __init__(
        self,
        browser,
        url,
        bad,
        width=1280,
        height=800,
        dpr=1,
        touch=False,
        dark=False,
        photo="none",
    ):
        self.context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=dpr,
            has_touch=touch,
            is_mobile=touch,
            color_scheme="dark" if dark else "light",
        )
        self.context.set_default_timeout(30_000)
        super().__init__(self.context.new_page(), touch=touch)
        own = (url, "data:", "blob:")

        def route(route):
            if route.request.url.startswith(own):
                route.continue_()
            else:
                bad.append(f"request to {route.request.url}")
                route.abort()

        self.context.route("**/*", route)
        self.page.on("pageerror", lambda error: bad.append(f"page error: {error}"))
        self.expected: list[str] = []
        self.page.on("console", lambda message: bad.extend(self._complaint(message)))
        self.open(url, photo)

    def expect_console(self, text):
        """Do not fail on console errors that contain this text."""
        self.expected.append(text)

    def _complaint(self, message):
        allowed = any(text in message.text for text in self.expected)
        return [f"console: {message.text}"] if message.type == "error" and not allowed else []

    def choose(self, path):
        """Choose an example photo from the strip."""
        return self._opened(lambda: self.page.locator(f'[data-photo="{path.name}"]').click())

    def send(self, *, name="photo.png", content: bytes):
        """Upload a file."""
        file = {"name": name, "mimeType": "image/png", "buffer": content}
        self.page.locator(".es-page > input[type=file]").set_input_files(file)
        return self

    def _opened(self, act):
        token = "esamPage.canvas.photo ? esamPage.canvas.photo.token : null"
        before = self.page.evaluate(token)
        act()
        self.page.wait_for_function(f"before => ({token}) !== before", arg=before)
        return self.wait()

    @property
    def mask(self) -> np.ndarray | None:
        """The visible mask (h, w) bool of the selected object."""
        url = self.page.evaluate(MASK)
        if url is None:
            return None
        with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as picture:
            return np.asarray(picture.convert("RGBA"))[..., 3] > 127

    def export(self, label):
        """Choose a kind of file from the menu of Export."""
        self.button("Export").click()
        self.page.get_by_role("menuitem", name=label, exact=True).click()

    def download(self, label) -> Image.Image:
        with self.page.expect_download() as waiting:
            self.export(label)
        self.wait()
        self.downloaded = waiting.value.suggested_filename
        with Image.open(waiting.value.path()) as picture:
            return picture.copy()
