"""What is wrong is said before a model runs."""

import json

import numpy as np
import pytest

from esam_core import asset
from esam_core.cli import main
from esam_core.datasets.annotated import AnnotatedPhoto
from esam_core.errors import InvalidImage, InvalidPrompt, InvalidSettings, UnknownWord
from esam_core.figures import PaperFigure
from esam_core.figures.annotation import (
    example_photos,
    found_of,
    objects_in_boxes,
    objects_named,
    visible_objects,
)
from esam_core.figures.everything import fig3_segment_everything
from esam_core.figures.noise import fig5_noise
from esam_core.figures.points import fig1_point_prompts, fig2_box_prompts
from esam_core.figures.salient import fig4_saliency
from esam_core.figures.text import UNKNOWN, fig6_text_prompts
from esam_core.masks import Masks
from esam_core.text import load_text_encoder
from esam_core.text.phrases import ParsedText
from tests.support.small import small_segmenter


@pytest.fixture(scope="module")
def model():
    return small_segmenter()


@pytest.fixture(scope="module")
def encoder():
    return load_text_encoder()


@pytest.fixture
def idle(model, monkeypatch):
    """A model that must not run."""
    monkeypatch.setattr(type(model), "embed", lambda *_, **__: pytest.fail("a model ran"))
    return model


@pytest.mark.parametrize(
    "draw", [fig1_point_prompts, fig2_box_prompts, fig3_segment_everything, fig4_saliency]
)
def test_photos_are_checked_first(draw, idle):
    with pytest.raises(InvalidSettings, match="no photo"):
        draw(idle, [])
    with pytest.raises(InvalidImage, match="no example photo '9'; there are 285, "):
        draw(idle, ["285", "9"])
    with pytest.raises(InvalidImage, match="'12345'"):
        draw(idle, "12345")  # one number, not five


def test_one_photo_needs_no_list(model):
    assert len(fig1_point_prompts(model, "285").axes) == 2


def test_boxes_of_all_photos_are_checked_first(idle, tmp_path):
    rows = json.loads(asset("detections.json").read_text())
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps([row for row in rows if row["image_id"] == 285]))
    with pytest.raises(InvalidPrompt, match="no boxes for 000000555705"):
        fig2_box_prompts(idle, ["285", "555705"], boxes=path)
    with pytest.raises(InvalidSettings, match="top is 0"):
        fig2_box_prompts(idle, ["285"], top=0)


def test_objects_of_all_photos_are_checked_first(idle):
    with pytest.raises(InvalidSettings, match=r"no object 9; it has 1 \(bear\)"):
        fig5_noise(idle, [("555705", 2), ("285", 9)])
    with pytest.raises(InvalidSettings, match="no photo"):
        fig5_noise(idle, [])


def test_texts_are_checked_first(idle, encoder):
    with pytest.raises(UnknownWord, match="qwertz"):
        fig6_text_prompts(idle, encoder, {"285": ["bear"], "286994": ["elephant", "qwertz"]})
    for texts, said in (({"285": []}, "no text"), ({"285": ["x" * 300]}, "300 characters")):
        with pytest.raises(InvalidPrompt, match=said):
            fig6_text_prompts(idle, encoder, texts)
    with pytest.raises(InvalidSettings, match="no photo"):
        fig6_text_prompts(idle, encoder, {})


class Reader:
    """An encoder that reads every text, and sees with another's eyes."""

    name, title = "any", "Anything"

    def __init__(self, encoder):
        self._encoder = encoder

    def __getattr__(self, name):
        return getattr(self._encoder, name)

    def parse(self, text):
        return ParsedText(text, text)

    def encode_texts(self, texts):
        return self._encoder.encode_texts([self._encoder.parse("bear")] * len(texts))


def test_a_text_that_one_encoder_does_not_know_is_marked_in_its_row(model, encoder, monkeypatch):
    photo = example_photos(["285"])[0]
    whole = Masks.from_data(photo.masks())
    monkeypatch.setattr("esam_core.figures.text.propose", lambda *_, **__: whole)
    readers = [encoder, Reader(encoder)]
    figure = fig6_text_prompts(model, readers, {"285": "qwertz, bear"})
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["", "“qwertz”", "“bear”"] * 2
    notes = [ax.get_xlabel().replace("\n", " ") for ax in figure.axes]
    assert notes[1] == UNKNOWN and "0." in notes[2] and "0." in notes[4] and "0." in notes[5]
    assert len(figure.left_out) == 1 and "Offline vocabulary: “qwertz”" in figure.left_out[0]


def test_a_photo_without_objects_agrees_with_nothing(tmp_path):
    bear = example_photos(["285"])[0]
    photo = AnnotatedPhoto(bear.path, bear.mask_path, (), "", "")
    assert photo.masks().shape == (0, *bear.image().shape[:2]) == (0, *photo.image_hw())
    assert objects_in_boxes(photo, np.array([[0, 0, 9, 9.0]])) == [None]
    assert not len(objects_named(photo, "bear")) and not len(visible_objects(photo))
    assert found_of(bear.masks(), photo.masks()) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--encoder", "offline, nonsense"], "text encoder 'nonsense' is unknown"),
        (["--models", "nonsense"], "model 'nonsense' is unknown"),
        (["--weights", "nowhere", "--models", "mini"], "nowhere does not exist"),
        (["--boxes", "nowhere.json"], "nowhere.json cannot be read"),
        (["--only", "fig1, fig9"], "figure 'fig9' is unknown"),
    ],
)
def test_the_command_draws_nothing_where_an_input_is_wrong(
    options, said, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr("esam_core.figures.render", lambda *_, **__: pytest.fail("drawn"))
    assert main(["figures", *options, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_models_are_loaded_once_for_all_figures(monkeypatch, tmp_path):
    seen = []

    def render(name, models, encoders, **_):
        seen.append((name, models, encoders))
        return PaperFigure(name, "", figsize=(1, 1))

    monkeypatch.setattr("esam_core.figures.render", render)
    only = ["--only", "fig1, fig1,fig6", "--models", "mini", "--out", str(tmp_path)]
    assert main(["figures", *only]) == 0
    (first, models, _), (last, again, encoders) = seen
    assert (first, last) == ("fig1", "fig6") and models is again
    assert [each.name for each in models] == ["mini"] and encoders[0].name == "offline"


def test_objects_of_a_class_come_one_by_one_and_together():
    photo = example_photos(["423617"])[0]
    cars = [
        mask for item, mask in zip(photo.objects, photo.masks(), strict=True) if item.name == "car"
    ]
    named = objects_named(photo, "car")
    assert len(cars) > 1 and (named[:-1] == cars).all() and (named[-1] == np.any(cars, 0)).all()
