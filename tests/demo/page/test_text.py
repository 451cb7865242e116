"""The tabs Salient and Text: handlers without a browser, then the page with the bundled model."""

from dataclasses import replace

import numpy as np
import pytest

from demo.handlers import salient as salience
from demo.handlers import text as naming
from demo.handlers.pictures import mask_from_url
from demo.tabs import salient as salient_tab
from demo.tabs import text as text_tab
from esam_core.errors import EsamError, InvalidPrompt
from esam_core.everything import settings
from esam_core.geometry import mask_iou
from esam_core.saliency.masks import SalientSettings
from tests.support.fakes import seen_by


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    """Four points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    monkeypatch.setitem(settings.PRESETS, "fast", replace(row, points_per_side=4))


# ---- salient, without a browser ----


def test_map_points_and_mask_lie_on_the_bear(mini_engine, bear_file, bear):
    seen = seen_by(mini_engine, bear_file)
    sight, answer = salience.find(mini_engine, seen, SalientSettings())
    layers = salience.layers(sight, answer)
    assert {layer["kind"] for layer in layers.values()} == {"heat", "markers", "masks"}
    assert {layer["token"] for layer in layers.values()} == {seen["token"]}
    for x, y, label in layers["salient-points"]["points"]:
        assert label == 1
        assert answer.components.any(0)[round(y), round(x)]
    mask = mask_from_url(layers["salient-masks"]["masks"][0]["png"], bear[1].shape)
    assert mask_iou(mask[None], bear[1][None]) > 0.7


def test_map_is_computed_once_for_all_settings(mini_engine, dog_file, monkeypatch):
    seen = seen_by(mini_engine, dog_file)
    first = salience.find(mini_engine, seen, SalientSettings())[1]
    monkeypatch.setattr(mini_engine, "tools", None)  # where the saliency model would come from
    second = salience.find(mini_engine, seen, SalientSettings(threshold=0.8, seed=7))[1]
    assert second.saliency is first.saliency
    assert second.seed == 7
    assert second.prompts != first.prompts


def test_large_photo_is_answered_small_with_points_in_its_own_pixels(mini_engine, bear):
    large = np.asarray(bear[0]).repeat(4, 0).repeat(4, 1)
    sight, answer = salience.find(mini_engine, seen_by(mini_engine, large), SalientSettings())
    assert max(answer.masks.image_hw) == 1280
    points = np.array(salience.layers(sight, answer)["salient-points"]["points"])
    truth = bear[1].repeat(4, 0).repeat(4, 1)
    assert points[:, :2].max() > 1280
    assert all(truth[int(y), int(x)] for x, y, _ in points)


def test_grey_picture_has_nothing_salient(mini_engine):
    seen = seen_by(mini_engine, np.full((60, 80, 3), 128, np.uint8))
    sight, answer = salience.find(mini_engine, seen, SalientSettings())
    assert salience.layers(sight, answer)["salient-masks"]["masks"] == []
    assert "Nothing stands out" in salience.sentence(answer)


def test_without_a_photo_both_ask_for_one(mini_engine):
    for value in (None, {}, {"token": None}, "x"):
        with pytest.raises(InvalidPrompt, match="Choose a photo"):
            salience.find(mini_engine, value, SalientSettings())
        with pytest.raises(InvalidPrompt, match="Choose a photo"):
            naming.find(mini_engine, value, "dog", 0.1)


def test_shuffle_always_changes_the_seed():
    assert all(salient_tab._other_seed(seed) != seed for seed in range(50))
    assert salient_tab._other_seed(None) >= 0


# ---- text, without a browser ----


@pytest.fixture(scope="module")
def bear_seen(mini_engine, bear_file):
    return seen_by(mini_engine, bear_file)


def test_each_text_has_its_colour_and_its_best_masks(mini_engine, bear_seen):
    found = naming.find(mini_engine, bear_seen, "a bear, animals", 0.1)
    chosen = [hit for hit in found.hits if hit.chosen]
    assert {hit.label for hit in chosen} == {"a bear", "animals"}
    masks = naming.layers(found, chosen)["text-masks"]["masks"]
    assert len({mask["colour"] for mask in masks}) == 2
    pictures = naming.thumbnails(found)
    assert len(pictures) == len(found.hits)
    assert max(max(picture.shape) for picture, _ in pictures) <= 200
    assert pictures[0][1] == f"{found.hits[0].score:.2f} a bear"


def test_next_text_costs_no_look_at_the_photo(mini_engine, bear_seen, monkeypatch):
    naming.find(mini_engine, bear_seen, "bear", 0.1)
    monkeypatch.setattr(naming, "propose", None)
    monkeypatch.setattr(naming, "embed_regions", None)
    assert naming.find(mini_engine, bear_seen, "banana", 0.1).notices


def test_unknown_word_is_said_and_the_others_are_answered(mini_engine, bear_seen):
    found = naming.find(mini_engine, bear_seen, "bannana, a red bear, bear on the left", 0.1)
    assert [text.subject for text in found.ranking.texts] == ["bear", "bear"]
    said = " ".join(found.notices)
    for part in ("Did you mean banana", "no colours", "on the left"):
        assert part in said


def test_no_match_is_an_answer(mini_engine, bear_seen):
    found = naming.find(mini_engine, bear_seen, "banana", 0.9)
    assert not any(hit.chosen for hit in found.hits)
    assert "No match for “banana”" in found.notices[-1]
    assert naming.layers(found, [])["text-masks"]["masks"] == []


@pytest.mark.parametrize("query", ["", " , ", "x" * 2000])
def test_bad_query_is_refused_with_a_sentence(mini_engine, bear_seen, query):
    with pytest.raises(EsamError):
        naming.find(mini_engine, bear_seen, query, 0.1)


@pytest.mark.parametrize("query", ["😀", "狗", "<img src=x onerror=alert(1)>"])
def test_text_that_nobody_understands_gives_sentences_and_no_masks(mini_engine, bear_seen, query):
    found = naming.find(mini_engine, bear_seen, query, 0.1)
    assert found.hits == []
    assert found.notices
    assert "<img" not in text_tab._lines(found.notices)


def test_absent_clip_is_refused_with_the_way_to_get_it(mini_engine, bear_seen, monkeypatch):
    monkeypatch.setattr("esam_core.text.clip.cached_weights", lambda recipe: None)
    with pytest.raises(EsamError, match="--encoder ViT-B-32 --download"):
        naming.find(mini_engine, bear_seen, "a red bear", 0.1, "ViT-B-32")


# ---- in the browser ----


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
