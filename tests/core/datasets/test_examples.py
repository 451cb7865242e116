"""The figures' examples are read from a file that says by which rule they were chosen."""

import json

import pytest

from esam_core import asset
from esam_core.datasets import annotated_photos
from esam_core.datasets.examples import ExampleItem, examples
from esam_core.errors import InvalidSettings
from esam_core.geometry import xywh_to_xyxy

FIGURES = json.loads(asset("examples.json").read_text())["figures"]


@pytest.mark.parametrize("figure", FIGURES)
def test_examples_are_four_photos_that_come_along_with_no_main_class_twice(figure):
    found = examples(figure)
    objects = {p.path.stem.lstrip("0"): p.objects for p in annotated_photos(asset("photos"))}
    assert len(found.photos) == 4 and set(found.photos) <= set(objects)
    assert len({example.name for example in found.chosen}) == 4
    for example in found.chosen:
        known = {item.id: item for item in objects[example.photo]}
        for item in example.items:
            if item.object_id is not None:
                assert item.name == known[item.object_id].name
            if item.box_xyxy is not None:
                assert xywh_to_xyxy(known[item.object_id].box_xywh).tolist() == [*item.box_xyxy]


@pytest.mark.parametrize("figure", FIGURES)
def test_the_means_follow_from_the_values_and_stand_in_the_sentence(figure):
    found = examples(figure)
    values = [example.value for example in found.chosen]
    assert found.mean == pytest.approx(sum(values) / 4, abs=1e-3)
    assert found.mean > found.mean_all and found.count_all >= 4
    for part in (found.rule, found.measure, found.model, found.provenance, f"{found.count_all}"):
        assert part in found.sentence


def test_a_sentence_says_how_far_the_examples_are_better_than_the_rest(tmp_path):
    path = tmp_path / "examples.json"
    row = {"photo": "7", "name": "dog", "value": 0.9, "items": [{"name": "dog", "iou": 0.9}]}
    figure = {"rule": "the best", "measure": "IoU", "mean": 0.9, "mean_all": 0.61, "count_all": 37}
    record = {"model": "A model", "provenance": "random", "figures": {"fig1": figure}}
    path.write_text(json.dumps(record | {"figures": {"fig1": figure | {"examples": [row]}}}))
    found = examples("fig1", path)
    assert found.chosen[0].items == (ExampleItem("dog", 0.9),)
    assert found.sentence == (
        "Photos: the best, measured with A model (random). Mean IoU: .90 here, .61 over all 37 "
        "photos that can be measured."
    )


def test_a_figure_without_examples_is_refused_with_those_that_have_some():
    with pytest.raises(InvalidSettings, match="'fig9'; it has fig1, fig2"):
        examples("fig9")


def test_a_file_of_something_else_is_refused_with_the_command_that_makes_it(tmp_path):
    path = tmp_path / "examples.json"
    for text in ("[]", "{", '{"figures": {"fig1": {}}}'):
        path.write_text(text)
        with pytest.raises(InvalidSettings, match="eval examples --choice"):
            examples("fig1", path)
