"""Ids of images and categories: any JSON value, kept as it is."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from esam_core.errors import InvalidSettings
from esam_core.values import json_key


def plain_id(value: Any, what: str) -> Any:
    """Return an id as JSON will hold it; numpy's numbers become Python's.

    Raises:
        InvalidSettings: JSON has no such value; the message names ``what``.
    """
    plain = value.item() if isinstance(value, np.generic) else value
    try:
        json_key(plain)
    except ValueError as error:
        raise InvalidSettings(
            f"{what} {value!r} cannot be written as JSON ({error}); use a string, a finite number, "
            "true, false or null."
        ) from error
    return plain


def next_number(ids: Sequence[Any]) -> int:
    """Return the lowest whole number, from 1, above all numbers among the ids."""
    return max([0, *(math.floor(i) for i in ids if isinstance(i, int | float))]) + 1
