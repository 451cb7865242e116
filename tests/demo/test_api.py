"""The public endpoints, called with gradio_client and by plain requests."""

import json
import re
import shutil
import subprocess
import time

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo.handlers import fields, service
from demo.static import FOLDER
from esam_core.export.segmentations import decode_segmentation
from tests.test_docs import blocks, read

OBJECT = {"name", "score", "predicted_iou", "stability_score", "box_xyxy", "area", "rle"}
INPUTS = {
    "/segment": ["image", "prompts"],
    "/everything": ["image", "settings"],
    "/salient": ["image", "settings"],
    "/text": ["image", "texts", "settings"],
    "/compare": ["image", "prompts"],
    "/models": [],
}


@pytest.fixture(scope="module")
def client(fake_server):
    return Client(fake_server, verbose=False)


def test_the_endpoints_are_listed_with_their_fields(client):
    named = client.view_api(return_format="dict")["named_endpoints"]
    listed = {name: [p["parameter_name"] for p in row["parameters"]] for name, row in named.items()}
    assert listed == INPUTS
    for name, row in named.items():
        for part in (*row["parameters"], *row["returns"]):
            assert "Any" not in part["python_type"]["type"], (name, part)
            assert len(part["label"]) > 10
    told = named["/everything"]["parameters"][1]["python_type"]["type"]
    for field in fields.EVERYTHING:
        assert f"{field}: " in told
    assert "(lowest predicted IoU)" in told


def test_everything_is_found_with_masks_in_the_size_of_the_photo(client, bear_file):
    settings = {"points_per_side": 3, "predicted_iou": 0.5}
    info = client.predict(handle_file(str(bear_file)), settings, api_name="/everything")
    assert info["size_wh"] == [586, 640] and len(info["objects"]) > 2
    for found in info["objects"]:
        assert set(found) == OBJECT
        assert decode_segmentation(found["rle"], (640, 586)).sum() == found["area"]
    areas = [found["area"] for found in info["objects"]]
    assert areas == sorted(areas, reverse=True)
    assert info["models"][0]["provenance"] == "fake" and info["times"]["total_ms"] > 0


def test_models_are_compared_and_listed(client, bear_file):
    prompts = {
        "point_coords": [[290, 300]],
        "point_labels": [1],
        "models": ["fake", "plain/largest"],
    }
    info = client.predict(handle_file(str(bear_file)), prompts, api_name="/compare")
    assert [row["name"] for row in info["models"]] == ["fake", "plain"]
    assert len(info["objects"]) == 2 and info["iou"][0][0] == 1 > info["iou"][0][1]
    rows = client.predict(api_name="/models")["models"]
    assert {row["name"]: row["present"] for row in rows}["absent"] is False
    assert [row["name"] for row in rows if row["default"]] == ["fake"]


def test_candidates_are_as_many_as_asked_for(client, bear_file):
    prompts = {"box_xyxy": [9, 9, 50, 50], "candidates": 3, "look_again": False, "model": "plain"}
    _, info = client.predict(handle_file(str(bear_file)), prompts, api_name="/segment")
    assert len(info["objects"]) == 3 and info["models"][0]["name"] == "plain"


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("everything", [{"gird": "fast"}], "Did you mean grid"),
        ("everything", [{"grid": "slow"}], "one of fast, quality"),
        ("everything", [{"points_per_side": 2.5}], "a whole number from 1 to 64"),
        ("everything", [{"model": "none"}], "There is no model"),
        ("salient", [{"threshold": 7}], "a number from 0.01 to 0.99"),
        ("salient", [{"instances": "yes"}], "true or false"),
        ("text", [" ", {}], "no text to look for"),
        ("text", ["bear", {"encoder": "x"}], "encoder is 'x'"),
        ("compare", [{"box_xyxy": [0, 0, 9, 9], "models": ["fake"]}], "Choose two to 4"),
        ("compare", [{"box_xyxy": [0, 0, 9, 9], "models": "fake"}], "a list of names"),
        ("compare", [{"models": ["fake", "plain"]}], "Nothing was pointed at"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(client, bear_file, name, inputs, message):
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(str(bear_file)), *inputs, api_name=f"/{name}")


def test_work_ends_when_the_program_has_gone(fake_server, fake_engine, monkeypatch):
    stopped = []

    def endless(engine, payload, *, progress, cancel):
        for done in range(1, 200):
            progress(done, 200)
            time.sleep(0.1)
            if cancel():
                stopped.append(done)
                break
        return {"error": "stopped", "code": "test"}

    monkeypatch.setattr(service, "compare", endless)
    url = f"{fake_server}/gradio_api/call/compare"
    event = httpx.post(url, json={"data": [None, {}]}).json()["event_id"]
    with httpx.stream("GET", f"{url}/{event}", timeout=30) as lines:
        told = next(line for line in lines.iter_lines() if line.startswith("data: ["))
    assert json.loads(told[6:])[0]["total"] == 200
    for _ in range(150):
        if stopped:
            break
        time.sleep(0.1)
    assert stopped and stopped[0] < 199


def test_nothing_of_a_question_is_kept(engine, bear_file):
    settings = {"points_per_side": 2}
    reply = service.everything(engine, {"image": str(bear_file), "settings": settings})
    assert reply["info"]["objects"] and engine.photos.held[0] == 0
    assert len(engine.results) == 0


def test_a_large_photo_is_answered_in_its_own_pixels(engine, tmp_path):
    path = tmp_path / "large.png"
    Image.new("RGB", (2600, 400)).save(path)
    reply = service.everything(engine, {"image": str(path), "settings": {"points_per_side": 2}})
    assert reply["info"]["objects"][0]["rle"]["size"] == [400, 2600]


