"""The same clicks on several models: choices, answers, errors and the picture."""

import json

import numpy as np
import pytest

from demo.engine import Engine
from demo.handlers import compare, compare_picture
from demo.handlers.compare import Choice
from demo.handlers.requests import read_request
from demo.texts.compare import VARIANTS
from esam_core.errors import Cancelled, EsamError
from esam_core.masks import RULES
from tests.support.fakes import FakeCatalogue, FakeSegmenter
from tests.support.payloads import opaque, picture, prompt_payload

PAIR = ["fake/predicted_iou", "plain/predicted_iou"]


def asked(photo, keys=PAIR, coords=((70, 50),), labels=(1,), **more):
    return prompt_payload(photo, [list(at) for at in coords], list(labels), keys=list(keys), **more)


def search(engine, photo, keys, cancel=None, **more):
    payload = asked(photo, keys, **more)
    request = read_request(payload, photo.image.shape[:2])
    return compare.search(engine, photo, request, compare.shown_prompt(payload), keys, cancel)


def test_every_model_is_offered_in_every_way_and_absent_ones_say_so(engine):
    reply = compare.listed(engine, {"seq": 3})
    rows = reply["choices"]
    assert [row["key"] for row in rows[: len(VARIANTS)]] == [f"fake/{name}" for name in VARIANTS]
    assert {*RULES, *compare.LOOKS, "fp32"} == {*VARIANTS}
    assert [row["present"] for row in rows if row["key"].endswith("/largest")] == [
        True,
        True,
        False,
    ]
    assert rows[1]["label"] == "Fake, with second look"
    assert reply["first"] == PAIR and reply["most"] == 4 and reply["seq"] == 3


def test_a_single_model_begins_with_and_without_second_look():
    alone = [Choice("one", "One", name) for name in VARIANTS]
    absent = [Choice("two", "Two", name, "get it") for name in VARIANTS]
    assert compare.first_choices(alone + absent) == ["one/second_look", "one/single_look"]


def test_the_chosen_models_answer_one_prompt(engine, photo):
    result = search(engine, photo, [*PAIR, "fake/largest", "fake/smallest"])
    areas = [one.masks.area[0] for one in result.answers]
    assert areas[2] > areas[0] > areas[3]
    assert result.iou[0, 1] == 1 and result.iou[2, 3] < 0.2


def test_a_model_runs_once_for_all_its_rules_and_once_for_each_look(engine, photo):
    search(engine, photo, ["fake/largest", "fake/smallest", "fake/predicted_iou"])
    assert len(engine.models.segmenter("fake").prompts) == 1
    looks = []
    fake = engine.models.segmenter("fake")
    predict = fake.predict
    fake.predict = lambda *args, **how: looks.append(how["look_again"]) or predict(*args, **how)
    search(engine, photo, ["fake/second_look", "fake/single_look"])
    assert looks == [True, False]
    reply = compare.compare(engine, asked(photo, ["fake/second_look", "fake/single_look"]))
    assert "no second look" in reply["answers"][0]["note"]
    assert reply["answers"][1]["note"] == ""


def test_clicks_that_correct_a_mask_go_to_every_model(engine, photo):
    steps = [
        {"point": [70, 50], "label": 1},
        {"point": [110, 50], "label": 1, "mode": "add"},
    ]
    more = {"coords": ((70, 50), (110, 50)), "labels": (1, 1), "steps": steps}
    result = search(engine, photo, PAIR, **more)
    for one in result.answers:
        assert one.masks.data[0][50, 135] and one.masks.data[0][50, 45]


def test_a_fast_precision_is_compared_with_the_exact_one():
    engine = Engine(FakeCatalogue(precision="bf16"))
    engine.models.start()
    photo = engine.open_photo(np.full((100, 140, 3), 90, np.uint8))
    reply = compare.compare(engine, asked(photo, ["fake/predicted_iou", "fake/fp32"]))
    assert [one["weights"] for one in reply["answers"]] == ["fake, bf16", "fake, fp32"]
    assert reply["answers"][1]["label"] == "Fake, in fp32"


def test_the_reply_is_plain_and_has_mask_scores_and_times(engine, photo):
    reply = compare.compare(engine, asked(photo))
    assert reply == json.loads(json.dumps(reply, allow_nan=False))
    first, second = reply["answers"]
    assert opaque(first["png"])[50, 70] and not opaque(first["png"])[5, 5]
    assert first["predicted_iou"] == pytest.approx(0.9)
    assert first["iou"] == second["iou"] == [1, 1]
    assert (
        first["embed_ms"] >= 0 and first["click_ms"] >= 0 and (reply["rev"], reply["seq"]) == (4, 9)
    )


