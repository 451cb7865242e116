"""Prompts are validated on creation, with clear errors."""

import math
import pickle

import numpy as np
import pytest

from esam_core import InvalidPrompt, PointLabel, Prompt
from esam_core.errors import TooManyPrompts

NAN, INF = math.nan, math.inf


def test_a_prompt_lays_out_box_points_and_padding():
    prompt = Prompt.box(10, 20, 30, 40).with_point(15, 25).with_point(12, 22, 0)
    coords, labels = prompt.tokens()
    assert coords.tolist() == [[10, 20], [30, 40], [15, 25], [12, 22], [-1, -1], [-1, -1]]
    assert labels.tolist() == [2, 3, 1, 0, -1, -1]
    coords, labels = prompt.tokens(with_background=False)
    assert labels.tolist() == [2, 3, 1, -1, -1, -1]


def test_prompts_are_values():
    prompt = Prompt.point(3, 4).with_box(1, 2, 5, 6)
    assert prompt == Prompt(((3.0, 4.0),), (1,), (1.0, 2.0, 5.0, 6.0))
    assert hash(prompt) == hash(Prompt.from_json(prompt.to_json()))
    assert pickle.loads(pickle.dumps(prompt)) == prompt
    assert Prompt(np.array([[3, 4]]), np.array([1]), np.array([1, 2, 5, 6])) == prompt


def test_points_are_split_by_label():
    prompt = Prompt(((1, 2), (3, 4)), (1, 0))
    assert prompt.foreground_points == ((1, 2),)
    assert prompt.background_points == ((3, 4),)
    assert not prompt.is_empty
    assert Prompt().is_empty
    assert PointLabel.FOREGROUND == 1


def test_points_without_labels_in_json_are_foreground():
    assert Prompt.from_json({"point_coords": [[1, 2]]}) == Prompt.point(1, 2)
    assert Prompt.from_json({}) == Prompt()


def test_seventh_token_is_refused_with_an_error():
    six = Prompt(tuple((i, i) for i in range(6)), (1,) * 6)
    with pytest.raises(TooManyPrompts, match="7 prompt tokens given, the model reads at most 6"):
        six.with_point(7, 7)
    with pytest.raises(TooManyPrompts, match="8 prompt tokens"):
        six.with_box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("coords", "labels", "box", "message"),
    [
        (((NAN, 1),), (1,), None, "2 finite numbers"),
        (((INF, 1),), (1,), None, "2 finite numbers"),
        (((-1, 1),), (1,), None, ">= 0"),
        (((1, 2, 3),), (1,), None, "2 finite numbers"),
        (((1,),), (1,), None, "2 finite numbers"),
        ((("a", "b"),), (1,), None, "2 finite numbers"),
        (("12",), (1,), None, "2 finite numbers"),
        ("12", (1,), None, "not a list"),
        (7, (1,), None, "not a list"),
        (((1, 2),), (2,), None, "use 1 .foreground. or 0 .background."),
        (((1, 2),), (-1,), None, "point label -1"),
        (((1, 2),), ("1",), None, "point label '1'"),
        (((1, 2),), (None,), None, "point label None"),
        (((1, 2),), ([1],), None, "point label"),
        (((1, 2),), (), None, "1 points but 0 labels"),
        ((), (), (5, 5, 1, 1), "x0 < x1"),
        ((), (), (1, 1, 1, 9), "x0 < x1"),
        ((), (), (1, 1, 5), "4 finite numbers"),
        ((), (), (1, 1, 5, NAN), "4 finite numbers"),
        ((), (), "abcd", "4 finite numbers"),
        (((10**400, 1),), (1,), None, "2 finite numbers"),
    ],
)
def test_invalid_input_is_refused_with_a_reason(coords, labels, box, message):
    with pytest.raises(InvalidPrompt, match=message):
        Prompt(coords, labels, box)


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        "x",
        3,
        {"points": []},
        {"point_coords": 3},
        {"box_xyxy": {}},
        {"point_labels": [1]},
    ],
)
def test_json_that_is_no_prompt_is_refused(record):
    with pytest.raises(InvalidPrompt):
        Prompt.from_json(record)


def test_long_invalid_input_is_quoted_in_part():
    with pytest.raises(InvalidPrompt) as caught:
        Prompt.from_json("x" * 10_000)
    assert len(str(caught.value)) < 300
