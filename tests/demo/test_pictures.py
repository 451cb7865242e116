"""The pictures of the page: small files, one for each mode and one with all of them."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from demo.pictures.__main__ import main
from demo.pictures.scenes import SCENES
from demo.pictures.sheet import GAP, save, sheet
from demo.tabs import discover
from esam_core import asset
from esam_core.errors import EsamError
from esam_core.everything import settings

FIGURES = asset("figures")
NAMES = ["page", *(f"page_{scene.mode}" for scene in SCENES)]


def plain(colour, size=(120, 80)):
    return Image.new("RGB", size, colour)


def test_every_mode_of_the_page_has_a_picture():
    assert [scene.mode for scene in SCENES] == [mode.name for mode in discover()]


def test_the_sheet_has_the_first_above_the_others():
    whole = sheet([plain("red"), plain("green"), plain("blue")])
    assert whole.width == 120 and whole.height == 80 + GAP + 36  # (120 - GAP) / 2 wide
    below = 80 + GAP + 18
    assert whole.getpixel((60, 40)) == (255, 0, 0)
    assert whole.getpixel((20, below)) == (0, 128, 0)
    assert whole.getpixel((100, below)) == (0, 0, 255)
    assert whole.getpixel((60, below)) == (255, 255, 255)


def test_one_picture_is_no_sheet():
    with pytest.raises(EsamError, match="two pictures or more, not 1"):
        sheet([plain("red")])


def test_a_saved_picture_looks_as_it_did(tmp_path, bear):
    before = Image.fromarray(bear[0])
    save(before, tmp_path / "bear.png")
    with Image.open(tmp_path / "bear.png") as after:
        assert after.size == before.size
        far = np.abs(np.asarray(after.convert("RGB"), int) - np.asarray(before, int))
    assert far.mean() < 8
    before.save(tmp_path / "full.png", optimize=True)
    sizes = [(tmp_path / name).stat().st_size for name in ("bear.png", "full.png")]
    assert sizes[0] < sizes[1] / 2


def test_a_place_that_cannot_be_written_to_is_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file" / "pictures")]) == 2
    assert "Choose another place" in capsys.readouterr().err


def test_the_pictures_of_the_readme_are_there_and_small():
    files = [FIGURES / f"{name}.png" for name in NAMES]
    assert sum(file.stat().st_size for file in files) < 2_000_000
    for file in files:
        with Image.open(file) as picture:
            assert picture.width >= 1000


@pytest.fixture
def few_points(monkeypatch):
    """Four points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    monkeypatch.setitem(settings.PRESETS, "fast", replace(row, points_per_side=4))


@pytest.mark.browser
def test_the_command_works_in_every_mode_and_writes_a_picture_of_each(
    mini_server, browser, tmp_path, monkeypatch, few_points
):
    # The session's browser holds Playwright's loop, of which a thread has one.
    monkeypatch.setattr("demo.pictures.__main__._chromium", lambda: nullcontext(browser))
    small = ["--width", "900", "--height", "600", "--url", mini_server]
    assert main(["--out", str(tmp_path), *small]) == 0
    assert {path.stem for path in tmp_path.iterdir()} == set(NAMES)
    for scene in SCENES:
        with Image.open(tmp_path / f"page_{scene.mode}.png") as picture:
            assert picture.size == (900, 600)
            assert np.asarray(picture.convert("L")).std() > 20  # blank pages have 0
