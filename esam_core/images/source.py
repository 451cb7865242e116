"""Where a picture comes from: its name for messages, its first bytes, its file."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from PIL import Image

from esam_core.errors import InvalidImage

ImageSource = str | Path | bytes | BinaryIO | Image.Image | np.ndarray

HEAD = 4096
JOINERS = "\u200c\u200d"  # invisible; they make one letter or emoji of several


@dataclass(frozen=True, slots=True, eq=False)
class FileSource:
    """A file on disk or in memory.

    Args:
        name: What messages call it.
        opened: Its path, or the open file.
    """

    name: str
    opened: Path | BinaryIO

    @property
    def head(self) -> bytes:
        """Its first bytes; none if it cannot be read."""
        try:
            if isinstance(self.opened, Path):
                with self.opened.open("rb") as file:
                    return file.read(HEAD)
            self.opened.seek(0)
            head = self.opened.read(HEAD)
            self.opened.seek(0)
        except (OSError, ValueError):
            return b""
        return head if isinstance(head, bytes) else b""

    def content(self) -> bytes:
        """Return all its bytes."""
        if isinstance(self.opened, Path):
            return self.opened.read_bytes()
        self.opened.seek(0)
        return self.opened.read()


def label(name: str, otherwise: str) -> str:
    """Return what messages call a picture: its name in quotes, if it has one."""
    # Not repr(), which spells out the joiners of emoji and doubles backslashes.
    shown = "".join(each for each in name if each.isprintable() or each in JOINERS)
    return f"'{shown}'" if shown else otherwise


def find_file(source: object, name: str) -> FileSource:
    """Return the file of a path, bytes or an open file.

    Raises:
        InvalidImage: No such file, a folder, or another kind of source.
    """
    if isinstance(source, str | Path):
        path, named = Path(source), label(name or Path(source).name, str(source))
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise InvalidImage(f"{named} {what}; give the path of one picture.")
        return FileSource(named, path)
    if isinstance(source, bytes | bytearray | memoryview):
        return FileSource(label(name, "the given bytes"), io.BytesIO(source))
    if hasattr(source, "read"):
        return FileSource(label(name, "the given file"), cast(BinaryIO, source))
    raise InvalidImage(
        f"a photo cannot be read from {type(source).__name__}; give a path, bytes, an open "
        "file, a PIL image or a numpy array."
    )
