"""Texts about models come from their entries, not from their names."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from demo.engine import Engine
from demo.engine.catalogue import CoreCatalogue
from demo.handlers import encoders, models
from esam_core.errors import EsamError
from esam_core.text import TEXT_ENCODERS
from tests.support.fakes import FakeCatalogue
from tests.support.hub import serve_hub


def test_status_lists_the_models(engine):
    reply = models.status(engine, {})
    assert reply["state"] == "ready"
    assert [m["present"] for m in reply["models"]] == [True, True, False]
    assert reply["models"][0]["device"] == "cpu"
    assert reply["models"][0]["about"] == "1.5 million parameters, free"
    assert reply["models"][2]["about"] == "30 million parameters, free"
    assert reply["models"][2]["download_label"] == "Download 12 MB"


def test_a_bundled_model_has_a_note_on_the_recommended_one(engine):
    bundled, plain, _ = models.status(engine, {})["models"]
    assert bundled["note"].startswith("The small bundled model is answering. For Absent")
    assert bundled["note_command"] == "python -m esam_core weights download absent"
    assert plain["note"] == plain["note_command"] == ""


def test_random_weights_have_a_note_for_every_model():
    engine = Engine(CoreCatalogue(random=True))
    engine.models.entries = engine.models.catalogue.entries()
    listed = models.status(engine, {})["models"]
    assert all(model["present"] and "random" in model["note"] for model in listed)


def test_a_failed_model_is_a_sentence():
    def load(name):
        raise EsamError("no weights here")

    engine = Engine(FakeCatalogue(load))
    engine.models._start()
    assert models.status(engine, {})["error"] == "no weights here"
    engine.models.error = ZeroDivisionError("x")
    assert models.status(engine, {})["error"] == "The model could not be loaded: x"


def test_without_any_weights_page_and_widget_name_the_missing_file(monkeypatch, tmp_path):
    from demo.notebook.widget import PromptWidget

    monkeypatch.setattr("esam_core.weights.places.asset", tmp_path.joinpath)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))
    engine = Engine(CoreCatalogue())
    engine.models._start()
    reply = models.status(engine, {})
    assert reply["state"] == "error"
    assert reply["error"].startswith("esam_mini.safetensors: looked in ")
    with pytest.raises(EsamError, match=r"esam_mini\.safetensors: looked in "):
        PromptWidget(np.zeros((8, 8, 3), np.uint8))


def test_a_download_begins_at_once_and_an_unknown_one_is_refused(engine):
    assert models.fetch(engine, {"model": "absent"}) == {}
    assert "nothing" in models.fetch(engine, {"model": "nothing"})["error"]
    assert "offline" in models.fetch(engine, {"model": "offline"})["error"]


def test_a_note_that_a_better_model_is_absent_goes_when_it_has_come(engine, catalogue):
    catalogue.present.add("absent")
    engine.models.entries = catalogue.entries()
    assert models.status(engine, {})["models"][0]["note"] == ""


def test_a_text_model_is_fetched_and_then_present(engine, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    spec = TEXT_ENCODERS["ViT-B-32"]
    row = listed(engine, spec.name)
    assert not row["present"] and row["download_label"] == "Download 605 MB"
    assert encoders.about(spec.name)[1] == spec.name
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "no connection" in fetched(engine, spec.name)["download_error"]
    with serve_hub({(spec.repository, "open_clip_model.safetensors"): b"weights"}) as (hub, _):
        monkeypatch.setenv("HF_ENDPOINT", hub)
        row = fetched(engine, spec.name)
    assert row["present"] and row["download_error"] == ""
    assert encoders.about(spec.name)[1] == ""


def test_a_text_model_that_needs_packages_names_them_instead_of_offering_a_download(
    engine, monkeypatch
):
    row = replace(TEXT_ENCODERS["ViT-L-14"], needs=("no_such_package",))
    monkeypatch.setitem(TEXT_ENCODERS, "ViT-L-14", row)
    assert listed(engine, "ViT-L-14") is None
    sentence, absent = encoders.about("ViT-L-14")
    assert "pip install no_such_package" in sentence and absent == ""


def listed(engine, name):
    rows = models.status(engine, {})["text_models"]
    return next((row for row in rows if row["name"] == name), None)


def fetched(engine, name):
    assert models.fetch(engine, {"model": name}) == {}
    for thread in threading.enumerate():
        if thread.name == f"download-{name}":
            thread.join(20)
    return listed(engine, name)
