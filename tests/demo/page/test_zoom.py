"""Zoom and pan: the pixel under the pointer stays true, and masks stay sharp."""

import io

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.browser

ZOOM = "esamPage.canvas.frame.view.zoom"
FRAME = """(() => { const rect = esamPage.canvas.frame.el.getBoundingClientRect();
  return [rect.left, rect.top, rect.width, rect.height]; })()"""


def place(driver, x, y):
    """The position on the screen of a pixel of the photo, at any zoom."""
    left, top, width, height = driver.page.evaluate(FRAME)
    full = driver.state["size"]
    return left + (x + 0.5) * width / full[0], top + (y + 0.5) * height / full[1]


def click(driver, x, y):
    driver.page.mouse.click(*place(driver, x, y))
    return driver.wait()


@pytest.fixture
def bear(open_page, fake_server, bear_file):
    return open_page(fake_server).choose(bear_file)


def test_the_wheel_zooms_at_the_pointer_and_clicks_hit_their_pixel(bear):
    x, y = place(bear, 400, 200)
    bear.page.mouse.move(x, y)
    for _ in range(4):
        bear.page.mouse.wheel(0, -300)
    bear.page.wait_for_function(f"{ZOOM} > 3")
    bear.wait()
    assert place(bear, 400, 200) == pytest.approx((x, y), abs=4)
    click(bear, 405, 210)
    assert bear.state["prompt"]["point_coords"] == [[405, 210]]
    stage = bear.page.locator(".es-stage").bounding_box()
    marks = bear.page.locator(".es-marks").bounding_box()
    assert marks["width"] <= stage["width"] + 1 and marks["height"] <= stage["height"] + 1


def test_dragging_with_the_space_bar_moves_the_photo_and_adds_nothing(bear):
    page = bear.page
    page.locator(".es-stage").focus()
    for _ in range(4):
        bear.press("+")
    before = place(bear, 300, 300)
    page.keyboard.down(" ")
    page.mouse.move(*before)
    page.mouse.down()
    page.mouse.move(before[0] + 60, before[1] + 40, steps=4)
    page.mouse.up()
    page.keyboard.up(" ")
    assert place(bear, 300, 300) == pytest.approx((before[0] + 60, before[1] + 40), abs=2)
    assert bear.wait().state["prompt"] == {
        "point_coords": [], "point_labels": [], "box_xyxy": None
    }  # fmt: skip
    bear.press("0")
    assert page.evaluate(ZOOM) == 1
    bear.press("9")
    assert page.locator(".es-zoom-level").inner_text() == "100 %"


def test_boxes_drawn_at_any_zoom_are_in_pixels_of_the_photo(bear):
    bear.press("9")
    start, end = place(bear, 250, 260), place(bear, 329, 349)
    bear.page.mouse.move(*start)
    bear.page.mouse.down()
    bear.page.mouse.move(*end, steps=5)
    bear.page.mouse.up()
    assert bear.wait().state["prompt"]["box_xyxy"] == [250, 260, 330, 350]


def test_two_fingers_zoom_and_leave_no_click(open_page, fake_server, bear_file):
    driver = open_page(fake_server, width=390, height=844, dpr=2, touch=True).choose(bear_file)
    x, y = place(driver, 290, 300)
    session = driver.context.new_cdp_session(driver.page)

    def fingers(kind, *at):
        session.send(
            "Input.dispatchTouchEvent",
            {
                "type": kind,
                "touchPoints": [{"x": px, "y": py, "id": i} for i, (px, py) in enumerate(at)],
            },
        )

    fingers("touchStart", (x - 20, y))
    fingers("touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 6):
        fingers("touchMove", (x - 20 - 8 * step, y), (x + 20 + 8 * step, y))
    fingers("touchEnd")
    driver.page.wait_for_function(f"{ZOOM} > 2")
    assert driver.wait().state["prompt"]["point_coords"] == []


def test_tapping_twice_zooms_in_and_takes_the_click_back(open_page, fake_server, bear_file):
    driver = open_page(fake_server, width=390, height=844, dpr=2, touch=True).choose(bear_file)
    at = place(driver, 290, 300)
    driver.page.touchscreen.tap(*at)
    driver.page.touchscreen.tap(*at)
    driver.page.wait_for_function(f"{ZOOM} > 2")
    assert driver.wait().state["prompt"]["point_coords"] == []


def test_a_panorama_can_be_worked_on_at_its_full_size(open_page, fake_server):
    pixels = np.zeros((200, 10000, 3), np.uint8)
    pixels[:, 5000:] = 200
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    driver = open_page(fake_server)
    driver._opened(lambda: driver.send(content=file.getvalue()))
    assert driver.page.evaluate(FRAME)[3] < 30
    driver.press("9")
    assert driver.page.evaluate(FRAME)[2:] == [10000, 200]
    click(driver, 5100, 120)
    assert driver.state["prompt"]["point_coords"] == [[5100, 120]]
    assert driver.mask is not None


def test_the_next_photo_fits_again(bear, dog_file):
    bear.press("9")
    bear.choose(dog_file)
    assert bear.page.evaluate(ZOOM) == 1
