"""Ids as JSON has them: 1, 1.0, "1", true and null are five different ids."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from esam_core.values import json_key

Value = TypeVar("Value")
FROM_NAME: Any = object()  # stands for an image id that follows from the photo's name


def parse_id(text: str) -> Any:
    """Parse an id from a command line: a number, true, ... if it is JSON, else the text itself."""
    try:
        value = json.loads(text)
        json_key(value)
    except (ValueError, RecursionError):
        return text
    return value


def id_of_name(photo: str | Path) -> int:
    """Return the image id that COCO's file names carry: 285 of 000000000285.jpg; otherwise 1."""
    number = decimal_stem(photo)
    return 1 if number is None else number


def decimal_stem(photo: str | Path) -> int | None:
    """Return a file name's stem as a number, or None; only 0 to 9 are digits of COCO's names."""
    stem = Path(photo).stem
    return int(stem) if stem.isascii() and stem.isdecimal() else None


class JsonMap(Mapping[Any, Value], Generic[Value]):
    """A mapping whose keys are ids of any JSON kind; of equal keys the last one counts."""

    def __init__(self, pairs: Iterable[tuple[Any, Value]] = ()) -> None:
        self._rows = {json_key(key): (key, value) for key, value in pairs}

    def __getitem__(self, key: Any) -> Value:
        try:
            return self._rows[json_key(key)][1]
        except ValueError as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)
