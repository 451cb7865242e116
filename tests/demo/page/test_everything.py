"""The tab Everything: its handlers without a browser, then the page with the bundled model."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from demo.engine.results import Kept
from demo.handlers import everything
from demo.handlers.pictures import mask_from_url
from esam_core.everything import settings
from tests.support.fakes import seen_by

OPEN = {"predicted_iou": 0.2, "stability": 0.0, "nms": 0.7, "min_area": 0.05}
STRICT = {**OPEN, "predicted_iou": 0.99}


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    """Six points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    few = replace(row, points_per_side=6, points_per_batch=4)
    monkeypatch.setitem(settings.PRESETS, "fast", few)


def find(engine, seen, filters=OPEN, choice="fast") -> list[dict]:
    return list(everything.find(engine, seen, choice, filters))


# ---- handlers ----


def test_points_are_counted_and_masks_come_largest_first(mini_engine, bear_file, monkeypatch):
    monkeypatch.setattr(everything, "TELL_SECONDS", 0)
    *counts, last = find(mini_engine, seen_by(mini_engine, bear_file))
    assert [c["done"] for c in counts] == list(range(0, 37, 4))
    assert {c["total"] for c in counts} == {36}
    areas = [row[1] for row in last["rows"]]
    assert last["count"] > 1
    assert areas == sorted(areas, reverse=True)
    assert len(last["layer"]["colours"]) == len(last["layer"]["tips"]) == last["count"]


def test_progress_is_told_now_and_then(mini_engine, bear_file, monkeypatch):
    monkeypatch.setattr(everything, "TELL_SECONDS", 3600)
    *counts, last = find(mini_engine, seen_by(mini_engine, bear_file))
    assert counts == [{"done": 0, "total": 36}] and last["count"] > 1


def test_filters_choose_among_kept_candidates_without_decoding(mini_engine, bear_file, monkeypatch):
    seen = seen_by(mini_engine, bear_file)
    before = find(mini_engine, seen)[-1]
    monkeypatch.setattr(everything, "_decoded", None)
    assert everything.change(mini_engine, seen, STRICT)["count"] == 0
    again = everything.change(mini_engine, seen, OPEN)
    assert again["rows"] == before["rows"]
    assert again["layer"]["colours"] == before["layer"]["colours"]
    assert find(mini_engine, seen)[-1]["count"] == before["count"]


def test_masks_are_given_whole_and_only_while_they_are_on_show(mini_engine, bear_file):
    seen = seen_by(mini_engine, bear_file)
    last = find(mini_engine, seen)[-1]
    asked = {"token": seen["token"], "shown": last["layer"]["shown"], "ids": [1]}
    [region] = everything.regions(mini_engine, asked)["masks"]
    mask = mask_from_url(region["png"], (640, 586))
    assert round(100 * mask.mean(), 2) == pytest.approx(last["rows"][0][1], abs=0.02)
    for wrong in ({"ids": [9999]}, {"ids": []}, {"shown": "earlier"}, {"ids": ["<b>"]}):
        assert "error" in everything.regions(mini_engine, asked | wrong)


def test_a_search_stops_when_it_is_cancelled_and_nothing_is_kept(mini_engine, bear_file):
    seen = seen_by(mini_engine, bear_file)
    steps = everything.find(mini_engine, seen, "fast", OPEN)
    assert "done" in next(steps)
    everything.stop(mini_engine, seen)
    assert "stopped" in list(steps)[-1]
    assert mini_engine.kept.get(seen["token"]) is None


def test_a_visitor_who_leaves_stops_the_search(mini_engine, bear_file):
    steps = everything.find(mini_engine, seen_by(mini_engine, bear_file), "fast", OPEN)
    next(steps)
    steps.close()
    assert mini_engine.kept._running == {}
    for thread in threading.enumerate():
        if thread.name == "everything":
            thread.join(20)
            assert not thread.is_alive()


def test_a_token_reaches_only_its_own_masks(mini_engine, bear_file, dog_file):
    one, two = seen_by(mini_engine, bear_file), seen_by(mini_engine, dog_file)
    find(mini_engine, one)
    assert everything.change(mini_engine, two, OPEN) == {}
    assert everything.change(mini_engine, {"token": "guessed"}, OPEN)["code"] == "photo_gone"
    assert "error" in find(mini_engine, {"token": None})[-1]


@pytest.mark.parametrize("size", [(16, 16), (2000, 125)])
def test_photos_of_odd_shapes_are_answered(mini_engine, size):
    photo = mini_engine.open_photo(Image.new("RGB", size, (128, 128, 128)))
    last = find(mini_engine, {"token": photo.token, "model": "mini"}, STRICT)[-1]
    assert last["count"] == 0


def test_an_unknown_grid_is_refused(mini_engine, bear_file):
    [last] = find(mini_engine, seen_by(mini_engine, bear_file), choice="best")
    assert "fast, quality" in last["error"]


def test_the_longest_unused_results_are_forgotten_first():
    kept = Kept(most_bytes=100)
    kept.put("a", "A", 40)
    kept.put("b", "B", 40)
    assert kept.get("a") == "A"
    kept.put("c", "C", 40)
    assert [kept.get(token) for token in "abc"] == ["A", None, "C"]


# ---- the page ----

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
    monkeypatch.setattr(everything, "_decoded", None)
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
