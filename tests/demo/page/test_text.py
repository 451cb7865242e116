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


def layer(desk, name):
    desk.page.wait_for_function(f"esamPage.canvas.layers['{name}']")
    return desk.page.evaluate(f"esamPage.canvas.layers['{name}']")


@pytest.mark.browser
@pytest.mark.parametrize("look", [{}, {"width": 390, "height": 844, "dpr": 2, "touch": True}])
def test_salient_tab_shows_map_points_and_mask(open_page, mini_server, dog_file, look):
    desk = open_page(mini_server, **look).choose(dog_file)
    desk.page.get_by_role("tab", name="Salient").click()
    desk.button("Find salient").click()
    desk.page.locator("#es-salient-message", has_text="stand").wait_for()
    assert layer(desk, "salient-map")["kind"] == "heat"
    before = layer(desk, "salient-points")["points"]
    assert len(before) % 3 == 0
    seed = desk.page.locator("#es-salient-seed input").input_value()
    desk.button("Shuffle points").click()
    desk.page.wait_for_function(
        "b => JSON.stringify(esamPage.canvas.layers['salient-points'].points) !== b",
        arg=desk.page.evaluate("b => JSON.stringify(b)", before),
    )
    assert desk.page.locator("#es-salient-seed input").input_value() != seed
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.button("Keep as objects").click()
    desk.page.locator("#es-salient-message", has_text="kept").wait_for()
    assert all(o["mask"] for o in desk.wait().state["objects"])


@pytest.mark.browser
@pytest.mark.parametrize("look", [{}, {"width": 390, "height": 844, "dpr": 2, "touch": True}])
def test_text_tab_ranks_picks_and_keeps(open_page, mini_server, bear_file, look):
    desk = open_page(mini_server, **look).choose(bear_file)
    desk.page.get_by_role("tab", name="Text").click()
    assert "Offline vocabulary" in desk.page.locator("#es-text-about").inner_text()
    assert "--encoder ViT-B-32 --download" in desk.page.locator("#es-text-about").inner_text()
    desk.page.locator("#es-text-query textarea, #es-text-query input").fill(
        "a brown bear, <i>x</i>"
    )
    desk.page.keyboard.press("Enter")
    desk.page.locator("#es-text-ranked img").first.wait_for()
    told = desk.page.locator("#es-text-message")
    assert "<i>x</i>" in told.inner_text()
    assert told.locator("i").count() == 0
    assert len(layer(desk, "text-masks")["masks"]) == 1
    desk.page.locator("#es-text-ranked .thumbnail-item").last.click()
    desk.wait()
    assert len(layer(desk, "text-masks")["masks"]) == 1
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.button("Keep as objects").last.click()
    told.filter(has_text="kept").wait_for()
    assert [o["name"] for o in desk.wait().state["objects"]] == ["a brown bear"]


@pytest.mark.browser
def test_another_photo_clears_what_was_said(open_page, mini_server, bear_file, dog_file):
    desk = open_page(mini_server).choose(bear_file)
    desk.page.get_by_role("tab", name="Text").click()
    desk.page.locator("#es-text-query textarea, #es-text-query input").fill("qwxz")
    desk.button("Find").click()
    desk.page.locator("#es-text-message", has_text="not in the offline vocabulary").wait_for()
    desk.choose(dog_file)
    desk.page.wait_for_function("!document.querySelector('#es-text-message').innerText.trim()")


@pytest.mark.browser
def test_a_pick_that_fails_is_said_as_an_error(open_page, mini_server, bear_file, monkeypatch):
    desk = open_page(mini_server).choose(bear_file)
    desk.page.get_by_role("tab", name="Text").click()
    desk.page.locator("#es-text-query textarea, #es-text-query input").fill("bear")
    desk.button("Find").click()
    desk.page.locator("#es-text-ranked img").first.wait_for()

    def refuse(*args, **kwargs):
        raise InvalidSettings("no pick today.")

    monkeypatch.setattr("demo.handlers.text.search", refuse)
    desk.page.locator("#es-text-ranked .thumbnail-item").last.click()
    desk.page.locator("#es-text-message .es-error", has_text="no pick today.").wait_for()
    desk.button("Keep as objects").last.click()
    desk.page.locator("#es-text-message .es-error", has_text="no pick today.").wait_for()
