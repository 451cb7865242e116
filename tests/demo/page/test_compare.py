"""The page's Compare tab: the same clicks on several, side by side."""

import numpy as np
import pytest

from demo.engine.engine import Engine
from demo.engine.photos import PhotoGone
from demo.handlers import compare as comparing
from demo.handlers.compare import Contestant
from esam_core.errors import InvalidPrompt, InvalidSettings
from esam_core.masks import RULES
from esam_core.prompts import Prompt
from tests.support.fakes import FakeCatalogue


@pytest.fixture
def photo(engine):
    return engine.open_photo(np.full((100, 140, 3), 90, np.uint8))


def value(photo, prompt=None):
    return {"token": photo.token, "prompt": (prompt or Prompt.point(70, 50)).to_json()}


def test_every_present_model_is_offered_with_every_rule_and_absent_ones_are_named(engine):
    keys = [one.key for one in comparing.contestants(engine)]
    assert keys[:2] == ["fake/predicted_iou", "plain/predicted_iou"]
    assert len(keys) == 2 * 4 + 2 and keys[-2:] == [
        "fake@fp32/predicted_iou",
        "plain@fp32/predicted_iou",
    ]
    assert comparing.absent(engine) == [("Absent", "get absent")]
    assert comparing.at_first(comparing.contestants(engine)) == keys[:2]


def test_a_single_model_begins_with_two_rules_that_disagree():
    alone = [Contestant("one", "One", rule) for rule in RULES]
    assert comparing.at_first(alone) == ["one/predicted_iou", "one/smallest"]


def test_contestants_answer_one_prompt(engine, photo):
    keys = ["fake/predicted_iou", "plain/predicted_iou", "fake/largest", "fake/smallest"]
    result = comparing.compare_prompt(engine, value(photo), keys)
    assert len(result.masks) == len(result.pictures) == 4
    assert result.iou[0, 1] == 1 and result.iou[2, 3] < 0.2
    assert result.masks.area[2] > result.masks.area[0] > result.masks.area[3]
    rows = comparing.as_rows(result)
    assert rows[0][:2] == ["Fake, by its own score", "fake, fp32"]
    assert all(len(row) == 4 + 4 for row in rows)


def test_a_model_is_asked_once_for_all_its_rules(engine, photo):
    comparing.compare_prompt(engine, value(photo), ["fake/largest", "fake/smallest"])
    assert len(engine.models.segmenter("fake").prompts) == 1


def test_a_quick_precision_is_set_against_the_exact_one():
    engine = Engine(FakeCatalogue(precision="bf16"))
    engine.models.start()
    photo = engine.open_photo(np.full((100, 140, 3), 90, np.uint8))
    keys = ["fake/predicted_iou", "fake@fp32/predicted_iou"]
    result = comparing.compare_prompt(engine, value(photo), keys)
    assert result.provenances == ("fake, bf16", "fake, fp32")
    assert result.contestants[1].label == "Fake in fp32, by its own score"
    assert comparing.at_first(comparing.contestants(engine)) == [
        "fake/predicted_iou",
        "plain/predicted_iou",
    ]


def test_large_photos_are_shown_smaller(engine):
    big = engine.open_photo(np.zeros((1500, 2000, 3), np.uint8))
    result = comparing.compare_prompt(engine, value(big), ["fake/largest", "plain/largest"])
    assert result.pictures[0].shape == (750, 1000, 3)
    assert result.masks.image_hw == (1500, 2000)


@pytest.mark.parametrize(
    "keys", [[], ["fake/largest"], ["fake/largest", "no/rule"], ["fake/largest"] * 5]
)
def test_too_few_too_many_or_unknown_are_refused(engine, photo, keys):
    with pytest.raises(InvalidSettings, match="two to 4"):
        comparing.compare_prompt(engine, value(photo), keys)


def test_without_photo_or_prompt_nothing_is_compared(engine, photo):
    keys = ["fake/largest", "fake/smallest"]
    with pytest.raises(PhotoGone):
        comparing.compare_prompt(engine, {}, keys)
    with pytest.raises(InvalidPrompt):
        comparing.compare_prompt(engine, {"token": photo.token, "prompt": {}}, keys)


@pytest.mark.browser
def test_compare_on_the_page_shows_table_slider_and_pictures(open_page, fake_server, bear_file):
    desk = open_page(fake_server).choose(bear_file)
    desk.page.get_by_role("tab", name="Compare").click()
    desk.click(290, 300)
    desk.page.locator("#es-compare-run").click()
    table = desk.page.locator("#es-compare-table table")
    table.wait_for()
    assert table.locator("tbody tr").count() == 2
    assert "Fake, by its own score" in table.inner_text()
    assert desk.page.locator("#es-mode-compare img").count() >= 2
    desk.click(200, 200)
    assert len(desk.state["prompt"]["point_coords"]) == 2


@pytest.mark.browser
def test_compare_without_clicks_says_so(open_page, fake_server, bear_file):
    desk = open_page(fake_server).choose(bear_file)
    desk.page.get_by_role("tab", name="Compare").click()
    desk.page.locator("#es-compare-run").click()
    desk.page.locator("#es-compare-note", has_text="Nothing was pointed at").wait_for()
