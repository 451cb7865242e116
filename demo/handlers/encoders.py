"""The text models that visitors choose from, loaded once and shared."""

from demo.engine import Engine
from demo.engine.scheduler import in_its_own_thread
from demo.texts import text as texts
from esam_core.errors import InvalidSettings
from esam_core.text import OFFLINE, TEXT_ENCODERS, TextEncoder, load_text_encoder

__all__ = ["OFFLINE", "about", "encoder_menu", "text_encoder", "threshold_of"]


def encoder_menu() -> list[tuple[str, str]]:
    """List the text models for a menu: title and name."""
    return [
        (f"{row.title}, {row.size_mb} MB" if row.size_mb else row.title, name)
        for name, row in TEXT_ENCODERS.items()
    ]


def threshold_of(name: str) -> float:
    """Return the lowest score that counts as a match for a text model."""
    return TEXT_ENCODERS[name].threshold


def about(name: str) -> tuple[str, str]:
    """Describe a text model: a sentence, and a command to get a better one, or an empty text."""
    row = TEXT_ENCODERS[name]
    if row.bundled:
        return texts.OFFLINE, texts.COMMAND
    return texts.CLIP.format(title=row.title, licence=row.licence), ""


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
