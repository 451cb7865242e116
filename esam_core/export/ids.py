"""Ids in JSON: 1, 1.0, true and "1" are four ids, though Python finds three of them equal."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from esam_core.errors import InvalidSettings


def plain_id(value: Any, what: str) -> Any:
    """Return an id as JSON will hold it; numpy's numbers become Python's.

    Raises:
        InvalidSettings: JSON has no such value; the message names ``what``.
    """
    plain = value.item() if isinstance(value, np.generic) else value
    try:
        exact_key(plain)
    except (TypeError, ValueError) as error:
        raise InvalidSettings(
            f"{what} {value!r} cannot be written as JSON ({error}); use a string, a finite number, "
            "true, false or null."
        ) from error
    return plain


def exact_key(value: Any) -> str:
    """Return a text that two ids share only if JSON shows them alike.

    Raises:
        TypeError: JSON has no such type.
        ValueError: A float that is not finite.
    """
    return json.dumps(value, allow_nan=False, sort_keys=True)


def next_number(ids: Sequence[Any]) -> int:
    """Return the lowest whole number, from 1, above all numbers among the ids."""
    return max([0, *(math.floor(i) for i in ids if isinstance(i, int | float))]) + 1
