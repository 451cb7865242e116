"""The page's Compare tab: several answers to the same clicks lie on the stage."""

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

DONE = """(() => { const c = esamPage.versus.comparison;
  return Boolean(c.result) && !c.busy && !c.stale; })()"""
ANSWERS = "esamPage.versus.comparison.result.answers.map(({ key }) => key)"
OPAQUE = """([selector, x, y]) => { const canvas = document.querySelector(selector);
  const { width, height } = canvas, g = canvas.getContext('2d');
  return [...g.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data]; }"""


def compared(driver):
    driver.page.wait_for_function(DONE)
    return driver.wait()


def colour(driver, x, y, selector=".es-stage > .es-frame canvas"):
    """The colour of the answer at a place of the seen photo, as fractions; alpha last."""
    return driver.page.evaluate(OPAQUE, [selector, x, y])


@pytest.fixture
def bear(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    driver.page.get_by_role("tab", name="Compare").click()
    driver.page.wait_for_function("esamPage.versus.comparison.keys.length === 2")
    return driver


def test_two_answers_lie_left_and_right_of_a_divider_that_keys_and_mouse_move(bear):
    page = bear.page
    page.get_by_label("Answer B", exact=True).select_option("plain/smallest")
    bear.click(293, 320)
    compared(bear)
    divider = page.get_by_role("slider", name="Divider between the two answers")
    assert divider.get_attribute("aria-valuetext") == (
        "50 % Fake, by its own score, 50 % Plain, smallest"
    )
    ring = (22 / 586, 0)  # inside the large disc of A, outside the small one of B
    assert colour(bear, 0.5 - ring[0], 0.5)[3] and not colour(bear, 0.5 + ring[0], 0.5)[3]
    divider.focus()
    page.keyboard.press("End")
    bear.wait()
    assert divider.get_attribute("aria-valuenow") == "100"
    assert colour(bear, 0.5 + ring[0], 0.5)[3]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    bear.wait()
    assert divider.get_attribute("aria-valuenow") == "2"
    assert not colour(bear, 0.5 - ring[0], 0.5)[3]
    box = divider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(*bear.at(439, 200), steps=4)
    page.mouse.up()
    bear.wait()
    assert divider.get_attribute("aria-valuenow") == "75"
    assert bear.state["prompt"]["point_coords"] == [[293, 320]]


def test_a_click_answers_again_and_another_photo_has_no_old_masks(bear, dog_file):
    page = bear.page
    table = page.get_by_role("table", name="Answers to compare")
    bear.click(293, 320)
    compared(bear)
    assert "Fake, by its own score" in table.inner_text() and "1.00" in table.inner_text()
    assert page.locator(".es-line", has_text="IoU A–B 1.00").is_visible()
    page.evaluate("() => { esamPage.versus.comparison.around.ask = () => new Promise(() => {}); }")
    bear.click(200, 200)
    page.locator(".es-badge", has_text="Out of date").wait_for()
    assert page.locator(".es-stage.es-stale").count() == 1
    bear.choose(dog_file)
    assert page.locator(".es-stage.es-stale").count() == 0
    assert not page.get_by_role("slider", name="Divider between the two answers").is_visible()
    assert colour(bear, 0.5, 0.5)[3] == 0


def test_photos_lie_side_by_side_in_one_view_and_take_clicks(bear):
    page = bear.page
    bear.click(293, 320)
    page.get_by_role("button", name="Add an answer").click()
    page.get_by_label("Answer C", exact=True).select_option("absent/largest")
    page.get_by_role("button", name="Side by side").click()
    compared(bear)
    assert page.evaluate(ANSWERS)[2] == "absent/largest"
    assert page.locator(".es-twin .es-caption", has_text="not on this machine").is_visible()
    assert page.locator(".es-scores code").inner_text().endswith("weights download absent")
    assert colour(bear, 0.5, 0.5, ".es-twin canvas")[3]
    marks = page.locator(".es-twin .es-marks").first.bounding_box()
    x, y = marks["x"] + marks["width"] * 100.5 / 586, marks["y"] + marks["height"] * 200.5 / 640
    page.mouse.click(x, y)
    compared(bear)
    assert bear.state["prompt"]["point_coords"][1] == pytest.approx([100, 200], abs=1)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    page.wait_for_function("esamPage.canvas.frame.view.zoom > 1.5")
    bear.wait()
    widths = "[...document.querySelectorAll('.es-stage .es-photo')].map(p => p.clientWidth)"
    assert len({*page.evaluate(widths)[:3]}) == 1


def test_a_comparison_is_saved_as_a_picture(bear):
    bear.click(293, 320)
    compared(bear)
    with bear.page.expect_download() as waiting:
        bear.button("Save picture").click()
    assert waiting.value.suggested_filename == "000000000285-comparison.png"
    with Image.open(waiting.value.path()) as page:
        assert page.width > 2 * 586 and len(np.unique(np.asarray(page))) > 50


def test_a_phone_has_the_divider_alone_and_fingers_move_it(open_page, fake_server, bear_file):
    driver = open_page(fake_server, width=390, height=844, dpr=2, touch=True).choose(bear_file)
    page = driver.page
    driver.click(293, 320)
    page.get_by_role("tab", name="Compare").tap()
    compared(driver)
    assert not page.get_by_role("button", name="Side by side").is_visible()
    divider = page.get_by_role("slider", name="Divider between the two answers")
    divider.scroll_into_view_if_needed()
    box = divider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = driver.context.new_cdp_session(page)
    for kind, at in (("touchStart", x), ("touchMove", x + 60), ("touchMove", x + 90)):
        touch = {"type": kind, "touchPoints": [{"x": at, "y": y, "id": 1}]}
        session.send("Input.dispatchTouchEvent", touch)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("esamPage.versus.divider.share > 0.6")
    assert len(driver.wait().state["prompt"]["point_coords"]) == 1
