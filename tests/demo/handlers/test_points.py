"""Clicks and boxes: candidates, notes and errors."""

import json

import numpy as np

from demo.handlers import points
from demo.handlers.export_objects import read_objects
from demo.handlers.pictures import full_mask_url
from tests.support.payloads import opaque, picture, prompt_payload


def test_a_click_returns_three_small_pictures_best_first(engine, photo):
    reply = points.prompt(engine, prompt_payload(photo, [[70, 50]], [1]))
    assert reply["rev"] == 4
    assert reply["seq"] == 9
    assert [round(c["predicted_iou"], 2) for c in reply["candidates"]] == [0.9, 0.7, 0.5]
    assert picture(reply["candidates"][0]["png"]).mode == "P"
    mask = opaque(reply["candidates"][0]["png"])
    assert mask.sum() == reply["candidates"][0]["area"]
    assert mask[50, 70]
    json.dumps(reply, allow_nan=False)


def test_the_seventh_point_is_merged_with_a_note(engine, photo):
    coords = [[x, 50] for x in (10, 30, 50, 70, 90, 110, 130)]
    reply = points.prompt(engine, prompt_payload(photo, coords, [1] * 7))
    assert "1 point too many" in reply["note"]
    sent = engine.models.segmenter().prompts[-1]
    assert sent.point_coords[0] == (20, 50)
    assert len(sent.point_coords) == 6


def test_six_points_are_sent_as_they_are(engine, photo):
    coords = [[x, 50] for x in (10, 30, 50, 70, 90, 110)]
    assert points.prompt(engine, prompt_payload(photo, coords, [1] * 6))["note"] == ""


def test_a_box_leaves_room_for_four_points(engine, photo):
    coords = [[x, 50] for x in (10, 30, 50, 70, 90)]
    reply = points.prompt(engine, prompt_payload(photo, coords, [1, 0, 1, 0, 1], [0, 0, 100, 90]))
    assert "too many" in reply["note"]
    assert engine.models.segmenter().prompts[-1].token_count == 6


def test_a_model_without_background_adds_a_note_and_subtracts_on_request(engine, photo):
    payload = prompt_payload(photo, [[70, 50], [75, 50]], [1, 0], model="plain")
    reply = points.prompt(engine, payload)
    assert "does not read background points" in reply["note"]
    assert opaque(reply["candidates"][0]["png"])[50, 75]
    reply = points.prompt(engine, {**payload, "subtract": True})
    assert reply["note"] == ""
    assert not opaque(reply["candidates"][0]["png"])[50, 75]


def test_scores_that_are_not_numbers_are_an_error_and_not_an_empty_mask(engine, photo, monkeypatch):
    monkeypatch.setattr("tests.support.fakes.SCORES", (float("nan"),) * 3)
    reply = points.prompt(engine, prompt_payload(photo, [[70, 50]], [1]))
    assert "--precision fp32" in reply["error"]


def test_a_large_photo_is_shown_smaller_and_answered_in_its_own_pixels(engine):
    photo = engine.open_photo(np.zeros((1500, 4096, 3), np.uint8))
    reply = points.prompt(engine, prompt_payload(photo, [[4000, 1400]], [1]))
    assert picture(reply["candidates"][0]["png"]).size == (2048, 750)
    assert "error" not in reply


def corrected(photo, steps, **more):
    payload = prompt_payload(photo, [[70, 50]], [1], **more)
    return {**payload, "steps": steps}


CLICK = {"point": [70, 50], "label": 1}


def test_steps_are_replayed_and_the_picked_candidate_is_corrected(engine, photo):
    brush = {"stroke": [[5, 5], [20, 5]], "radius": 3, "mode": "add"}
    areas = []
    for choice in (0, 1, 2):
        reply = points.prompt(engine, corrected(photo, [{**CLICK, "choice": choice}, brush]))
        (candidate,) = reply["candidates"]
        mask = opaque(candidate["png"])
        assert mask[5, 5:20].all() and mask[50, 70]
        areas.append(candidate["area"])
    assert areas[1] < areas[0] < areas[2]


def test_a_step_adds_or_cuts_and_a_mask_of_the_browser_is_corrected(engine, photo):
    base = np.zeros(photo.image.shape[:2], bool)
    base[60:80, 10:30] = True
    pngs = [full_mask_url(base)]
    add = {**CLICK, "mode": "add"}
    reply = points.prompt(engine, corrected(photo, [add], pngs=pngs))
    mask = opaque(reply["candidates"][0]["png"])
    assert mask[base].all() and mask[50, 70]
    cut = {"box_xyxy": [0, 55, 20, 90], "mode": "subtract"}
    mask = opaque(points.prompt(engine, corrected(photo, [cut], pngs=pngs))["candidates"][0]["png"])
    assert not mask[60:80, 10:20].any() and mask[60:80, 20:30].all()


def test_a_cleaned_mask_is_what_is_exported(engine, photo):
    base = np.zeros(photo.image.shape[:2], bool)
    base[40:80, 10:60] = True
    base[5:8, 5:8] = True
    item = {"pngs": [full_mask_url(base)], "cleanup": {"largest": True}, "choice": 0}
    shown = points.prompt(engine, {"token": photo.token, **item})["candidates"][0]
    (exported,) = read_objects(engine, photo, [item])
    np.testing.assert_array_equal(exported.mask, opaque(shown["png"]))
    assert exported.mask.sum() == 40 * 50


def test_steps_that_are_none_are_an_error_and_nothing_is_lost(engine, photo):
    for steps, words in (
        ([{"pint": [1, 2]}], "pint"),
        ([{**CLICK, "mode": "paint"}, CLICK], "correct, add, subtract"),
        ("no list", "steps"),
    ):
        assert words in points.prompt(engine, corrected(photo, steps))["error"]
    reply = points.prompt(engine, corrected(photo, [CLICK, CLICK], cleanup={"edges": 1}))
    assert "no setting" in reply["error"]
    assert "error" not in points.prompt(engine, corrected(photo, [CLICK]))


def test_a_preview_is_the_first_candidate_without_a_second_look(engine, photo):
    asked = prompt_payload(photo, [[70, 50]], [1])
    reply = points.preview(engine, asked)
    assert reply["png"] == points.prompt(engine, asked)["candidates"][0]["png"]
    assert reply["decode_ms"] >= 0


def test_a_preview_is_not_asked_for_while_others_wait(engine, photo, monkeypatch):
    monkeypatch.setattr(type(engine.scheduler), "waiting", 1)
    assert "png" not in points.preview(engine, prompt_payload(photo, [[70, 50]], [1]))
    assert not engine.models.segmenter().prompts
