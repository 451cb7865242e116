"""Validation of prompts: arbitrary JSON gives checked values or an error message."""

import pytest

from demo.handlers import points, service
from demo.handlers.requests import merge_points, read_request
from esam_core.errors import InvalidPrompt
from tests.support.payloads import prompt_payload


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
        {"point_coords": [[141, 5]], "point_labels": [1]},
        {"point_coords": [[1, 101]], "point_labels": [1]},
        {"point_coords": [[-1, 5]], "point_labels": [1]},
        {"point_coords": [[1, 1]] * 1000, "point_labels": [1] * 1000},
        {"box_xyxy": [9, 9, 1, 9]},
        {"box_xyxy": [[1, 2, 3, 4], [5, 6, 7, 8]]},
        {"box_xyxy": ["1", "2", "3", "4"]},
        {"box_xyxy": False},
        {"point_coords": [["1", "2"]], "point_labels": [1]},
        {"point_coords": [[1, 2]], "point_labels": [True]},
        {"point_coords": [[1, 2]], "point_labels": [0]},
        {"point_coords": False, "point_labels": False, "box_xyxy": [1, 2, 3, 4]},
        {"point_coords": [[1, 2]], "point_labels": [1], "box": [1, 2, 3, 4]},
        {"box_xyxy": [200, 0, 999, 50]},
        {"box_xyxy": "box"},
        {"box_xyxy": [1, 2, 3]},
        {"box_xyxy": {"x0": 1}},
    ],
)
def test_bad_prompts_are_refused_with_a_sentence(engine, photo, prompt):
    reply = points.prompt(engine, {"token": photo.token, "prompt": prompt, "rev": 1})
    assert reply["error"].endswith((".", ")"))
    assert reply["code"] in ("InvalidPrompt", "TooManyPrompts")
    assert reply["rev"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": 3}, "model is 3; it must be the name of a model as text"),
        ({"model": ["mini"]}, "model is ['mini']"),
        ({"subtract": 1}, "subtract is 1; it must be true or false"),
        ({"subtract": "false"}, "subtract is 'false'"),
    ],
)
def test_options_of_another_type_are_named(engine, photo, options, message):
    reply = points.prompt(engine, prompt_payload(photo, [[1, 2]], [1], **options))
    assert message in reply["error"]


@pytest.mark.parametrize(
    ("key", "meant"),
    [("point_label", "point_labels"), ("box_xywh", "box_xyxy"), ("subtracts", "subtract")],
)
def test_a_misspelt_key_of_the_endpoint_is_named(engine, bear_file, key, meant):
    prompts = {"box_xyxy": [9, 9, 50, 50], key: None}
    error = service.segment(engine, {"image": str(bear_file), "prompts": prompts})["error"]
    assert f"'{key}' is no key of prompts" in error and f"Did you mean {meant}?" in error
    for allowed in ("point_coords", "point_labels", "box_xyxy", "model", "subtract"):
        assert allowed in error


def test_the_endpoint_reads_its_options(engine, bear_file):
    prompts = {"box_xyxy": [50, 50, 9, 9], "point_coords": None, "model": "plain", "subtract": True}
    reply = service.segment(engine, {"image": str(bear_file), "prompts": prompts})
    assert reply["info"]["area"] == 41 * 41 and reply["info"]["title"] == "Plain"


def test_only_points_of_one_label_are_merged():
    points, labels, merged = merge_points([(0, 0), (10, 0), (20, 0), (40, 0)], [1, 0, 1, 0], 3)
    assert points == [(10, 0), (10, 0), (40, 0)]
    assert labels == [1, 0, 0]
    assert merged == 1


def test_the_far_edge_is_inside_and_a_box_is_clipped():
    given = {"point_coords": [[140, 100]], "point_labels": [1], "box_xyxy": [10, 20, 999, 50]}
    request = read_request({"prompt": given}, (100, 140))
    assert request.prompt.point_coords == ((140, 100),)
    assert request.prompt.box_xyxy == (10, 20, 140, 50)


def test_points_outside_are_refused_before_they_are_merged():
    coords = [[x, 50] for x in (10, 30, 50, 70, 90, 110)] + [[999, 50]]
    given = {"point_coords": coords, "point_labels": [1] * 7}
    with pytest.raises(InvalidPrompt, match="999"):
        read_request({"prompt": given}, (100, 140))
