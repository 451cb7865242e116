"""The fields of the endpoints: one JSON schema lists them for programs and checks what came."""

import math
from collections.abc import Mapping
from typing import Any

from demo.handlers.everything import GRIDS
from demo.handlers.requests import Json
from demo.texts import errors
from demo.texts import service as texts
from esam_core.errors import InvalidPrompt
from esam_core.saliency.masks import PROMPTS as SALIENT_PROMPTS
from esam_core.text import TEXT_ENCODERS
from esam_core.values import check_keys, number, shown

MOST_PER_SIDE = 64


def _field(kind: str, name: str, **more: Any) -> Json:
    return {"type": kind, "description": texts.FIELDS[name], **more}


def _number(name: str, low: float, high: float, kind: str = "number") -> Json:
    return _field(kind, name, minimum=low, maximum=high)


def _list(name: str, item: Json) -> Json:
    return _field("array", name, items=item)


_NUMBERS = {"type": "array", "items": {"type": "number"}}
_MODEL = {"model": _field("string", "model")}
_PROMPT = {
    "point_coords": _list("point_coords", _NUMBERS),
    "point_labels": _list("point_labels", {"type": "integer"}),
    "box_xyxy": _list("box_xyxy", {"type": "number"}),
}
SEGMENT = {
    **_PROMPT,
    **_MODEL,
    "subtract": _field("boolean", "subtract"),
    "candidates": _number("candidates", 1, 3, "integer"),
    "look_again": _field("boolean", "look_again"),
}
COMPARE = {**_PROMPT, "models": _list("models", {"type": "string"})}
EVERYTHING = {
    **_MODEL,
    "grid": _field("string", "grid", enum=[*GRIDS]),
    "points_per_side": _number("points_per_side", 1, MOST_PER_SIDE, "integer"),
    "predicted_iou": _number("predicted_iou", 0, 1),
    "stability": _number("stability", 0, 1),
    "nms": _number("nms", 0, 1),
    "min_area": _number("min_area", 0, 100),
}
SALIENT = {
    **_MODEL,
    "threshold": _number("map_threshold", 0.01, 0.99),
    "points": _number("points", 1, 6, "integer"),
    "prompt": _field("string", "prompt", enum=[*SALIENT_PROMPTS]),
    "instances": _field("boolean", "instances"),
    "seed": _number("seed", 0, 2**31, "integer"),
}
TEXT = {
    **_MODEL,
    "threshold": _number("match", 0, 1),
    "encoder": _field("string", "encoder", enum=[*TEXT_ENCODERS]),
    "compete": _field("boolean", "compete"),
}


def read_fields(record: object, fields: Mapping[str, Json], what: str) -> Json:
    """Check a record by its fields; those of a prompt are checked where the photo is known.

    Args:
        record: What a program sent; null is as good as left out.
        fields: Each field's JSON schema.
        what: What the record is called.

    Returns:
        The fields that hold something.

    Raises:
        InvalidPrompt: No object, an unknown key, or a value of another kind or out of range.
    """
    if not isinstance(record, dict):
        raise InvalidPrompt(
            texts.NOT_AN_OBJECT.format(
                what=what, keys=", ".join(fields), value=type(record).__name__
            )
        )
    check_keys(record, tuple(fields), what)
    given = {key: value for key, value in record.items() if value is not None}
    for key, value in given.items():
        if key not in _PROMPT and not _fits(value, fields[key]):
            wanted = _wanted(fields[key])
            raise InvalidPrompt(errors.WRONG_TYPE.format(key=key, value=shown(value), what=wanted))
    return given


def _fits(value: Any, field: Json) -> bool:
    kind = field["type"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str) and value in field.get("enum", [value])
    if kind == "array":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    read = number(value)
    whole = kind == "number" or isinstance(value, int)
    return whole and read is not None and not math.isnan(read) and _within(read, field)


def _within(value: float, field: Json) -> bool:
    return bool(field["minimum"] <= value <= field["maximum"])


def _wanted(field: Json) -> str:
    kind = field["type"]
    if "enum" in field:
        return texts.ONE_OF.format(names=", ".join(field["enum"]))
    if kind in ("integer", "number"):
        sentence = texts.WHOLE if kind == "integer" else texts.BETWEEN
        return sentence.format(low=field["minimum"], high=field["maximum"])
    others = {"boolean": errors.TRUE_OR_FALSE, "string": errors.A_TEXT, "array": texts.NAMES}
    return others[kind]
