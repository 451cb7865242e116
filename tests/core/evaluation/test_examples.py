"""The figures' examples are the best that a rule allows, and measured as the figures draw them."""

import json

import pytest

from esam_core import Prompt, asset, load_segmenter
from esam_core.cli import main
from esam_core.datasets import annotated_photos
from esam_core.datasets.examples import examples
from esam_core.errors import InvalidSettings
from esam_core.evaluation import example_tasks
from esam_core.evaluation.example_rules import RULES, choose
from esam_core.evaluation.example_tasks import Models, Subject, best_words
from esam_core.evaluation.examples import choice, write
from esam_core.figures.noise import find_noise
from esam_core.geometry import mask_iou
from esam_core.saliency import load_saliency
from esam_core.text import load_text_encoder
from tests.support.small import small_segmenter

WITHIN = 0.03  # IoU; sums round differently on other machines


@pytest.fixture(scope="module")
def models():
    return Models(small_segmenter(), load_saliency(), load_text_encoder("offline"))


def photo(number: str):
    return next(p for p in annotated_photos(asset("photos")) if p.path.stem.lstrip("0") == number)


def row(number: str, name: str, value: float, share: float = 0.1, **more) -> dict:
    items = [{"name": name, "iou": value}, {"name": "skis", "iou": value}]
    return {"photo": number, "name": name, "share": share, "value": value, "items": items, **more}


def test_the_best_come_first_no_class_twice_and_nothing_small():
    rows = [row("1", "dog", 0.7), row("2", "dog", 0.9), row("3", "ant", 0.99, share=0.019)]
    rows += [row("4", "cat", 0.8), row("5", "bus", 0.1), row("6", "cow", 0.2), row("7", "owl", 0)]
    assert [found["photo"] for found in choose("fig1", rows)] == ["2", "4", "6", "5"]
    assert [found["photo"] for found in choose("fig1", rows, count=1)] == ["2"]


@pytest.mark.parametrize("figure", ["fig2", "fig6"])
def test_right_answers_count_before_the_mean(figure):
    rows = [row("1", "dog", 0.9, right=1), row("2", "cat", 0.8, right=2)]
    assert [found["photo"] for found in choose(figure, rows)] == ["2", "1"]
    single = row("3", "bus", 1.0, right=3)
    assert RULES[figure].allowed(single)
    assert not RULES[figure].allowed(single | {"items": single["items"][:1]})


def test_a_word_is_right_if_mask_and_score_are():
    def word(name: str, iou: float, found: bool) -> dict:
        return {"name": name, "iou": iou, "found": found}

    items = [word("dog", 0.9, False), word("cat", 0.6, True), word("cow", 0.4, True)]
    best = best_words(items)
    assert [item["name"] for item in best["items"]] == ["cat", "dog", "cow"]
    assert best["right"] == 1 and best["value"] == pytest.approx(0.75)


def test_figure_6_also_asks_for_what_another_of_its_photos_shows(models):
    def pair(number: str, name: str, absent: list[str]) -> dict:
        answers = {word: {"score": 0.1, "found": False} for word in absent}
        return row(number, name, 0.8, right=2, absent=answers)

    rows = [pair("1", "dog", ["bus"]), pair("2", "cat", ["bus", "dog"]), pair("3", "bus", ["cat"])]
    found = choice({"fig6": rows}, models)["figures"]["fig6"]["examples"]
    assert [[item["name"] for item in each["items"]] for each in found] == [
        ["dog", "skis", "bus"],
        ["cat", "skis", "bus"],
        ["bus", "skis", "cat"],
    ]
    assert found[0]["items"][2] == {"name": "bus", "iou": None, "score": 0.1, "found": False}


