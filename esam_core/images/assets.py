"""Files that come with the program."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def asset(*parts: str) -> Path:
    """Return the path of a file in ``assets``, independent of the working directory."""
    return ASSETS.joinpath(*parts)
