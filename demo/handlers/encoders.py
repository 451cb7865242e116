"""The text models that visitors choose from: loaded once and shared, and their downloads."""

from collections.abc import Callable

from demo.engine import Engine
from demo.engine.scheduler import in_its_own_thread
from demo.handlers.requests import Json
from demo.texts import models as model_texts
from demo.texts import text as texts
from esam_core.errors import InvalidSettings
from esam_core.text import (
    OFFLINE,
    TEXT_ENCODERS,
    TextEncoder,
    TextEncoderSpec,
    download_clip,
    is_present,
    load_text_encoder,
    missing_packages,
)

__all__ = ["OFFLINE", "about", "encoder_menu", "fetch", "listed", "text_encoder", "threshold_of"]


def encoder_menu() -> list[tuple[str, str]]:
    """List the text models for a menu: title and name."""
    return [
        (texts.OFFLINE_TITLE if row.bundled else row.title, name)
        for name, row in TEXT_ENCODERS.items()
    ]


def threshold_of(name: str) -> float:
    """Return the lowest score that counts as a match for a text model."""
    return TEXT_ENCODERS[name].threshold


def about(name: str) -> tuple[str, str]:
    """Describe a text model: a sentence, and its name if it is not on this machine, or ""."""
    row = TEXT_ENCODERS[name]
    if row.bundled:
        return texts.OFFLINE, ""
    sentence = texts.CLIP.format(title=row.title, licence=row.licence)
    if is_present(row):
        return sentence, ""
    if absent := missing_packages(row):
        return f"{sentence} {texts.PACKAGES.format(packages=' '.join(absent))}", ""
    return sentence, name


def listed(engine: Engine) -> list[Json]:
    """Describe the text models that are downloaded or can be, for the list of models."""
    return [
        _described(engine, row)
        for row in TEXT_ENCODERS.values()
        if not row.bundled and not missing_packages(row)
    ]


def fetch(engine: Engine, name: str) -> None:
    """Start the download of a text model."""

    def work(progress: Callable[[int, int], None]) -> None:
        download_clip(TEXT_ENCODERS[name], progress)

    engine.models.downloads.start(name, work)


def text_encoder(engine: Engine, name: str) -> TextEncoder:
    """Return a text model, loaded on first use.

    Raises:
        InvalidSettings: No such text model.
        WeightsNotFound: Its weights are not on this machine.
    """
    if name not in TEXT_ENCODERS:
        raise InvalidSettings(texts.NO_SUCH_ENCODER.format(name=name))
    return engine.tools.get_or_make(
        ("encoder", name), lambda: in_its_own_thread(lambda: load_text_encoder(name))
    )


def _described(engine: Engine, row: TextEncoderSpec) -> Json:
    described: Json = {
        "name": row.name,
        "title": row.title,
        "about": texts.ABOUT.format(licence=row.licence),
        "present": is_present(row),
        "download_label": model_texts.DOWNLOAD.format(megabytes=row.size_mb),
    }
    if download := engine.models.downloads.get(row.name):
        described["downloading"] = max(0.01, download.done) if download.running else 0
        described["download_error"] = download.error
    return described
