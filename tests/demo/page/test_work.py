"""Work survives: other photos, reloads, going back, a lost network, a restarted server."""

import httpx
import numpy as np
import pytest

from demo.engine import Engine
from demo.pictures.visitor import READY
from demo.texts import page as texts
from tests.conftest import serve
from tests.support.fakes import FakeCatalogue

pytestmark = pytest.mark.browser

OBJECTS = "esamPage.canvas.doc.objects.length"
WRITTEN = "esamPage.keeper.written"


def kept(driver):
    """Wait until the work is in the browser's database."""
    driver.page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    driver.page.evaluate(WRITTEN)
    return driver


def reload(driver):
    driver.page.reload(wait_until="domcontentloaded")
    return returned(driver)


def returned(driver):
    driver.page.wait_for_function(READY)
    driver.page.wait_for_function("esamPage.keeper.key !== null")
    return driver.wait()


@pytest.fixture
def worked(open_page, fake_server, bear_file):
    """A page with two objects on the photo of the bear, the second of two clicks."""
    driver = open_page(fake_server).choose(bear_file).click(290, 300)
    driver.press("n")
    return driver.click(100, 100).click(150, 120)


def test_a_first_visit_shows_a_first_mask_without_a_click(open_page, fake_server, bear_file):
    driver = open_page(fake_server, photo=None)
    driver.page.wait_for_function("esamPage.canvas.hasMask(esamPage.canvas.active)")
    assert driver.wait().mask[330, 300]
    assert driver.page.evaluate("esamPage.source.example") == bear_file.name
    assert driver.state["message"]["text"] == texts.PAGE["welcome"]
    driver.button("Undo").click()
    assert driver.wait().mask is None


def test_an_address_can_ask_for_a_photo_and_earlier_work_goes_first(
    open_page, fake_server, bear_file, dog_file
):
    driver = open_page(fake_server, photo=dog_file.name)
    driver.page.wait_for_function("esamPage.keeper.key !== null")
    assert driver.wait().page.evaluate("esamPage.source.example") == dog_file.name
    assert driver.mask is None
    driver.choose(bear_file).click(290, 300)
    reload(kept(driver))
    assert driver.page.evaluate("esamPage.source.example") == bear_file.name


def test_reloading_shows_the_same_objects_and_undo_goes_on(worked):
    mask, state = worked.mask, worked.page.evaluate("esamPage.canvas.doc")
    reload(kept(worked))
    again = worked.page.evaluate("esamPage.canvas.doc")
    assert again == state and len(again["objects"]) == 2
    np.testing.assert_array_equal(worked.mask, mask)
    worked.button("Undo").click()
    worked.wait()
    assert len(worked.page.evaluate("esamPage.canvas.active.steps")) == 1
    worked.button("Redo").click()
    assert worked.page.evaluate("esamPage.canvas.doc") == state


def test_tab_and_model_are_the_same_after_reloading(worked):
    worked.page.locator(".es-chip").click()
    worked.page.get_by_role("button", name="Plain", exact=False).click()
    worked.page.get_by_role("tab", name="Salient").click()
    reload(kept(worked.wait()))
    assert worked.page.get_by_role("tab", selected=True).inner_text() == "Salient"
    assert worked.page.evaluate("esamPage.models.name") == "plain"


def test_the_window_is_called_after_the_photo(worked):
    assert worked.page.title().startswith("A brown bear")
    assert worked.page.title().endswith("EfficientSAM workspace")


def test_clicking_the_mask_of_another_object_selects_it(worked):
    first, second = (object["id"] for object in worked.state["objects"])
    worked.click(290, 300)
    assert worked.page.evaluate("esamPage.canvas.doc.active") == first
    assert worked.state["message"]["text"] == "Selected: Object 1"
    assert worked.state["prompt"]["point_labels"] == [1]
    worked.click(270, 310)  # its own mask takes the click
    assert worked.state["prompt"]["point_labels"] == [1, 1]
    worked.click(100, 100)
    assert worked.page.evaluate("esamPage.canvas.doc.active") == second
    worked.press("n")
    worked.click(290, 300)  # a new object may lie on another one
    assert worked.page.evaluate(OBJECTS) == 3


def test_the_keyboard_leaves_the_name_field_and_goes_through_the_tabs(worked):
    page = worked.page
    name = page.get_by_label("Name of the object").nth(1)
    name.focus()
    name.select_text()
    page.keyboard.type("bird")
    page.keyboard.press("Tab")
    worked.wait()  # the row is drawn with its new name in the next frame
    focused = "document.activeElement.ariaLabel || document.activeElement.textContent"
    assert page.evaluate(focused) == "Hide: bird"
    page.keyboard.press("Enter")
    worked.wait()
    assert page.evaluate(focused) == "Show: bird"
    page.get_by_role("tab", name="Points").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "Everything"
    page.keyboard.press("End")
    assert page.get_by_role("tab", selected=True).inner_text() == "Compare"
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", selected=True).inner_text() == "Points"


