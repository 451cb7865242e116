"""The tabs Salient and Text in the browser, with the bundled model."""

from dataclasses import replace

import pytest

from esam_core.errors import InvalidSettings
from esam_core.everything import settings


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    """Four points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    monkeypatch.setitem(settings.PRESETS, "fast", replace(row, points_per_side=4))


def layer(driver, name):
    driver.page.wait_for_function(f"esamPage.canvas.layers['{name}']")
    return driver.page.evaluate(f"esamPage.canvas.layers['{name}']")


@pytest.mark.browser
@pytest.mark.parametrize("look", [{}, {"width": 390, "height": 844, "dpr": 2, "touch": True}])
def test_salient_tab_shows_map_points_and_mask(open_page, mini_server, dog_file, look):
    driver = open_page(mini_server, **look).choose(dog_file)
    driver.page.get_by_role("tab", name="Salient").click()
    driver.button("Find salient").click()
    driver.page.locator("#es-salient-message", has_text="stand").wait_for()
    assert layer(driver, "salient-map")["kind"] == "heat"
    before = layer(driver, "salient-points")["points"]
    assert len(before) % 3 == 0
    seed = driver.page.locator("#es-salient-seed input").input_value()
    driver.button("Shuffle points").click()
    driver.page.wait_for_function(
        "b => JSON.stringify(esamPage.canvas.layers['salient-points'].points) !== b",
        arg=driver.page.evaluate("b => JSON.stringify(b)", before),
    )
    assert driver.page.locator("#es-salient-seed input").input_value() != seed
    assert driver.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    driver.button("Keep as objects").click()
    driver.page.locator("#es-salient-message", has_text="kept").wait_for()
    assert all(o["mask"] for o in driver.wait().state["objects"])


@pytest.mark.browser
@pytest.mark.parametrize("look", [{}, {"width": 390, "height": 844, "dpr": 2, "touch": True}])
def test_text_tab_ranks_picks_and_keeps(open_page, mini_server, bear_file, look):
    driver = open_page(mini_server, **look).choose(bear_file)
    driver.page.get_by_role("tab", name="Text").click()
    assert "Offline vocabulary" in driver.page.locator("#es-text-about").inner_text()
    assert "--encoder ViT-B-32 --download" in driver.page.locator("#es-text-about").inner_text()
    driver.page.locator("#es-text-query textarea, #es-text-query input").fill(
        "a brown bear, <i>x</i>"
    )
    driver.page.keyboard.press("Enter")
    driver.page.locator("#es-text-ranked img").first.wait_for()
    message = driver.page.locator("#es-text-message")
    assert "<i>x</i>" in message.inner_text()
    assert message.locator("i").count() == 0
    assert len(layer(driver, "text-masks")["masks"]) == 1
    driver.page.locator("#es-text-ranked .thumbnail-item").last.click()
    driver.wait()
    assert len(layer(driver, "text-masks")["masks"]) == 1
    assert driver.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    driver.button("Keep as objects").last.click()
    message.filter(has_text="kept").wait_for()
    assert [o["name"] for o in driver.wait().state["objects"]] == ["a brown bear"]


@pytest.mark.browser
def test_another_photo_clears_the_message(open_page, mini_server, bear_file, dog_file):
    driver = open_page(mini_server).choose(bear_file)
    driver.page.get_by_role("tab", name="Text").click()
    driver.page.locator("#es-text-query textarea, #es-text-query input").fill("qwxz")
    driver.button("Find").click()
    driver.page.locator("#es-text-message", has_text="not in the offline vocabulary").wait_for()
    driver.choose(dog_file)
    driver.page.wait_for_function("!document.querySelector('#es-text-message').innerText.trim()")


@pytest.mark.browser
def test_a_failed_pick_is_shown_as_an_error(open_page, mini_server, bear_file, monkeypatch):
    driver = open_page(mini_server).choose(bear_file)
    driver.page.get_by_role("tab", name="Text").click()
    driver.page.locator("#es-text-query textarea, #es-text-query input").fill("bear")
    driver.button("Find").click()
    driver.page.locator("#es-text-ranked img").first.wait_for()

    def refuse(*args, **kwargs):
        raise InvalidSettings("no pick today.")

    monkeypatch.setattr("demo.handlers.text.search", refuse)
    driver.page.locator("#es-text-ranked .thumbnail-item").last.click()
    driver.page.locator("#es-text-message .es-error", has_text="no pick today.").wait_for()
    driver.button("Keep as objects").last.click()
    driver.page.locator("#es-text-message .es-error", has_text="no pick today.").wait_for()
