"""The handlers with arbitrary JSON: every refusal is a sentence, nothing is lost."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from demo import texts
from demo.handlers import points as handlers
from demo.handlers.photos import EXAMPLES, strip
from demo.handlers.requests import merge_points
from esam_core.export import (
    load_coco,
    load_cutout_png,
    load_label_map_png,
    load_mask_png,
    load_svg,
)
from tests.support.fakes import RADII


@pytest.fixture
def photo(engine):
    image = np.zeros((100, 140, 3), np.uint8)
    image[:, 70:] = 200
    return engine.open_photo(image)


def ask(photo, coords=(), labels=(), box=None, **more):
    prompt = {"point_coords": list(coords), "point_labels": list(labels), "box_xyxy": box}
    return {"token": photo.token, "rev": 4, "seq": 9, "prompt": prompt, **more}


def picture(url):
    return Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))


def opaque(url):
    return np.asarray(picture(url).convert("RGBA"))[..., 3] > 127


def test_a_click_returns_three_small_pictures_best_first(engine, photo):
    reply = handlers.prompt(engine, ask(photo, [[70, 50]], [1]))
    assert reply["rev"] == 4
    assert reply["seq"] == 9
    assert [round(c["predicted_iou"], 2) for c in reply["candidates"]] == [0.9, 0.7, 0.5]
    assert picture(reply["candidates"][0]["png"]).mode == "P"
    mask = opaque(reply["candidates"][0]["png"])
    assert mask.sum() == reply["candidates"][0]["area"]
    assert mask[50, 70]
    json.dumps(reply, allow_nan=False)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "prompt",
        7,
        {},
        {"token": None},
        {"token": ["a"]},
        {"token": "../../etc/passwd", "prompt": {}},
    ],
)
@pytest.mark.parametrize("name", ["prompt", "embed", "export", "example", "fetch", "upload"])
def test_any_json_gets_a_readable_answer(engine, name, payload):
    reply = getattr(handlers, name)(engine, payload)
    assert reply["error"]
    assert reply["code"] != "unexpected"


@pytest.mark.parametrize(
    "prompt",
    [
        None,
        [],
        {},
        {"point_coords": [[1, 2]]},
        {"point_coords": [[1, 2]], "point_labels": [7]},
        {"point_coords": [["a", "b"]], "point_labels": [1]},
        {"point_coords": [[1]], "point_labels": [1]},
        {"point_coords": [[float("nan"), 2]], "point_labels": [1]},
        {"point_coords": [[float("inf"), 2]], "point_labels": [1]},
        {"point_coords": "many", "point_labels": [1]},
        {"point_coords": {"0": 1}, "point_labels": [1]},
        {"point_coords": [[140, 5]], "point_labels": [1]},
        {"point_coords": [[-1, 5]], "point_labels": [1]},
        {"point_coords": [[1, 1]] * 1000, "point_labels": [1] * 1000},
        {"box_xyxy": [9, 9, 1, 1]},
        {"box_xyxy": [0, 0, 999, 50]},
        {"box_xyxy": "box"},
        {"box_xyxy": [1, 2, 3]},
        {"box_xyxy": {"x0": 1}},
    ],
)
def test_bad_prompts_are_refused_with_a_sentence(engine, photo, prompt):
    reply = handlers.prompt(engine, {"token": photo.token, "prompt": prompt, "rev": 1})
    assert reply["error"].endswith((".", ")"))
    assert reply["code"] in ("InvalidPrompt", "TooManyPrompts")
    assert reply["rev"] == 1


def test_the_seventh_point_is_merged_and_said(engine, photo):
    coords = [[x, 50] for x in (10, 30, 50, 70, 90, 110, 130)]
    reply = handlers.prompt(engine, ask(photo, coords, [1] * 7))
    assert "1 point too many" in reply["note"]
    sent = engine.models.segmenter().prompts[-1]
    assert sent.point_coords[0] == (20, 50)
    assert len(sent.point_coords) == 6


def test_six_points_are_sent_as_they_are(engine, photo):
    coords = [[x, 50] for x in (10, 30, 50, 70, 90, 110)]
    assert handlers.prompt(engine, ask(photo, coords, [1] * 6))["note"] == ""


def test_a_box_leaves_room_for_four_points(engine, photo):
    coords = [[x, 50] for x in (10, 30, 50, 70, 90)]
    reply = handlers.prompt(engine, ask(photo, coords, [1, 0, 1, 0, 1], [0, 0, 100, 90]))
    assert "too many" in reply["note"]
    assert engine.models.segmenter().prompts[-1].token_count == 6


def test_only_points_of_one_label_are_merged():
    points, labels, merged = merge_points([(0, 0), (10, 0), (20, 0), (40, 0)], [1, 0, 1, 0], 3)
    assert points == [(10, 0), (10, 0), (40, 0)]
    assert labels == [1, 0, 0]
    assert merged == 1


def test_a_model_without_background_says_so_and_subtracts_on_request(engine, photo):
    payload = ask(photo, [[70, 50], [75, 50]], [1, 0], model="plain")
    reply = handlers.prompt(engine, payload)
    assert "does not read background points" in reply["note"]
    assert opaque(reply["candidates"][0]["png"])[50, 75]
    reply = handlers.prompt(engine, {**payload, "subtract": True})
    assert reply["note"] == ""
    assert not opaque(reply["candidates"][0]["png"])[50, 75]


def test_a_forgotten_photo_has_a_code_that_the_page_acts_on(engine):
    reply = handlers.prompt(engine, {"token": "gone", "prompt": {}, "seq": 3})
    assert reply["code"] == "photo_gone"
    assert reply["seq"] == 3


def test_an_unexpected_failure_is_hidden_and_survived(engine, photo, caplog):
    engine.models.segmenter().predict = lambda *a, **k: 1 / 0
    reply = handlers.prompt(engine, ask(photo, [[70, 50]], [1]))
    assert reply["code"] == "unexpected"
    assert "division" not in reply["error"]


def test_scores_that_are_not_numbers_are_an_error_and_not_an_empty_mask(engine, photo, monkeypatch):
    monkeypatch.setattr("tests.support.fakes.SCORES", (float("nan"),) * 3)
    reply = handlers.prompt(engine, ask(photo, [[70, 50]], [1]))
    assert "--precision fp32" in reply["error"]


def test_a_mask_is_exported_as_the_picked_candidate(engine, photo):
    one = {**ask(photo, [[70, 50]], [1])["prompt"]}
    payload = {"token": photo.token, "kind": "mask", "objects": [{"prompt": one, "choice": 1}]}
    reply = handlers.export(engine, payload)
    mask = np.asarray(picture(reply["file"]).convert("L")) > 0
    assert mask.sum() == sum((x * x + y * y) <= 225 for x in range(-15, 16) for y in range(-15, 16))
    assert reply["name"] == "objects-mask.png"


def test_a_cut_out_of_two_objects_holds_both(engine):
    image = np.random.default_rng(0).integers(1, 256, (100, 140, 3)).astype(np.uint8)
    photo = engine.open_photo(image)
    objects = [
        {"prompt": ask(photo, [[x, 50]], [1])["prompt"], "choice": 1, "name": "a"}
        for x in (30, 110)
    ]
    payload = {"token": photo.token, "kind": "cutout", "objects": objects}
    cutout = picture(handlers.export(engine, payload)["file"])
    assert cutout.mode == "RGBA"
    rows, columns = np.mgrid[:100, :140]
    discs = [(columns - x) ** 2 + (rows - 50) ** 2 <= RADII[1] ** 2 for x in (30, 110)]
    assert not (discs[0] & discs[1]).any()
    pixels, inside = np.asarray(cutout), discs[0] | discs[1]
    for disc in discs:
        assert (pixels[disc, 3] == 255).all()
        assert (pixels[disc, :3] == image[disc]).all()
    assert not pixels[~inside].any()


@pytest.mark.parametrize("png", [None, "data:text/html,x", "data:image/png;base64,!!", "x" * 99])
def test_a_mask_from_the_browser_is_checked(engine, photo, png):
    payload = {"token": photo.token, "kind": "mask", "objects": [{"png": png}]}
    assert handlers.export(engine, payload)["code"] == "InvalidImage"


def test_names_never_leave_the_file_name(engine, photo):
    one = {"prompt": ask(photo, [[70, 50]], [1])["prompt"], "name": "../../Bär <x>.exe"}
    payload = {"token": photo.token, "kind": "mask", "objects": [one]}
    assert handlers.export(engine, payload)["name"] == "bär-x-exe-mask.png"


def test_a_large_photo_is_shown_smaller_and_answered_in_its_own_pixels(engine):
    photo = engine.open_photo(np.zeros((1500, 4096, 3), np.uint8))
    reply = handlers.prompt(engine, ask(photo, [[4000, 1400]], [1]))
    assert picture(reply["candidates"][0]["png"]).size == (2048, 750)
    assert "error" not in reply


@pytest.mark.parametrize("content", [b"", b"text", b"<svg xmlns='x'></svg>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_photo_is_refused_with_a_sentence(engine, content):
    reply = handlers.upload(engine, content)
    assert reply["code"] == "InvalidImage"


def test_status_lists_the_models(engine):
    reply = handlers.status(engine, {})
    assert reply["state"] == "ready"
    assert [m["present"] for m in reply["models"]] == [True, True, False]
    assert reply["models"][0]["device"] == "cpu"


def test_every_example_opens_and_has_a_small_picture(engine):
    assert len(strip()) == len(EXAMPLES) >= 12
    assert all(len(row["thumb"]) < 20_000 for row in strip())
    assert handlers.example(engine, {"id": EXAMPLES[0].file})["width"] == 426


def test_only_examples_of_the_strip_are_opened(engine):
    assert "strip" in handlers.example(engine, {"id": "../../app.py"})["error"]


def test_every_kind_of_file_reads_back_to_the_same_masks(engine, photo):
    objects = [
        {"prompt": ask(photo, [[x, 50]], [1])["prompt"], "name": name}
        for x, name in ((30, "left"), (110, "right"))
    ]
    files = {}
    for kind, _ in texts.EXPORTS:
        reply = handlers.export(engine, {"token": photo.token, "kind": kind, "objects": objects})
        assert reply["name"].startswith(f"objects-{kind}.")
        files[kind] = base64.b64decode(reply["file"].split(",")[1])
    masks = load_coco(files["coco"].decode())
    assert [bool(mask[50, x]) for mask, x in zip(masks.data, (30, 110), strict=True)] == [True] * 2
    assert (load_coco(files["polygons"].decode()).data == masks.data).all()
    assert (load_svg(files["svg"].decode()).data == masks.data).all()
    assert (load_label_map_png(files["labels"]).data == masks.data).all()
    assert (load_mask_png(files["mask"]) == masks.data.any(0)).all()
    assert (load_cutout_png(files["cutout"])[1] == masks.data.any(0)).all()
    assert b"left" in files["svg"] and b"right" in files["coco"]
