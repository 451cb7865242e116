"""The tab Everything in the browser, with the bundled model."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

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


def open_tab(driver, path):
    driver.choose(path)
    driver.page.get_by_role("tab", name="Everything").click()
    return driver


def run(driver):
    driver.button("Segment everything").click()
    driver.page.wait_for_function(LAYER)
    driver.page.wait_for_function("!document.querySelector('#es-everything-message progress')")
    return driver.wait()


def picked(driver) -> list[int]:
    return driver.page.evaluate("[...esamPage.canvas.picked]")


@pytest.mark.browser
def test_masks_are_hovered_selected_merged_and_exported(open_page, mini_server, bear_file):
    driver = run(open_tab(open_page(mini_server, height=720), bear_file))
    (first, *at), (second, *other) = driver.page.evaluate(PLACES)[:2]
    driver.page.mouse.move(*driver.at(*at))
    tip = driver.page.locator(".es-tip")
    tip.wait_for()
    assert f"Mask {first} ·" in tip.inner_text()
    assert "score" in tip.inner_text()

    assert picked(driver.click(*at)) == [first]
    driver.page.keyboard.down("Shift")
    driver.click(*other)
    driver.page.keyboard.up("Shift")
    assert picked(driver) == [first, second]
    shown = np.asarray(driver.download("Mask").convert("L")) > 127
    assert shown[at[1], at[0]]
    assert shown[other[1], other[0]]
    assert driver.downloaded == "000000000285-mask.png"

    driver.button("Merge").click()
    driver.page.wait_for_function("esamPage.canvas.hasMask(esamPage.canvas.active)")
    [merged] = driver.state["objects"]
    assert merged["mask"]
    assert (driver.mask == shown).all()
    assert picked(driver) == []
    assert driver.page.evaluate("document.documentElement.scrollHeight <= innerHeight")


@pytest.mark.browser
def test_a_slider_and_the_table_work_on_what_was_found(
    open_page, mini_server, bear_file, monkeypatch
):
    driver = run(open_tab(open_page(mini_server), bear_file))
    monkeypatch.setattr(everything, "search", None)
    table = driver.page.locator("#es-everything-table")
    table.get_by_text("2", exact=True).first.click()
    driver.page.wait_for_function("esamPage.canvas.picked.has(2)")

    shown = driver.page.evaluate(f"{LAYER}.shown")
    driver.page.get_by_label("number input for Predicted IoU").fill("1")
    driver.page.keyboard.press("Tab")
    driver.page.wait_for_function(f"shown => {LAYER}.shown !== shown", arg=shown)
    message = driver.page.locator("#es-everything-message", has_text="No mask passes the filters")
    message.wait_for()
    assert driver.page.evaluate(f"{LAYER}.tips") == []
    assert picked(driver) == []


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
    assert "of 7290 points" in one.page.locator("#es-everything-message").inner_text()
    one.button("Cancel").click()
    one.page.locator("#es-everything-message", has_text="Cancelled").wait_for()
    assert one.button("Segment everything").is_visible()

    monkeypatch.setitem(settings.PRESETS, "fast", few)
    two = run(open_tab(open_page(mini_server), dog_file))
    assert two.page.evaluate(f"{LAYER}.tips.length") > 0
    assert not one.page.evaluate(f"Boolean({LAYER})")


@pytest.mark.browser
def test_a_finger_selects_on_a_phone(open_page, mini_server, bear_file):
    driver = open_page(mini_server, width=390, height=844, dpr=2, touch=True)
    run(open_tab(driver, bear_file))
    assert "Tap masks" in driver.page.locator(".es-status").inner_text()
    (first, *at), (second, *there) = driver.page.evaluate(PLACES)[:2]
    assert picked(driver.click(*at)) == [first]
    assert driver.page.locator(".es-tip").is_visible()
    assert not driver.page.locator(".es-status").is_visible()
    assert picked(driver.click(*there)) == [first, second]
    assert picked(driver.click(*at)) == [second]
    driver.button("Keep selection").click()
    driver.page.wait_for_function("esamPage.canvas.hasMask(esamPage.canvas.active)")
    assert driver.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_a_mask_kept_on_a_large_photo_has_the_photos_size_in_coco(
    open_page, mini_server, bear_file, tmp_path
):
    large, file = Image.open(bear_file).resize((2106, 2300)), io.BytesIO()
    large.save(file, "JPEG")
    driver = open_page(mini_server, height=720)
    driver._opened(lambda: driver.send(name="000000000285.jpg", content=file.getvalue()))
    driver.page.get_by_role("tab", name="Everything").click()
    run(driver)
    (first, *at), *_ = driver.page.evaluate(PLACES)
    assert picked(driver.click(*at)) == [first]
    driver.button("Keep selection").click()
    driver.page.wait_for_function("esamPage.canvas.active.mask")
    driver.page.wait_for_function("!esamPage.canvas.picked.size")
    name = driver.page.get_by_label("Name of the object")
    name.fill("bear")
    name.press("Enter")
    with driver.page.expect_download() as waiting:
        driver.export("COCO")
    assert waiting.value.suggested_filename == "000000000285-bear-coco.json"
    waiting.value.save_as(tmp_path / "coco.json")
    read = COCO(str(tmp_path / "coco.json"))
    assert [image["file_name"] for image in read.loadImgs([285])] == ["000000000285.jpg"]
    assert [row["name"] for row in read.loadCats(read.getCatIds())] == ["bear"]
    [row] = read.loadAnns(read.getAnnIds())
    mask = read.annToMask(row).astype(bool)
    assert mask.shape == (2300, 2106) and mask[at[1], at[0]]
    assert 0 < row["predicted_iou"] < 1 and row["score"] == row["predicted_iou"]
    doubled = mask[:-1] == mask[1:]  # neighbouring rows that are equal
    view = np.asarray(Image.fromarray(mask).resize((1172, 1280)).resize((2106, 2300)))
    assert doubled.all(1).sum() < (view[:-1] == view[1:]).all(1).sum()
