"""The tab Everything in the browser, with the bundled model."""

from dataclasses import replace

import numpy as np
import pytest

from demo.handlers import everything
from esam_core.everything import settings


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    """Six points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    few = replace(row, points_per_side=6, points_per_batch=4)
    monkeypatch.setitem(settings.PRESETS, "fast", few)


LAYER = "esamPage.canvas.layers.everything"
# Somewhere on the map, a pixel of the photo that belongs to each of the first masks.
PLACES = """() => { const c = esamPage.canvas, l = c.layers.everything.labels, found = {};
  // Not near the edge: the stage has round corners.
  for (let y = 24; y < l.height - 4; y += 3) for (let x = 24; x < l.width - 4; x += 3) {
    const id = l.ids[y * l.width + x];
    if (id && !found[id]) found[id] =
      [Math.floor((x + .5) * c.photo.width / l.width),
       Math.floor((y + .5) * c.photo.height / l.height)] }
  return Object.entries(found).map(([id, at]) => [Number(id), ...at]) }"""


def open_tab(desk, path):
    desk.choose(path)
    desk.page.get_by_role("tab", name="Everything").click()
    return desk


def run(desk):
    desk.button("Segment everything").click()
    desk.page.wait_for_function(LAYER)
    desk.page.wait_for_function("!document.querySelector('#es-everything-message progress')")
    return desk.wait()


def picked(desk) -> list[int]:
    return desk.page.evaluate("[...esamPage.canvas.picked]")


@pytest.mark.browser
def test_masks_are_hovered_selected_merged_and_exported(open_page, mini_server, bear_file):
    desk = run(open_tab(open_page(mini_server, height=720), bear_file))
    (first, *at), (second, *other) = desk.page.evaluate(PLACES)[:2]
    desk.page.mouse.move(*desk.at(*at))
    tip = desk.page.locator(".es-tip")
    tip.wait_for()
    assert f"Mask {first} ·" in tip.inner_text()
    assert "score" in tip.inner_text()

    assert picked(desk.click(*at)) == [first]
    desk.page.keyboard.down("Shift")
    desk.click(*other)
    desk.page.keyboard.up("Shift")
    assert picked(desk) == [first, second]
    shown = np.asarray(desk.download("Mask").convert("L")) > 127
    assert shown[at[1], at[0]]
    assert shown[other[1], other[0]]
    assert desk.downloaded == "selection-mask.png" or desk.downloaded == "objects-mask.png"

    desk.button("Merge").click()
    desk.page.wait_for_function("esamPage.canvas.hasMask(esamPage.canvas.active)")
    [merged] = desk.state["objects"]
    assert merged["mask"]
    assert (desk.mask == shown).all()
    assert picked(desk) == []
    assert desk.page.evaluate("document.documentElement.scrollHeight <= innerHeight")


@pytest.mark.browser
def test_a_slider_and_the_table_work_on_what_was_found(
    open_page, mini_server, bear_file, monkeypatch
):
    desk = run(open_tab(open_page(mini_server), bear_file))
    monkeypatch.setattr(everything, "search", None)
    table = desk.page.locator("#es-everything-table")
    table.get_by_text("2", exact=True).first.click()
    desk.page.wait_for_function("esamPage.canvas.picked.has(2)")

    shown = desk.page.evaluate(f"{LAYER}.shown")
    desk.page.get_by_label("number input for Predicted IoU").fill("1")
    desk.page.keyboard.press("Tab")
    desk.page.wait_for_function(f"shown => {LAYER}.shown !== shown", arg=shown)
    told = desk.page.locator("#es-everything-message", has_text="No mask passes the filters")
    told.wait_for()
    assert desk.page.evaluate(f"{LAYER}.tips") == []
    assert picked(desk) == []


@pytest.mark.browser
def test_a_run_is_cancelled_and_another_visitor_is_not(
    open_page, mini_server, bear_file, dog_file, monkeypatch
):
    few = settings.PRESETS["fast"]
    many = replace(few, points_per_side=60)
    monkeypatch.setitem(settings.PRESETS, "fast", many)
    one = open_tab(open_page(mini_server), bear_file)
    one.button("Segment everything").click()
    one.page.wait_for_function("document.querySelector('#es-everything-message progress[max]')")
    assert "of 3600 points" in one.page.locator("#es-everything-message").inner_text()
    one.button("Cancel").click()
    one.page.locator("#es-everything-message", has_text="Cancelled").wait_for()
    assert one.button("Segment everything").is_visible()

    monkeypatch.setitem(settings.PRESETS, "fast", few)
    two = run(open_tab(open_page(mini_server), dog_file))
    assert two.page.evaluate(f"{LAYER}.tips.length") > 0
    assert not one.page.evaluate(f"Boolean({LAYER})")


@pytest.mark.browser
def test_a_finger_selects_on_a_phone(open_page, mini_server, bear_file):
    desk = open_page(mini_server, width=390, height=844, dpr=2, touch=True)
    run(open_tab(desk, bear_file))
    assert "Tap masks" in desk.page.locator(".es-status").inner_text()
    (first, *at), (second, *there) = desk.page.evaluate(PLACES)[:2]
    assert picked(desk.click(*at)) == [first]
    assert desk.page.locator(".es-tip").is_visible()
    assert not desk.page.locator(".es-status").is_visible()
    assert picked(desk.click(*there)) == [first, second]
    assert picked(desk.click(*at)) == [second]
    desk.button("Keep selection").click()
    desk.page.wait_for_function("esamPage.canvas.hasMask(esamPage.canvas.active)")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 390
