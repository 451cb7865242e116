"""From a download to ranked masks, by the page's handlers and in the playground."""

import threading

import pytest

from demo.handlers import models, service, text
from demo.notebook.playground import Playground
from esam_core.errors import WeightsNotFound
from esam_core.text import load_text_encoder
from tests.support.fakes import payload_of
from tests.support.tiny_clip import save_as_openai


def status_of(engine, name):
    rows = models.status(engine, {})["text_models"]
    return next(row for row in rows if row["name"] == name)


def test_on_the_page(clip_hub, few_points, mini_engine, dog_file):
    spec, sent = clip_hub
    payload = payload_of(mini_engine, dog_file)
    asked = (mini_engine, payload, "a dog, puppy", 0.0, spec.name)
    assert "--download" in text.find(*asked)["error"]
    assert not status_of(mini_engine, spec.name)["present"] and not sent
    assert models.fetch(mini_engine, {"model": spec.name}) == {}
    for thread in threading.enumerate():
        if thread.name == f"download-{spec.name}":
            thread.join(20)
    assert status_of(mini_engine, spec.name)["present"] and len(sent) == 1
    alone, rivals = text.find(*asked), text.find(*asked, True)
    assert [hit["label"] for hit in alone["hits"] if hit["chosen"]] == ["a dog", "puppy"]
    assert len(alone["found"]) == 2 and len(alone["thumbnails"]) == len(alone["hits"])
    assert rivals["hits"][0]["score"] < alone["hits"][0]["score"]
    kept = text.keep(*asked)
    assert [mask["name"] for mask in kept["layers"]["kept"]["masks"]] == ["a dog", "puppy"]
    settings = {"encoder": spec.name, "threshold": 0, "compete": True}
    asked = {"image": str(dog_file), "texts": "a dog, puppy", "settings": settings}
    objects = service.text(mini_engine, asked)["info"]["objects"]
    assert [row["name"] for row in objects] == ["a dog", "puppy"]
    assert objects[0]["score"] == pytest.approx(rivals["hits"][0]["score"], abs=1e-3)


def test_in_the_playground(clip_hub, few_points, dog_file):
    spec, sent = clip_hub
    with pytest.raises(WeightsNotFound, match="--download"):
        Playground(dog_file, "mini", device="cpu", encoder=spec.name)
    made = Playground(dog_file, "mini", device="cpu", text="a dog")
    assert [name for _, name in made.encoder.options] == ["offline"]
    assert f'load_text_encoder("{spec.name}", download=True)'.replace('"', "&quot;") in (
        made.help.value
    )
    load_text_encoder(spec.name, device="cpu", download=True)
    assert len(sent) == 1
    made = Playground(dog_file, "mini", device="cpu", text="a dog", encoder=spec.name)
    assert [name for _, name in made.encoder.options] == ["offline", spec.name]
    made.mode.value, made.match.value = "text", made.match.min
    assert made.encoder in made.settings.children and made.help in made.settings.children
    made.compete.value = True
    assert made.segment() is made.masks and "a dog" in made.note.value
    assert "Texts are read by CLIP ViT-B/32 (open_clip tag openai)" in made.note.value
    assert "CLIP ViT-B/32" in repr(made.figure())
    clip = made.help.value, made.match.value
    made.encoder.value = "offline"
    assert (made.help.value, made.match.value) != clip and made.compete.disabled
    made.segment()
    assert "Offline vocabulary" in made.note.value


def test_in_the_playground_from_a_file(clip_hub, few_points, dog_file, tmp_path):
    spec, sent = clip_hub
    save_as_openai(spec, tmp_path / "ViT-B-32.pt")
    encoder = load_text_encoder(spec.name, weights=tmp_path / "ViT-B-32.pt", device="cpu")
    made = Playground(dog_file, "mini", device="cpu", text="a dog", encoder=encoder)
    made.mode.value, made.match.value = "text", made.match.min
    made.segment()
    assert "(file ViT-B-32.pt)" in made.note.value and not sent
