"""Writing of files: whatever the system refuses becomes one sentence that names the place."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from esam_core.errors import EsamError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an error of the system inside the block into an ``EsamError`` about a place.

    Raises:
        EsamError: The place cannot be written to.
    """
    try:
        yield
    except OSError as error:
        raise EsamError(
            f"cannot write {path}: {error.strerror or error}. Choose another place."
        ) from error


def make_folder(folder: Path) -> Path:
    """Make a folder with the folders above it, if they are missing, and return it.

    Raises:
        EsamError: It cannot be made, or something else has its name.
    """
    with _making(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_folder(folder: Path) -> None:
    """Check that a folder can be made, or written to if it is there, without making it.

    Raises:
        EsamError: Something else has its name, or a folder above it may not be written to.
    """
    with _making(folder):
        place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{place} is a file")
        if not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, f"{place} may not be written to")


@contextmanager
def _making(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EsamError(
            f"cannot make the folder {folder}: {error.strerror}. Choose another place."
        ) from error
