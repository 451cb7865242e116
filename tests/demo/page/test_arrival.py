"""A photo on its way: seen at once, counted, stopped, and never in the way of the former one."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.loadtest.client import PageClient, PageError
from demo.texts import page as texts

ARRIVAL = "esamPage.arrival"
HEIC = Path(__file__).parents[2] / "core" / "images" / "turned.heic"


def noise(size_hw=(300, 400), kind="PNG", **more) -> bytes:
    """A picture that does not become smaller as a file."""
    pixels = np.random.default_rng(0).integers(0, 255, (*size_hw, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **more)
    return file.getvalue()


def throttled(driver, bytes_per_second):
    network = driver.context.new_cdp_session(driver.page)
    network.send("Network.enable")
    rates = {"downloadThroughput": -1, "uploadThroughput": bytes_per_second, "latency": 0}
    network.send("Network.emulateNetworkConditions", {"offline": False, **rates})
    return driver


def held(driver):
    """Hold uploads back; returns the list that they are put into."""
    waiting = []
    driver.context.route(re.compile("/upload$"), lambda route: waiting.append(route))
    return waiting


@pytest.mark.browser
def test_a_slow_upload_is_seen_counted_and_cancelled_and_the_former_work_stays(
    open_page, fake_server, bear_file
):
    driver = open_page(fake_server).choose(bear_file).click(290, 300)
    page, before, mask = driver.page, driver.state, driver.mask
    throttled(driver, 60_000).send(name="noise.jpg", content=noise(kind="JPEG", quality=98))
    page.wait_for_function(f"{ARRIVAL}.picture.querySelector('img')?.naturalWidth === 400")
    page.wait_for_function(f"/ [1-9]\\d? %/.test({ARRIVAL}.words.textContent)")
    assert 0 < page.evaluate(f"{ARRIVAL}.bar.value") < 1
    assert "noise.jpg" in page.locator(".es-arrival").inner_text()

    page.locator(".es-stage").click(position={"x": 20, "y": 20})
    page.locator(".es-status", has_text=texts.PAGE["photo_coming"]).wait_for()
    page.keyboard.press("Control+z")
    page.keyboard.press("n")
    page.locator(".es-thumb").first.focus()
    page.keyboard.press("a")
    driver.button("Cancel and go back").click()
    assert not page.locator(".es-arrival").is_visible()
    assert page.evaluate("esamPage.canvas.how") == "correct"
    after = driver.wait().state
    assert after["objects"] == before["objects"] and after["size"] == before["size"]
    np.testing.assert_array_equal(driver.mask, mask)
    assert after["message"]["text"] == texts.PAGE["photo_cancelled"]
    driver.click(400, 400)  # the photo takes clicks again
    assert len(driver.state["prompt"]["point_labels"]) == 2

    throttled(driver, -1)
    driver._opened(lambda: driver.send(name="noise.jpg", content=noise(kind="JPEG")))
    assert driver.state["size"] == [400, 300]
    assert not page.locator(".es-arrival").is_visible()
    assert page.evaluate("!esamPage.panel.el.inert && !esamPage.canvas.bar.el.inert")


@pytest.mark.browser
def test_a_preview_is_turned_as_its_exif_says_and_what_browsers_cannot_show_is_named(
    open_page, fake_server
):
    driver = open_page(fake_server)
    page, waiting = driver.page, held(driver)
    turned = Image.Exif()
    turned[0x112] = 6
    driver.send(name="turned.jpg", content=noise(kind="JPEG", exif=turned))
    page.wait_for_function(f"{ARRIVAL}.picture.querySelector('img')?.naturalHeight === 400")
    deep = io.BytesIO()
    Image.fromarray(np.zeros((9, 9), np.uint16)).save(deep, "PNG")
    for name, content in (("deep.png", deep.getvalue()), ("phone.heic", HEIC.read_bytes())):
        driver.send(name=name, content=content)
        page.wait_for_function(f"name => {ARRIVAL}.name.textContent === name", arg=name)
        page.wait_for_timeout(200)
        assert page.evaluate(f"{ARRIVAL}.picture.querySelector('img')") is None
        assert page.locator(".es-arrival-picture .es-icon").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".es-arrival").is_visible()
    assert page.get_by_text("Choose a photo").is_visible()
    assert len(waiting) == 3
    driver.context.unroute(re.compile("/upload$"))
    driver._opened(lambda: driver.send(name="phone.heic", content=HEIC.read_bytes()))


@pytest.mark.browser
def test_an_upload_that_fails_says_so_and_the_former_photo_stays(open_page, fake_server, bear_file):
    driver = open_page(fake_server).choose(bear_file)
    driver.expect_console("ERR_FAILED")
    driver.context.route(re.compile("/upload$"), lambda route: route.abort())
    driver.send(name="mine.jpg", content=noise(kind="JPEG"))
    driver.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    assert driver.state["message"]["text"] == texts.PAGE["no_upload"]
    assert not driver.page.locator(".es-arrival").is_visible()
    assert driver.click(290, 300).mask is not None


@pytest.mark.parametrize("meta", [{"meta": {"_type": "gradio.FileData"}}, {}])
def test_only_files_that_were_uploaded_are_opened(fake_server, bear_file, meta):
    with contextlib.closing(PageClient(fake_server)) as client:
        assert client.upload(bear_file.read_bytes())["token"]
        with pytest.raises(PageError):
            client._event("upload", [{"path": str(bear_file), "orig_name": "x.jpg", **meta}], None)