@pytest.fixture(scope="module")
def readme() -> str:
    """The section of the README on programs."""
    return read("README.md").partition("## As a service")[2].partition("### Behind")[0]


@pytest.mark.slow
def test_the_readme_asks_every_endpoint(readme, mini_server, bear_file, tmp_path, monkeypatch):
    shutil.copy(bear_file, tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks(readme, "python")).replace("http://127.0.0.1:7860", mini_server)
    assert set(re.findall(r"api_name=\"(/\w+)\"", code)) == set(INPUTS)
    names: dict = {}
    exec(code, names)
    assert names["mask"].shape == (640, 586) and names["mask"].any()
    assert names["bears"]["objects"][0]["name"] == "bear"
    names["client"].close()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_the_readme_asks_with_curl(readme, mini_server, bear_file, tmp_path):
    shutil.copy(bear_file, tmp_path / "photo.jpg")
    (code,) = blocks(readme, "bash")
    code = code.replace("http://127.0.0.1:7860", mini_server)
    done = subprocess.run(
        ["bash", "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert done.stdout.count("event: complete") == len(INPUTS), done.stdout[-2000:]
    assert "event: error" not in done.stdout


def test_a_photo_and_a_point_give_a_mask_and_what_is_known(client, bear_file):
    prompts = {"point_coords": [[290, 300]], "point_labels": [1], "box_xyxy": None}
    path, info = client.predict(handle_file(str(bear_file)), prompts, api_name="/segment")
    with Image.open(path) as picture:
        mask = np.asarray(picture.convert("L"))
    assert mask.shape == (640, 586)
    assert mask[300, 290] == 255
    assert mask[0, 0] == 0
    assert info["size_wh"] == [586, 640]
    assert info["area"] == (mask > 0).sum()
    assert info["provenance"] == "fake"


def test_a_box_alone_is_a_prompt(client, bear_file):
    prompts = {"box_xyxy": [100, 100, 200, 200]}
    _, info = client.predict(handle_file(str(bear_file)), prompts, api_name="/segment")
    assert info["area"] == 10_000


def test_a_reversed_box_and_one_that_stands_out_are_read_as_in_the_library(client, bear_file):
    for box, area in (([200, 200, 100, 100], 10_000), ([-20, 30, 800, 200], 586 * 170)):
        _, info = client.predict(
            handle_file(str(bear_file)), {"box_xyxy": box}, api_name="/segment"
        )
        assert info["area"] == area


def test_seven_points_are_merged_with_a_note(client, bear_file):
    prompts = {"point_coords": [[x, 300] for x in range(10, 80, 10)], "point_labels": [1] * 7}
    _, info = client.predict(handle_file(str(bear_file)), prompts, api_name="/segment")
    assert "too many" in info["note"]


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ({}, "Nothing was pointed at"),
        ({"point_coords": [[9999, 0]], "point_labels": [1]}, "outside the photo"),
        ({"point_coords": [[1, 1]], "point_labels": []}, "labels"),
        ({"point_coords": [[1, 1]]}, "1 points but 0 labels"),
        ({"box_xyxy": [9, 9, 1, 9]}, "has no area"),
        ({"box_xyxy": [9, 9, 50, 50], "point_cords": [[1, 1]]}, "Did you mean point_coords"),
        ({"box_xyxy": [9, 9, 50, 50], "model": 3}, "model is 3"),
        ({"box_xyxy": [9, 9, 50, 50], "subtract": "yes"}, "subtract is 'yes'"),
        ({"point_coords": [["1", "1"]], "point_labels": [1]}, "2 finite numbers"),
        ([1, 2], "JSON object"),
    ],
)
def test_bad_prompts_get_a_sentence(client, bear_file, prompts, message):
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(str(bear_file)), prompts, api_name="/segment")


@pytest.mark.parametrize(
    "content",
    [
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff\xe0" + b"0" * 99,
    ],
    ids=["text", "svg", "broken"],
)
def test_hostile_files_get_a_sentence(client, tmp_path, content):
    file = tmp_path / "photo.png"
    file.write_bytes(content)
    with pytest.raises(AppError, match="picture|SVG|damaged"):
        client.predict(handle_file(str(file)), {"box_xyxy": [0, 0, 1, 1]}, api_name="/segment")


def test_a_bomb_is_refused_before_it_is_decoded(client, tmp_path):
    file = tmp_path / "bomb.png"
    Image.new("1", (11_000, 11_000)).save(file)
    with pytest.raises(AppError, match="50 megapixels"):
        client.predict(handle_file(str(file)), {"box_xyxy": [0, 0, 1, 1]}, api_name="/segment")


def test_files_of_the_server_stay_there(fake_server):
    for path in ("/etc/passwd", "app.py", "demo/engine.py"):
        assert httpx.get(f"{fake_server}/gradio_api/file={path}").status_code in (403, 404)


def test_a_path_of_the_server_is_no_photo(fake_server):
    for given in (
        {"path": "/etc/hostname"},
        {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}},
    ):
        data = {"data": [given, {"box_xyxy": [0, 0, 1, 1]}]}
        call = httpx.post(f"{fake_server}/gradio_api/call/segment", json=data)
        if call.status_code == 200:
            url = f"{fake_server}/gradio_api/call/segment/{call.json()['event_id']}"
            assert "event: error" in httpx.get(url).text


def test_the_page_has_an_icon(fake_server):
    icon = httpx.get(f"{fake_server}/favicon.ico")
    assert icon.headers["content-type"].startswith("image/svg")
    assert icon.text == (FOLDER / "icon.svg").read_text()
