"""Search for weights files: an explicit path, ``ESAM_WEIGHTS``, or the cache folder.

A place named by the user is the only one searched: if it lacks the file, that is an error, without
a fallback. Bundled files come with the project, see ``esam_core.bundled``.
"""

import os
from pathlib import Path

from platformdirs import user_cache_path

from esam_core.bundled import asset
from esam_core.errors import WeightsMismatch, WeightsNotFound
from esam_core.weights.digests import content_size, verify_weights
from esam_core.weights.rows import WEIGHTS, WeightsFile

_OTHER_MODEL = (
    "Name another place, or say which model the weights are of (the name of a model, --model); "
    "without a place the file that comes with the project is used."
)
_SUFFIXES = (".pt", ".pth", ".safetensors", ".onnx", ".zip")


def cache_folder() -> Path:
    r"""Return the folder for downloads: ``ESAM_CACHE``, or the platform's cache folder.

    The platform's folder is ``~/.cache/esam`` on Linux (``XDG_CACHE_HOME`` moves it),
    ``~/Library/Caches/esam`` on macOS and ``%LOCALAPPDATA%\esam\Cache`` on Windows.
    """
    if named := os.environ.get("ESAM_CACHE"):
        return Path(named).expanduser()
    return user_cache_path("esam", appauthor=False)


def search_folders() -> list[Path]:
    """List the folders that are searched; ``ESAM_WEIGHTS``, if set, replaces the cache folder."""
    named = os.environ.get("ESAM_WEIGHTS")
    return [Path(named).expanduser()] if named else [cache_folder()]


def existing_folders() -> list[Path]:
    """List the folders that are searched, like ``search_folders``, after checking the named one.

    Raises:
        WeightsNotFound: ``ESAM_WEIGHTS`` names a place that does not exist.
    """
    places = search_folders()
    for place in places:
        if is_named(place) and not place.exists():
            raise WeightsNotFound(
                f"ESAM_WEIGHTS names {place}, which does not exist. "
                "Correct it, or unset it to use the cache folder."
            )
    return places


def is_named(place: Path) -> bool:
    """Whether a searched place is the one that ``ESAM_WEIGHTS`` names."""
    return place != asset("weights") and bool(os.environ.get("ESAM_WEIGHTS"))


def find_weights(file: WeightsFile, path: Path | str | None = None) -> Path | None:
    """Find a weights file without reading it.

    Args:
        file: The file's row in ``WEIGHTS``.
        path: The only file or folder to use.

    Returns:
        Its path, or None. A file of the wrong size in the cache folder counts as missing.

    Raises:
        WeightsNotFound: ``ESAM_WEIGHTS`` names a place that does not exist, has no weights file,
            or has this file in a wrong size.
    """
    if path is not None:
        named = Path(path).expanduser()
        return _inside(file, named) if named.is_dir() else _if_file(named)
    for place in _places(file):
        found = _at_place(file, place)
        if found is not None and content_size(found) == file.size:
            return found
        if is_named(place):
            _check_named(file, place, found)
    return None


def resolve_weights(file: WeightsFile, path: Path | str | None = None) -> Path:
    """Find a weights file and verify it.

    A file given by its path is used without verification (it may be custom weights); a file found
    by its published name must have the published content.

    Raises:
        WeightsNotFound: The file is not in the named place, or in none of the default ones.
        WeightsMismatch: A file of that name has different content.
    """
    if path is not None:
        return _resolve_named(file, Path(path).expanduser())
    places = _places(file)
    for place in places:
        found = _at_place(file, place)
        if found is not None:
            verify_weights(file, found)
            return found
    looked = ", ".join(_describe(place) for place in places)
    raise WeightsNotFound(f"{file.filename}: looked in {looked}. {_advice(file)}")


def _resolve_named(file: WeightsFile, named: Path) -> Path:
    if not named.exists():
        raise WeightsNotFound(f"{named} does not exist; it was named as the weights to use.")
    found = find_weights(file, named)
    if found is None:
        # A bundled file is not missing: the place is another model's.
        advice = _OTHER_MODEL if file.bundled else _advice(file)
        raise WeightsNotFound(f"{named} has no {file.filename}. {advice}")
    return found


def _places(file: WeightsFile) -> list[Path]:
    return [asset("weights")] if file.bundled else existing_folders()


def _check_named(file: WeightsFile, place: Path, found: Path | None) -> None:
    """Raise an error if the place in ``ESAM_WEIGHTS`` is damaged or has no weights file.

    Otherwise choosing the best available model would fall back to the bundled one.
    """
    if found is not None:
        try:
            verify_weights(file, found)
        except WeightsMismatch as error:
            raise WeightsNotFound(f"ESAM_WEIGHTS names {place}, but {error}") from error
    files = list(place.iterdir()) if place.is_dir() else [place]
    if not any(path.suffix in _SUFFIXES or (path / "config.json").is_file() for path in files):
        names = ", ".join(row.filename for row in WEIGHTS.values() if not row.bundled)
        what = "is none" if place.is_file() else "holds none"
        raise WeightsNotFound(
            f"ESAM_WEIGHTS names {place}, which {what} of the known files: {names}. Correct it, "
            "unset it to use the cache folder and the bundled model, or name a file of your own "
            "with --weights PATH (weights=PATH) and its model with --model."
        )


def _at_place(file: WeightsFile, place: Path) -> Path | None:
    """Return the file in a folder, or the place itself if it is a file of the wanted name."""
    if place.is_dir():
        return _inside(file, place)
    names = (file.filename, f"{file.filename}.zip")
    return _if_file(place) if place.name in names else None


def _inside(file: WeightsFile, folder: Path) -> Path | None:
    # EfficientSAM-S is published zipped on GitHub, and may be placed here without unpacking.
    candidates = (folder / file.filename, folder / f"{file.filename}.zip")
    return next((path for path in candidates if path.is_file()), None)


def _if_file(path: Path) -> Path | None:
    return path if path.is_file() else None


def _describe(place: Path) -> str:
    return f"{place} (named by ESAM_WEIGHTS)" if is_named(place) else str(place)


def _advice(file: WeightsFile) -> str:
    if file.bundled or not file.sources:
        return "It comes with the project: install the project again, or restore that file."
    name = next((name for name, row in WEIGHTS.items() if row == file), "NAME")
    return (
        f"Get it with `python -m esam_core weights download {name}`, or put "
        f"{file.sources[0].url} there, or name a file (weights=PATH, --weights PATH)."
    )
