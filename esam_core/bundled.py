"""Files that come with the project: weights, words, example photos.

In the repository they are the folder ``assets``; in an installed package they are data of it,
``esam_core/assets``, which ``setup.py`` fills from the same folder.
"""

from importlib.resources import files
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def assets_folder() -> Path:
    """Return the folder of these files: the package's own, or in a checkout the repository's."""
    packaged = Path(str(files("esam_core"))) / "assets"
    in_checkout = (_ROOT / "pyproject.toml").is_file()
    return _ROOT / "assets" if in_checkout and not packaged.is_dir() else packaged


def asset(*parts: str) -> Path:
    """Return the path of a file that comes with the project, such as ``photos``, ``NAME.jpg``.

    It does not depend on the working directory. Nothing is written below it.
    """
    return assets_folder().joinpath(*parts)
