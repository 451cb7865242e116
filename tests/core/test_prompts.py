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


def test_points_without_labels_are_refused_in_every_form():
    assert Prompt.from_json({}) == Prompt.from_json(dict.fromkeys(Prompt().to_json())) == Prompt()
    for make in (lambda: Prompt(((1, 2),)), lambda: Prompt.from_json({"point_coords": [[1, 2]]})):
        with pytest.raises(InvalidPrompt, match="1 points but 0 labels given; give one label per"):
            make()


@pytest.mark.parametrize("corners", [(5, 2, 1, 9), (1, 9, 5, 2), (5, 9, 1, 2), (1, 2, 5, 9)])
def test_any_two_opposite_corners_are_the_same_box(corners):
    assert Prompt.box(*corners).box_xyxy == (1, 2, 5, 9)
    assert Prompt.point(3, 3).with_box(*corners).box_xyxy == (1, 2, 5, 9)
    assert Prompt(box_xyxy=np.array(corners, np.float32)) == Prompt.box(1, 2, 5, 9)
    assert Prompt.from_json({"box_xyxy": list(corners)}) == Prompt.box(1, 2, 5, 9)


def test_a_box_may_stand_out_on_every_side_and_a_box_beside_is_refused():
    assert Prompt.box(-20, -3, 800, 900).within((60, 80)).box_xyxy == (0, 0, 80, 60)
    assert Prompt.box(800, 30, -20, 20).within((60, 80)).box_xyxy == (0, 20, 80, 30)
    for beside in ((-9, 5, -1, 9), (-9, 5, 0, 9), (80, 5, 90, 9), (5, -9, 9, 0), (5, 60, 9, 70)):
        with pytest.raises(InvalidPrompt, match="beside the photo of 80 x 60 pixels; give one"):
            Prompt.box(*beside).within((60, 80))


def test_an_unknown_key_is_named_with_the_allowed_ones():
    with pytest.raises(InvalidPrompt) as caught:
        Prompt.from_json({"point_coords": [], "point_label": []})
    for part in ("'point_label'", "box_xyxy", "Did you mean point_labels?"):
        assert part in str(caught.value)


def test_several_boxes_are_counted():
    for boxes in (np.ones((2, 4)), [(0, 0, 5, 5), (1, 1, 9, 9)]):
        with pytest.raises(InvalidPrompt, match="2 boxes given; a prompt has at most one"):
            Prompt(box_xyxy=boxes)


def test_numbers_of_every_library_are_read():
    import torch

    box = torch.tensor([5.0, 9.0, 1.0, 2.0])
    prompt = Prompt(torch.tensor([[3, 4]]), torch.tensor([1.0]), box)
    assert prompt == Prompt.point(3, 4).with_box(1, 2, 5, 9)
    assert Prompt(np.array([[3, 4]], object), np.array([1], object)) == Prompt.point(3, 4)


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
        ((), (), (1, 1, 1, 9), "has no area"),
        ((), (), (5, 3, 1, 3), "has no area"),
        ((), (), (INF, 1, 5, 9), "4 finite numbers"),
        ((), (), ("1", "1", "5", "9"), "4 finite numbers"),
        ((), (), 7, "4 finite numbers"),
        ((), (), np.array(7), "4 finite numbers"),
        ((), (), np.ones((1, 4)), "4 finite numbers"),
        ((), (), (True, False, 5, 5), "4 finite numbers"),
        ((("1", "2"),), (1,), None, "2 finite numbers"),
        (((1j, 2),), (1,), None, "2 finite numbers"),
        (((1, True),), (1,), None, "2 finite numbers"),
        (np.array([3.0, 4.0]), (1,), None, "2 finite numbers"),
        (np.array(3.0), (1,), None, "not a list of points"),
        (((1, 2),), (True,), None, "point label True"),
        (((1, 2),), (1.5,), None, "point label 1.5"),
        (((1, 2),), (NAN,), None, "point label nan"),
        (((1, 2),), (3,), None, "A box is given as a box"),
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
