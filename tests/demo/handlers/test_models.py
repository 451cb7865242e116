"""Texts about models come from their entries, not from their names."""

import numpy as np
import pytest

from demo.engine import Engine
from demo.engine.catalogue import CoreCatalogue
from demo.handlers import models
from esam_core.errors import EsamError
from tests.support.fakes import FakeCatalogue


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