def test_an_absent_and_an_unknown_answer_leave_the_others_standing(engine, photo):
    keys = ["absent/largest", "fake/largest", "no/rule", "plain/largest"]
    answers = compare.compare(engine, asked(photo, keys))["answers"]
    assert "not on this machine" in answers[0]["error"]
    assert answers[0]["command"] == "python -m esam_core weights download absent"
    assert "Choose another one" in answers[2]["error"]
    assert [one.get("iou") for one in answers] == [
        None,
        [None, 1, None, 1],
        None,
        [None, 1, None, 1],
    ]


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (EsamError("the file is broken; download it again."), "broken"),
        (MemoryError(), "went wrong"),
    ],
)
def test_a_model_that_fails_leaves_the_others_standing(failure, sentence):
    def load(name):
        if name == "plain":
            raise failure
        return FakeSegmenter(name, name.title())

    engine = Engine(FakeCatalogue(load))
    engine.models._start()
    photo = engine.open_photo(np.full((100, 140, 3), 90, np.uint8))
    fine, failed = compare.compare(engine, asked(photo))["answers"]
    assert fine["iou"] == [1, None] and sentence in failed["error"]


@pytest.mark.parametrize(
    "keys", [[], ["fake/largest"], ["fake/largest"] * 5, "fake/largest", [1, 2]]
)
def test_too_few_and_too_many_are_refused(engine, photo, keys):
    payload = {**asked(photo), "keys": keys}
    assert "two to 4" in compare.compare(engine, payload)["error"]


def test_a_cancelled_comparison_runs_no_model(engine, photo):
    with pytest.raises(Cancelled):
        search(engine, photo, PAIR, cancel=lambda: True)
    assert engine.models.segmenter("fake").prompts == []


def test_stop_ends_the_comparison_of_its_photo_before_the_next_model(engine, photo):
    fake = engine.models.segmenter("fake")
    predict = fake.predict

    def predicted(*args, **how):
        compare.stop(engine, {"token": photo.token})
        return predict(*args, **how)

    fake.predict = predicted
    assert compare.compare(engine, asked(photo))["code"] == "cancelled"
    assert engine.models.segmenter("plain").prompts == []
    assert len(engine.tasks) == 0


def test_without_photo_or_prompt_nothing_is_compared(engine, photo):
    assert "Choose a photo" in compare.compare(engine, {})["error"]
    assert compare.compare(engine, {"token": "gone"})["code"] == "photo_gone"
    for handler in (compare.compare, compare_picture.save):
        assert (
            "Nothing was pointed at" in handler(engine, asked(photo, coords=(), labels=()))["error"]
        )


def test_the_picture_has_a_panel_for_each_answer_that_stands(engine, photo, monkeypatch):
    drawn = {}

    def panel(rows, **more):
        drawn.update(more, rows=rows)
        return np.zeros((10, 20, 3), np.uint8)

    monkeypatch.setattr(compare_picture, "panel", panel)
    keys = ["fake/largest", "absent/largest", "plain/smallest"]
    reply = compare_picture.save(engine, asked(photo, keys, click_ms=[1234, None, "no"]))
    assert reply["name"] == "photo-comparison.png" and picture(reply["file"]).size == (20, 10)
    assert drawn["titles"] == ["A", "C"]
    [[first, second]], [notes] = drawn["rows"], drawn["captions"]
    assert (first != second).any() and first.shape == second.shape == (100, 140, 3)
    assert notes[0].startswith("Fake, largest\npredicted IoU 0.50\nphoto ")
    assert "IoU with A 0." in notes[1]
    assert "click 1234 ms" in notes[0] and "click 1234 ms" not in notes[1]
    assert "Fake (fake), cpu fp32; Plain (fake), cpu fp32." in drawn["footer"]
    assert "B, Absent, largest: Its weights are not" in drawn["footer"]
    assert drawn["footer"].endswith("weights download absent")


def test_the_picture_has_the_size_of_the_photo_within_a_bound(engine):
    small = engine.open_photo(np.zeros((600, 800, 3), np.uint8))
    large = engine.open_photo(np.zeros((3000, 4000, 3), np.uint8))
    for photo, width in ((small, 1696), (large, 4342)):
        page = picture(compare_picture.save(engine, asked(photo))["file"])
        assert page.width == width and page.height > 0.35 * page.width


def test_no_picture_is_made_when_every_answer_failed(engine, photo):
    reply = compare_picture.save(engine, asked(photo, ["absent/largest", "absent/smallest"]))
    assert "every one of them failed" in reply["error"]
