"""Class names come from a file, whatever its form, and never by guessing."""

import json

import pytest

from esam_core.datasets import load_names
from esam_core.errors import InvalidSettings


def names_in(folder, content, name="names.json"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load_names(path)


def test_coco_means_its_eighty_names():
    names = load_names("coco")
    assert len(names) == 80
    assert (names[1], names[90]) == ("person", "toothbrush")


def test_keys_of_an_object_name_the_number_and_the_text(tmp_path):
    names = names_in(tmp_path, {"1": "cell", "2.5": "half", "true": "yes", "a": "letter"})
    assert (names[1], names["1"], names[2.5], names[True]) == ("cell", "cell", "half", "yes")
    assert names["a"] == "letter"
    assert 1.0 not in names and 2 not in names


@pytest.mark.parametrize("wrap", [list, lambda rows: {"images": [], "categories": rows}])
def test_a_list_of_ids_and_names_is_taken_exactly(tmp_path, wrap):
    rows = [{"id": 1, "name": "cell"}, {"id": "1", "name": "text"}, {"id": None, "name": "none"}]
    names = names_in(tmp_path, wrap(rows))
    assert (names[1], names["1"], names[None]) == ("cell", "text", "none")
    assert 1.0 not in names


@pytest.mark.parametrize(
    ("content", "name"),
    [("cell\n\n nucleus \n", "names.txt"), (["cell", "", "nucleus"], "names.json")],
)
def test_names_in_lines_are_numbered_from_one(tmp_path, content, name):
    assert dict(names_in(tmp_path, content, name).items()) == {1: "cell", 3: "nucleus"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{broken", "cannot be read"),
        ("5", "holds no class names"),
        ([{"id": 1}], "has no id and name"),
        ([{"id": 1, "name": 5}], "must be a text"),
        ({"1": ["a"]}, "must be a text"),
        ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "class 1 has two names"),
    ],
)
def test_what_holds_no_names_is_refused(tmp_path, content, message):
    with pytest.raises(InvalidSettings, match=message):
        names_in(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidSettings, match=r"nowhere.*coco for COCO's own"):
        load_names(tmp_path / "nowhere.json")
