"""The texts of ``text``: which are understood, and the classes that they name."""

import sys
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from esam_core.errors import UnknownWord

if TYPE_CHECKING:
    from esam_core.text import TextEncoder


def understood(
    encoder: "TextEncoder", texts: Sequence[str], *, strict: bool
) -> tuple[list[str], list[dict[str, str]]]:
    """Separate the texts that an encoder knows from the others, and print why these are left out.

    Args:
        encoder: The text model.
        texts: What to look for.
        strict: Whether one unknown text is an error, as it is if there is no other.

    Returns:
        The texts that are known, and ``text`` and ``reason`` of the others.

    Raises:
        UnknownWord: An unknown text, if ``strict`` or if no text is known.
    """
    known: list[str] = []
    errors: dict[str, UnknownWord] = {}
    for text in texts:
        try:
            encoder.parse(text)
            known.append(text)
        except UnknownWord as error:
            errors[text] = error
    if errors and (strict or not known):
        raise next(iter(errors.values()))
    for text, reason in errors.items():
        print(f"left out: {text!r}: {reason}", file=sys.stderr)
    return known, [{"text": text, "reason": str(reason)} for text, reason in errors.items()]


def classes_of(subjects: Sequence[str], names: Mapping[Any, str]) -> list[tuple[Any, str]]:
    """Return id and name of the class of each subject.

    Args:
        subjects: What the texts look for.
        names: Known classes by id. A subject that is called like one of them, in whatever case,
            gets its id and name; the others get the next free numbers.
    """
    # Of {"23": "bear"}, which names the classes 23 and "23", the number counts.
    order = sorted(names.items(), key=lambda item: isinstance(item[0], str))
    known: dict[str, tuple[Any, str]] = {}
    for number, name in order:
        known.setdefault(name.casefold(), (number, name))
    free = (number for number in count(1) if number not in names)
    for subject in subjects:
        if subject.casefold() not in known:
            known[subject.casefold()] = next(free), subject
    return [known[subject.casefold()] for subject in subjects]
