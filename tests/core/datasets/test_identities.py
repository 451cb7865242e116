"""Ids are JSON values: what a command line and a file name say about them."""

import math

import pytest

from esam_core.datasets.identities import JsonMap, id_of_name, parse_id
from esam_core.values import json_key


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("285", 285),
        ("-3", -3),
        ("1.0", 1.0),
        ("true", True),
        ("null", None),
        ('"285"', "285"),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("007", "007"),
        ("a b", "a b"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("", ""),
    ],
)
def test_an_id_is_json_or_else_the_text(text, value):
    assert (parse_id(text), type(parse_id(text))) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "number"), [("000000000285.jpg", 285), ("holiday.jpg", 1), ("2x.png", 1), ("a/9", 9)]
)
def test_a_name_holds_an_id_as_cocos_do(name, number):
    assert id_of_name(name) == number


def test_what_is_no_json_is_no_id():
    for value in (math.nan, math.inf, object(), {1, 2}):
        with pytest.raises(ValueError, match="no JSON value"):
            json_key(value)


def test_a_map_keeps_lookalikes_apart():
    pairs = [(1, "int"), ("1", "text"), (1.0, "float"), (True, "bool"), ([1], "list")]
    found = JsonMap(pairs)
    assert list(found.items()) == pairs
    assert found.get(2) is None and found.get({1}) is None
