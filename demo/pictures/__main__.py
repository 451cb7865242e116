"""Make pictures of the page: ``python -m demo.pictures``."""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from demo.loadtest.server import await_model, running_page
from demo.pictures.scenes import SCENES, Scene
from demo.pictures.sheet import save, sheet
from demo.pictures.visitor import Visitor
from esam_core.cli import guarded
from esam_core.errors import EsamError, MissingPackage
from esam_core.files import make_folder

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 600  # that one mode may take; on a busy machine, finding everything takes minutes


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of ``python -m demo.pictures``."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.pictures",
        description="Start the page, work in each of its modes as a visitor would, and write "
        "page_MODE.png for each and page.png with all of them. For developers: it needs "
        "playwright (pip install playwright) and Chromium, found by its name or ESAM_CHROMIUM.",
    )
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="default: pictures/")
    parser.add_argument("--width", type=int, default=1200, help="pixels (default 1200)")
    parser.add_argument("--height", type=int, default=750, help="pixels (default 750)")
    parser.add_argument("--model", default="mini", help="who answers (default mini)")
    parser.add_argument("--url", help="a page that runs already, http://HOST:PORT")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Make the pictures and return the exit code."""
    return guarded(run, build_parser().parse_args(argv))


def run(args: argparse.Namespace) -> int:
    """Make every picture, tell which, and return 0."""
    folder = make_folder(args.out)
    size = (args.width, args.height)
    with _chromium() as browser, running_page(args.url, ["--model", args.model]) as (url, _):
        print(await_model(url))
        taken = [take(browser, url, scene, size) for scene in SCENES]
    for scene, picture in zip(SCENES, taken, strict=True):
        _write(picture, folder / f"page_{scene.mode}.png")
    _write(sheet(taken), folder / "page.png")
    return 0


def take(browser: Any, url: str, scene: Scene, size: tuple[int, int]) -> Image.Image:
    """Return a picture of a scene, (width, height) pixels, in a window that remembers nothing."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    try:
        context.set_default_timeout(1000 * SECONDS)
        visitor = Visitor(context.new_page()).open(url, scene.photo)
        scene.work(visitor.wait())
        visitor.wait().page.mouse.move(0, 0)  # nothing is pointed at
        shot = visitor.wait().page.screenshot(animations="disabled", caret="hide")
    finally:
        context.close()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def _write(picture: Image.Image, path: Path) -> None:
    save(picture, path)
    print(f"{path}: {picture.width} x {picture.height}, {path.stat().st_size / 1000:.0f} kB")


@contextmanager
def _chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise MissingPackage("pictures need playwright: pip install playwright.") from error
    named = os.environ.get("ESAM_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=found, args=["--no-sandbox", "--disable-gpu"]
            )
        except Error as error:
            raise EsamError(
                f"no Chromium can be started ({error.message.splitlines()[0]}); install it with "
                "playwright install chromium, or name one in ESAM_CHROMIUM."
            ) from error
        try:
            yield browser
        except Error as error:  # something did not come, or is not there any more
            raise EsamError(f"the page did not do as expected: {error.message}") from error
        finally:
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
