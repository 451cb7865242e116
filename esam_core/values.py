"""Numbers, lists, keys and ids read from what a caller gave, with refusals that quote it."""

import difflib
import json
import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from esam_core.errors import InvalidPrompt


def shown(value: Any) -> str:
    """Return a value as it is quoted in messages: arrays as lists, at most 60 characters."""
    text = repr(value.tolist() if hasattr(value, "tolist") else value)
    return text if len(text) <= 60 else text[:57] + "..."


def number(value: Any) -> float | None:
    """Return a number as float; None for all else: texts, bools, complex and empty values.

    Arrays and tensors without axes count as what they hold.
    """
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def items(values: Any, what: str) -> tuple:
    """Return the items of a list, tuple, array or tensor.

    Args:
        values: What the caller gave.
        what: Its name and form in the refusal, such as ``point_coords; give a list of (x, y)``.

    Raises:
        InvalidPrompt: A text, an object, or nothing that has items.
    """
    listed = not isinstance(values, str | bytes | Mapping) and isinstance(values, Iterable)
    if not listed or getattr(values, "ndim", 1) == 0:
        raise InvalidPrompt(f"{shown(values)} is not a list of {what}.")
    return tuple(values)


def finite_numbers(values: Any, count: int) -> tuple[float, ...] | None:
    """Return exactly ``count`` finite numbers; None if the values are something else."""
    try:
        read = [number(value) for value in items(values, "numbers")]
    except InvalidPrompt:
        return None
    found = tuple(n for n in read if n is not None and math.isfinite(n))
    return found if len(found) == len(read) == count else None


def count_rows(values: Any, count: int) -> int:
    """Return how many rows of ``count`` finite numbers the values hold; 0 if they hold others."""
    try:
        rows = [finite_numbers(row, count) for row in items(values, "rows")]
    except InvalidPrompt:
        return 0
    return 0 if None in rows else len(rows)


def check_keys(record: Any, allowed: tuple[str, ...], what: str) -> None:
    """Check that a record is an object that has no other keys than the allowed ones.

    Args:
        record: What the caller gave.
        allowed: The keys that it may have.
        what: What it should be, such as ``a prompt``.

    Raises:
        InvalidPrompt: No object, or an unknown key, which is named with the allowed ones.
    """
    if not isinstance(record, Mapping):
        raise InvalidPrompt(
            f"{shown(record)} is not {what}; give an object with {', '.join(allowed)}."
        )
    unknown = [key for key in record if key not in allowed]
    if unknown:
        close = difflib.get_close_matches(str(unknown[0]), allowed, 1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise InvalidPrompt(
            f"{', '.join(shown(key) for key in unknown[:3])} is no key of {what}; "
            f"it may have {', '.join(allowed)}.{hint}"
        )


def json_key(value: Any) -> str:
    """Return the JSON text of an id; two ids are the same if these texts are equal.

    In JSON 1, 1.0, true and "1" are four ids, though Python finds three of them equal.

    Raises:
        ValueError: Not a JSON value, such as NaN.
    """
    try:
        return json.dumps(value, sort_keys=True, allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{type(value).__name__} is no JSON value: {error}") from error


def _plain(value: Any) -> Any:
    """Turn a numpy scalar into Python's own; other objects are no JSON."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{value!r:.60} has no JSON form")
