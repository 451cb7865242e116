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

__all__ = [
    "OFFLINE",
    "about",
    "about_score",
    "competes",
    "elsewhere",
    "encoder_menu",
    "fetch",
    "is_here",
    "listed",
    "read_by",
    "text_encoder",
    "threshold_of",
]


def encoder_menu() -> list[tuple[str, str]]:
    """List the text models for a menu: title and name."""
    return [
        (texts.OFFLINE_TITLE if row.bundled else row.title, name)
        for name, row in TEXT_ENCODERS.items()
    ]


def is_here(name: str) -> bool:
    """Whether a text model and its packages are on this machine."""
    row = TEXT_ENCODERS[name]
    return is_present(row) and not missing_packages(row)


def elsewhere() -> str:
    """Say in a notebook which text models are not on this machine and how to get one; or ""."""
    absent = [
        row for row in TEXT_ENCODERS.values() if not is_present(row) and not missing_packages(row)
    ]
    if not absent:
        return ""
    names = [texts.MEGABYTES.format(title=r.title, megabytes=r.size_mb) for r in absent]
    command = f'load_text_encoder("{absent[0].name}", download=True)'
    return texts.ELSEWHERE.format(names=", ".join(names), command=command)


def threshold_of(name: str) -> float:
    """Return the lowest score that counts as a match for a text model."""
    return TEXT_ENCODERS[name].threshold


def about_score(name: str) -> str:
    """Say what the scores of a text model are, its threshold, and what to do with it."""
    sentence = texts.SCORE_OFFLINE if TEXT_ENCODERS[name].bundled else texts.SCORE_CLIP
    return sentence.format(threshold=threshold_of(name))


def read_by(encoder: TextEncoder) -> str:
    """Say which text model read the texts, and where its weights come from."""
    return texts.READ_BY.format(title=encoder.title, provenance=encoder.provenance)


def competes(name: str) -> bool:
    """Whether texts can compete for a mask: the probabilities of the offline words do not."""
    return not TEXT_ENCODERS[name].bundled


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


def text_encoder(engine: Engine, name: str | TextEncoder) -> TextEncoder:
    """Return a text model, loaded on first use; one that is loaded already is used from now on.

    Raises:
        InvalidSettings: No such text model.
        WeightsNotFound: Its weights are not on this machine.
    """
    if not isinstance(name, str):
        encoder = name
        return engine.tools.get_or_make(("encoder", encoder.name), lambda: encoder)
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
