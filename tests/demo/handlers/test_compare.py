"""The same clicks on several models: choices, results and errors."""

import numpy as np
import pytest

from demo.engine import Engine
from demo.handlers import compare
from demo.handlers.compare import ModelChoice
from esam_core.errors import InvalidSettings
from esam_core.masks import RULES
from esam_core.prompts import Prompt
from tests.support.fakes import FakeCatalogue
from tests.support.payloads import prompt_payload

CLICK = Prompt.point(70, 50)


def search(engine, photo, keys, prompt=CLICK):
    return compare.search(engine, photo, prompt, keys)


def test_every_present_model_is_offered_with_every_rule_and_absent_ones_are_named(engine):
    keys = [one.key for one in compare.model_choices(engine)]
    assert keys[:2] == ["fake/predicted_iou", "plain/predicted_iou"]
    assert len(keys) == 2 * 4 + 2 and keys[-2:] == [
        "fake@fp32/predicted_iou",
        "plain@fp32/predicted_iou",
    ]
    assert compare.absent_models(engine) == [
        (
            "Absent: its weights are not on this machine.",
            "python -m esam_core weights download absent",
        )
    ]
    assert compare.first_choices(compare.model_choices(engine)) == keys[:2]


def test_a_single_model_begins_with_two_rules_that_disagree():
    alone = [ModelChoice("one", "One", rule) for rule in RULES]
    assert compare.first_choices(alone) == ["one/predicted_iou", "one/smallest"]


def test_the_chosen_models_run_on_one_prompt(engine, photo):
    keys = ["fake/predicted_iou", "plain/predicted_iou", "fake/largest", "fake/smallest"]
    result = search(engine, photo, keys)
    assert len(result.masks) == len(result.pictures) == 4
    assert result.iou[0, 1] == 1 and result.iou[2, 3] < 0.2
    assert result.masks.area[2] > result.masks.area[0] > result.masks.area[3]
    rows = compare.rows_of(result)
    assert rows[0][:2] == ["Fake, by its own score", "fake, fp32"]
    assert all(len(row) == 4 + 4 for row in rows)


def test_a_model_runs_once_for_all_its_rules(engine, photo):
    search(engine, photo, ["fake/largest", "fake/smallest"])
    assert len(engine.models.segmenter("fake").prompts) == 1


def test_a_fast_precision_is_compared_with_the_exact_one():
    engine = Engine(FakeCatalogue(precision="bf16"))
    engine.models.start()
    photo = engine.open_photo(np.full((100, 140, 3), 90, np.uint8))
    keys = ["fake/predicted_iou", "fake@fp32/predicted_iou"]
    result = search(engine, photo, keys)
    assert result.provenances == ("fake, bf16", "fake, fp32")
    assert result.choices[1].label == "Fake in fp32, by its own score"
    assert compare.first_choices(compare.model_choices(engine)) == [
        "fake/predicted_iou",
        "plain/predicted_iou",
    ]


def test_large_photos_are_shown_smaller(engine):
    big = engine.open_photo(np.zeros((1500, 2000, 3), np.uint8))
    result = search(engine, big, ["fake/largest", "plain/largest"])
    assert result.pictures[0].shape == (750, 1000, 3)
    assert result.masks.image_hw == (1500, 2000)


@pytest.mark.parametrize(
    "keys", [[], ["fake/largest"], ["fake/largest", "no/rule"], ["fake/largest"] * 5]
)
def test_too_few_too_many_or_unknown_are_refused(engine, photo, keys):
    with pytest.raises(InvalidSettings, match="two to 4"):
        search(engine, photo, keys)


def test_the_reply_has_what_the_page_shows_and_the_masks(engine, photo):
    payload = prompt_payload(photo, [[70, 50]], [1])
    steps = []
    reply = compare.find(
        engine,
        payload,
        ["fake/largest", "plain/smallest"],
        progress=lambda *step: steps.append(step),
    )
    assert reply["labels"] == ["Fake, largest", "Plain, smallest"]
    assert len(reply["rows"]) == len(reply["pictures"]) == len(reply["found"]) == 2
    assert steps == [(1, 2), (2, 2)]


def test_a_cancelled_comparison_runs_no_model(engine, photo):
    payload = prompt_payload(photo, [[70, 50]], [1])
    keys = ["fake/largest", "plain/largest"]
    reply = compare.find(engine, payload, keys, cancel=lambda: True)
    assert reply["code"] == "cancelled"
    assert engine.models.segmenter("fake").prompts == []


def test_without_photo_or_prompt_nothing_is_compared(engine, photo):
    keys = ["fake/largest", "fake/smallest"]
    assert "Choose a photo" in compare.find(engine, {}, keys)["error"]
    assert compare.find(engine, {"token": "gone"}, keys)["code"] == "photo_gone"
    assert "Nothing was pointed at" in compare.find(engine, prompt_payload(photo), keys)["error"]
