"""The tabs Salient and Text in the browser, with the bundled model."""

from dataclasses import replace

import pytest

from demo.engine import Engine
from esam_core.errors import InvalidSettings
from esam_core.everything import settings
from esam_core.text import TEXT_ENCODERS
from tests.conftest import serve
from tests.support.fakes import FakeCatalogue
from tests.support.hub import serve_hub


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
    assert "Offline words" in driver.page.locator("#es-text-about").inner_text()
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


@pytest.mark.browser
def test_words_are_clicked_results_are_said_and_go_when_the_text_changes(
    open_page, mini_server, bear_file
):
    driver = open_page(mini_server).choose(bear_file)
    page = driver.page
    page.get_by_role("tab", name="Text").click()
    driver.button("bear").click()
    message = page.locator("#es-text-message[aria-live=polite]")
    message.filter(has_text="1 found.").wait_for()
    assert layer(driver, "text-masks")["masks"]
    field = page.locator("#es-text-query textarea, #es-text-query input")
    assert field.input_value() == "bear"
    field.fill("bannana")
    page.wait_for_function("!esamPage.canvas.layers['text-masks']")
    page.wait_for_function("!document.querySelector('#es-text-message').innerText.trim()")
    assert page.locator("#es-text-ranked img").count() == 0
    page.keyboard.press("Enter")
    driver.button("banana").click()
    message.filter(has_text="Nothing found for “banana”").wait_for()
    assert field.input_value() == "banana"
    assert page.locator("#es-text-meant button").count() == 0


@pytest.mark.browser
def test_an_absent_text_model_is_fetched_where_it_is_chosen(
    open_page, mini_server, bear_file, monkeypatch, tmp_path
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    driver = open_page(mini_server).choose(bear_file)
    page, about = driver.page, driver.page.locator("#es-text-about")
    page.get_by_role("tab", name="Text").click()
    rule = page.get_by_label("Texts compete for a mask")
    assert rule.count() == 0
    assert "from 0.2 on it is found" in page.locator("#es-text-score").inner_text()
    page.locator("#es-mode-text").get_by_role("combobox").click()
    page.get_by_role("option", name="CLIP ViT-B/32").click()
    rule.wait_for()
    page.locator("#es-text-score", has_text="from 0.5 on it is likelier").wait_for()
    about.get_by_role("button", name="Download 605 MB").click()
    failed = about.locator("details")
    failed.wait_for()
    assert "no connection" not in failed.inner_text()
    failed.locator("summary").click()
    assert "no connection" in failed.inner_text()
    spec = TEXT_ENCODERS["ViT-B-32"]
    with serve_hub({(spec.repository, "open_clip_model.safetensors"): b"weights"}) as (hub, _):
        monkeypatch.setenv("HF_ENDPOINT", hub)
        about.get_by_role("button", name="Download 605 MB").click()
        about.filter(has_text="It is on this machine and ready.").wait_for()
    assert about.locator("button, details").count() == 0


@pytest.mark.browser
def test_a_model_is_used_as_soon_as_it_has_come(open_page, bear_file):
    page, url = serve(Engine(FakeCatalogue()))
    try:
        driver = open_page(url).choose(bear_file)
        assert driver.page.locator(".es-note").is_visible()
        driver.page.locator(".es-chip").click()
        driver.button("Download 12 MB: Absent").click()
        driver.page.wait_for_function("esamPage.models.name === 'absent'")
        assert driver.page.locator(".es-note").is_hidden()
    finally:
        page.close()