def test_what_is_written_is_read_again(tmp_path, models):
    rows = [row("1", "dog", 0.9), row("2", "cat", 0.6), row("3", "ant", 0.3, share=0.01)]
    path = tmp_path / "choice.json"
    write(choice({"fig1": rows}, models), path)
    found = examples("fig1", path)
    assert found.photos == ("1", "2") and found.count_all == 3
    assert (found.mean, found.mean_all) == (0.75, 0.6)
    assert found.model == "Small" and found.provenance == "random"
    assert max(map(len, path.read_text().splitlines())) < 400


def test_a_figure_without_a_photo_that_its_rule_allows_is_refused(models):
    with pytest.raises(InvalidSettings, match="no photo may be shown in fig1"):
        choice({"fig1": [row("1", "ant", 0.9, share=0.01)]}, models)


def test_tasks_measure_what_the_figures_draw(models):
    subject = Subject(photo("377575"), models)  # a dog beside a hydrant
    click = example_tasks.point_on_the_largest(subject)
    point = click["items"][0]["point_xy"]
    mask = models.segmenter.predict(subject.embedding, Prompt.point(*point)).data[:1]
    assert click["name"] == "dog"
    assert click["value"] == pytest.approx(mask_iou(mask, subject.masks[:1])[0, 0], abs=1e-3)
    boxes = example_tasks.boxes_of_the_largest(subject)
    assert [item["name"] for item in boxes["items"]] == ["dog", "fire hydrant"]
    assert boxes["value"] == pytest.approx(sum(i["iou"] for i in boxes["items"]) / 2, abs=1e-3)


def test_noise_is_counted_only_in_masks_that_are_right(models, monkeypatch):
    subject = Subject(photo("377575"), models)
    assert example_tasks.noise_of_boxes(subject) is None  # random weights are never right
    monkeypatch.setattr(example_tasks, "RIGHT", 0.0)
    found = example_tasks.noise_of_boxes(subject)
    box = found["items"][0]["box_xyxy"]
    noise = find_noise(models.segmenter.predict(subject.embedding, Prompt.box(*box)).data[0])
    assert found["value"] == noise.island_count + noise.hole_count


def test_photos_without_a_scene_or_a_dominant_object_are_not_measured(models):
    assert example_tasks.everything_visible(Subject(photo("377575"), models)) is None
    assert example_tasks.salient_dominant(Subject(photo("6012"), models)) is None  # two bananas
    assert example_tasks.words_for_objects(Subject(photo("285"), models, ("bear",))) is None


def test_an_unknown_figure_is_refused():
    assert main(["eval", "examples", "--figures", "fig1,fig8"]) != 0


@pytest.mark.slow
def test_eval_examples_prints_and_writes_its_choice(tmp_path, capsys, few_points):
    path = tmp_path / "choice.json"
    command = ["eval", "examples", "--figures", "fig1,fig4,fig5", "--limit", "2"]
    command += ["--choice", str(path), "--out", str(tmp_path / "out")]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "| 285 | bear |" in printed and "fig4: the 4 with" in printed
    assert set(json.loads(path.read_text())["figures"]) == {"fig1", "fig4", "fig5"}
    assert (tmp_path / "out" / "results.md").read_text() == printed


@pytest.mark.slow
@pytest.mark.parametrize("figure", ["fig1", "fig2"])
def test_the_examples_that_come_along_are_answered_as_their_file_says(figure, models):
    mini = load_segmenter("mini", device="cpu", precision="fp32")
    real = Models(mini, models.saliency, models.encoder)
    stored = examples(figure)
    assert stored.provenance == mini.provenance
    for example in stored.chosen:
        found = example_tasks.TASKS[figure](Subject(photo(example.photo), real))
        assert found["value"] == pytest.approx(example.value, abs=WITHIN)
        for known, item in zip(example.items, found["items"], strict=True):
            assert (known.name, known.object_id) == (item["name"], item["object_id"])
            prompt = known.point_xy or known.box_xyxy
            assert [*prompt] == [*(item.get("point_xy") or item["box_xyxy"])]
            assert known.iou == pytest.approx(item["iou"], abs=2 * WITHIN)
