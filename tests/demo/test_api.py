"""The public endpoint, called with gradio_client."""

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from demo.static import FOLDER


@pytest.fixture(scope="module")
def client(fake_server):
    return Client(fake_server, verbose=False)


def test_only_one_endpoint_is_listed(client):
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert set(named) == {"/segment"}
    assert [p["parameter_name"] for p in named["/segment"]["parameters"]] == ["image", "prompts"]


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
