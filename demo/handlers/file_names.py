"""Names of downloads: the photo's, the object's if it has one, and the kind of file."""

import unicodedata
from pathlib import PureWindowsPath

UNNAMED = "photo"  # a photo that came without a file name
STEM_BYTES, NAME_BYTES = 120, 80  # file systems allow 255 bytes


def photo_stem(name: str) -> str:
    """Return the name of a photo's file without folders and extension; may be empty."""
    return PureWindowsPath(name).stem  # knows both kinds of slashes


def file_name(photo: str, name: str, kind: str, suffix: str) -> str:
    """Return ``PHOTO-KIND.SUFFIX``, or ``PHOTO-NAME-KIND.SUFFIX`` for an object with a name.

    Args:
        photo: Name of the photo's file.
        name: Name of the object, empty if there is none.
        kind: Kind of the file.
        suffix: Extension of the file.
    """
    stem = slug(photo_stem(photo), STEM_BYTES) or UNNAMED
    parts = [stem, slug(name, NAME_BYTES).lower(), kind]
    return f"{'-'.join(filter(None, parts))}.{suffix}"


def numbered_name(number: int, name: str) -> str:
    """Return ``NN-NAME``, the name of one of several objects, unlike that of any other number.

    Args:
        number: Of the object, from 1.
        name: Of the object.
    """
    return "-".join(filter(None, (f"{number:02d}", slug(name, NAME_BYTES).lower())))


def slug(text: str, most: int) -> str:
    """Return the letters and digits of any script in a text, and ``_`` and dots between them.

    All else becomes a hyphen, so that the result names a file in every system and never a path.

    Args:
        text: Any text.
        most: Limit in bytes.
    """
    kept = [letter if _is_plain(letter) else "-" for letter in unicodedata.normalize("NFC", text)]
    joined = "-".join(filter(None, "".join(kept).split("-")))
    cut = joined.encode(errors="ignore")[:most].decode(errors="ignore")
    return cut.strip("-_.")


def _is_plain(letter: str) -> bool:
    # Marks are the vowels of many scripts.
    return letter in "_." or unicodedata.category(letter)[0] in "LMN"