def test_each_photo_has_its_own_objects(worked, dog_file):
    worked.choose(dog_file)
    assert worked.page.evaluate(OBJECTS) == 1
    worked.click(300, 200)
    worked.page.locator('[data-photo="000000000285.jpg"]').click()
    worked.page.wait_for_function(f"{OBJECTS} === 2")
    worked.wait()
    assert worked.mask is not None
    worked.page.locator(f'[data-photo="{dog_file.name}"]').click()
    worked.page.wait_for_function(f"{OBJECTS} === 1")
    assert worked.wait().mask is not None


def test_a_click_just_before_another_photo_is_opened_is_not_lost(worked, dog_file):
    worked.page.mouse.click(*worked.at(400, 400))
    worked.choose(dog_file)
    worked.page.locator('[data-photo="000000000285.jpg"]').click()
    worked.page.wait_for_function(f"{OBJECTS} === 2")
    assert len(worked.page.evaluate("esamPage.canvas.active.steps")) == 3


def test_going_back_shows_the_work(worked, fake_server):
    kept(worked).page.goto(f"{fake_server}/config")
    worked.page.go_back(wait_until="domcontentloaded")
    returned(worked)
    assert worked.page.evaluate(OBJECTS) == 2


def test_an_upload_becomes_a_tile_comes_back_and_can_be_forgotten(
    open_page, fake_server, bear_file, dog_file
):
    driver = open_page(fake_server)
    driver._opened(lambda: driver.send(name="mine.png", content=dog_file.read_bytes()))
    driver.click(300, 200)
    tile = driver.page.get_by_role("button", name="mine.png", exact=True)
    assert tile.get_attribute("aria-current") == "true"
    mask = driver.mask
    driver.choose(bear_file)
    reload(kept(driver))
    assert driver.page.evaluate("esamPage.source.example") == bear_file.name
    driver._opened(tile.click)
    np.testing.assert_array_equal(driver.mask, mask)
    forget = driver.page.get_by_role("button", name="Forget this photo", exact=False)
    forget.click()
    assert tile.count() == 0
    driver.page.wait_for_function("async () => (await esamPage.store.photos()).length === 1")
    reload(driver)
    assert tile.count() == 0


def test_masks_of_a_mode_survive_with_their_pixels(worked):
    worked.page.evaluate(
        """async () => {
          const { canvas } = esamPage, picture = canvas.maskOf(canvas.active);
          const mask = { picture, pngs: [esamPage.asPng(picture)], name: 'kept', model: 'fake',
                         predicted_iou: 0.5, stability_score: null, score: null };
          canvas.addMasks([mask]);
        }"""
    )
    mask = worked.wait().mask
    reload(kept(worked))
    assert worked.page.evaluate("esamPage.canvas.active.name") == "kept"
    np.testing.assert_array_equal(worked.mask, mask)


def test_clicks_without_a_network_are_answered_when_it_is_back(worked):
    worked.expect_console("ERR_")
    worked.context.set_offline(True)
    worked.page.mouse.click(*worked.at(400, 400))
    worked.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    worked.page.evaluate("window.sameDocument = true")
    worked.context.set_offline(False)
    worked.page.wait_for_function("esamPage.canvas.message.tone !== 'error'")
    worked.wait()
    assert worked.page.evaluate("window.sameDocument")  # Gradio would have loaded its page again
    assert worked.page.evaluate(OBJECTS) == 2
    assert worked.page.evaluate("esamPage.canvas.active.steps.length") == 3
    assert worked.mask[400, 400]
    assert worked.page.locator(".toast-body").count() == 0


def test_a_restarted_server_is_given_the_photo_again(open_page, bear_file):
    page, url = serve(Engine(FakeCatalogue()))
    driver = open_page(url).choose(bear_file).click(290, 300)
    for expected in ("ERR_", "errored out", "AbortError", "network error"):
        driver.expect_console(expected)
    mask = kept(driver).mask
    page.close()
    driver.page.mouse.click(*driver.at(100, 100))
    driver.page.wait_for_function("esamPage.canvas.message.tone === 'error'")
    again, other = serve(Engine(FakeCatalogue()), port=httpx.URL(url).port)
    try:
        assert other == url
        driver.page.wait_for_timeout(4000)  # Gradio may load its page again within this time
        returned(driver)
        driver.page.wait_for_function("esamPage.canvas.message.tone !== 'error'")
        driver.wait()
        assert driver.mask[100, 100]
        assert len(driver.page.evaluate("esamPage.canvas.active.steps")) == 2
        driver.button("Undo").click()
        np.testing.assert_array_equal(driver.wait().mask, mask)
    finally:
        again.close()


def test_without_a_database_the_work_lasts_as_long_as_the_page(
    open_page, fake_server, bear_file, dog_file
):
    driver = open_page(fake_server)
    driver.page.evaluate("esamPage.store.database = Promise.resolve(null)")
    driver.choose(bear_file).click(290, 300)
    driver.choose(dog_file)
    driver.choose(bear_file)
    assert driver.mask is not None
