"""The list of models, their state, and the texts about them."""

from typing import Any

from demo.engine import Engine
from demo.engine.catalogue import ModelEntry
from demo.handlers import encoders
from demo.handlers.errors import Reply, answering
from demo.handlers.requests import Json, text_of, values_of
from demo.texts import models as texts
from esam_core.errors import EsamError
from esam_core.text import TEXT_ENCODERS


@answering
def status(engine: Engine, payload: Any) -> Reply:
    """List the models, with the default one and its state."""
    models = engine.models
    models.load_now()
    recommended = next((entry for entry in models.entries if entry.recommended), None)
    return {
        "state": models.state,
        "default": models.default,
        "error": _sentence(models.error),
        "models": [_described(engine, entry, recommended) for entry in models.entries],
        "text_models": encoders.listed(engine),
    }


@answering
def fetch(engine: Engine, payload: Any) -> Reply:
    """Start the download of a model's weights, or of a text model's."""
    name = text_of(values_of(payload).get("model")) or ""
    if name in TEXT_ENCODERS and not TEXT_ENCODERS[name].bundled:
        encoders.fetch(engine, name)
    else:
        engine.models.download(name)
    return {}


def model_info(segmenter: Any) -> Json:
    """Return what the page shows of a loaded model."""
    return {
        "name": segmenter.name,
        "title": segmenter.title,
        "provenance": segmenter.provenance,
        "device": segmenter.device,
        "precision": segmenter.precision,
        "understands_background": bool(segmenter.understands_background),
        "looks_again": bool(segmenter.quick),
    }


def get_command(entry: ModelEntry) -> str:
    """Return the command that downloads a model's weights."""
    return texts.GET_COMMAND.format(name=entry.name)


def _described(engine: Engine, entry: ModelEntry, recommended: ModelEntry | None) -> Json:
    note = _note(entry, recommended)
    described = {
        "name": entry.name,
        "title": entry.title,
        "about": _about(entry),
        "present": entry.present,
        "command": get_command(entry),
        "download_label": texts.DOWNLOAD.format(megabytes=round(entry.download_bytes / 1e6)),
        "understands_background": entry.understands_background,
        "note": note,
        "note_command": get_command(recommended) if recommended and note else "",
    }
    loaded, download = engine.models.loaded(entry.name), engine.models.downloads.get(entry.name)
    if loaded is not None:
        described |= model_info(loaded)
    if download is not None:
        # A download that has just begun must not be 0, which means none.
        described["downloading"] = max(0.01, download.done) if download.running else 0
        described["download_error"] = download.error
    return described


def _about(entry: ModelEntry) -> str:
    millions = entry.parameters / 1e6
    about = texts.ABOUT if millions >= 10 else texts.ABOUT_SMALL
    return about.format(parameters=millions, licence=entry.licence)


def _note(entry: ModelEntry, recommended: ModelEntry | None) -> str:
    """Return a warning about bundled or random weights, with the model to get instead."""
    if recommended is None or not (entry.random or entry.bundled):
        return ""
    if recommended.present and not entry.random:
        return ""  # it is one click away in the list
    note = texts.RANDOM_NOTE if entry.random else texts.BUNDLED_NOTE
    return note.format(title=recommended.title)


def _sentence(error: Exception | None) -> str:
    if error is None:
        return ""
    return str(error) if isinstance(error, EsamError) else texts.FAILED.format(reason=error)
