"""Validation of requests: arbitrary JSON in, checked values out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from demo.engine.engine import Correction
from demo.handlers.pictures import joined_masks
from demo.texts import errors as texts
from esam_core.cleanup import CleanUp
from esam_core.corrections.steps import Step, steps_of
from esam_core.errors import InvalidPrompt
from esam_core.prompts import MAX_TOKENS, PROMPT_KEYS, PointLabel, Prompt
from esam_core.values import check_keys, items, shown

MAX_POINTS = 64
MAX_STEPS = 500
Json = dict[str, Any]
Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt on a photo, with its options.

    Args:
        prompt: Points and box in pixels of the photo, within the model's six tokens.
        correction: The steps that made the object, if there is more than one prompt to it: clicks
            that correct a mask, add to it or cut from it, strokes, a mask from elsewhere, cleaning.
        merged: How many points were merged to make them fit.
        model: The model to use, or None for the default.
        subtract: Whether to cut away the masks at background points.
        choice: The candidate that was picked, 0 to 2.
    """

    prompt: Prompt
    correction: Correction | None = None
    merged: int = 0
    model: str | None = None
    subtract: bool = False
    choice: int = 0
    look_again: bool | Literal["auto"] = "auto"


def read_request(payload: object, image_hw: tuple[int, int]) -> Request:
    """Check a request and fit its points into the model's tokens.

    Args:
        payload: ``prompt``, or ``steps`` as ``Step`` has them, or both, when the steps count;
            ``pngs``, masks whose union the steps correct, ``cleanup``, ``look_again``, ``model``,
            ``subtract`` and ``choice`` are optional.
        image_hw: Height and width of the photo in pixels; see ``Prompt.within``.

    Raises:
        InvalidPrompt: Not an object, an unknown key in ``prompt``, no foreground point and no box,
            an invalid point or box, or a ``model`` or ``subtract`` of another type.
    """
    values = _mapping(payload)
    choice, look = values.get("choice"), values.get("look_again")
    options: Json = {
        "model": text_of(_typed(values, "model", str)),
        "subtract": _typed(values, "subtract", bool) is True,
        "choice": choice if isinstance(choice, int) and 0 <= choice < 3 else 0,
        "look_again": look if isinstance(look, bool) else "auto",
    }
    correction = _correction(values, image_hw, options["look_again"])
    if correction is not None:
        return Request(Prompt(), correction, **options)
    given = _mapping(values.get("prompt"))
    check_keys(given, PROMPT_KEYS, "a prompt")
    points, labels = _points(given, image_hw)
    box = replace(Prompt(), box_xyxy=given.get("box_xyxy")).within(image_hw).box_xyxy
    if not points and box is None:
        raise InvalidPrompt(texts.NO_PROMPT)
    points, labels, merged = merge_points(points, labels, MAX_TOKENS - (2 if box else 0))
    prompt = Prompt(tuple(points), tuple(labels), box).validated(image_hw)
    return Request(prompt, merged=merged, **options)


def _correction(
    values: Mapping[str, Any], image_hw: tuple[int, int], look_again: bool | Literal["auto"]
) -> Correction | None:
    """Read what makes an object more than one prompt; None if nothing does."""
    steps = tuple(
        Step.from_json(step).within(image_hw)
        for step in items(values.get("steps") or (), "steps")[:MAX_STEPS]
    )
    pngs, cleanup = values.get("pngs"), values.get("cleanup")
    settings = CleanUp() if cleanup is None else CleanUp.from_json(_mapping(cleanup))
    mask = None if not pngs else joined_masks(pngs, image_hw)[0]
    plain = len(steps) == 1 and steps[0].mode == "correct" and "prompt" in values
    if (not steps or plain) and mask is None and settings == CleanUp():
        return None
    if values.get("subtract") is True:  # what the model finds at background points is cut away
        steps = tuple(
            replace(step, mode="subtract")
            if step.label == PointLabel.BACKGROUND and step.mode == "correct"
            else step
            for step in steps
        )
    if not steps and mask is None:
        steps = steps_of(Prompt.from_json(_mapping(values.get("prompt"))))
    return Correction(steps, mask, look_again, settings)


def merge_points(points: Points, labels: list[int], most: int) -> tuple[Points, list[int], int]:
    """Replace the two oldest points of one label by their midpoint until ``most`` are left.

    Returns:
        The points, their labels, and the number of points above ``most``.
    """
    points, labels, merged = list(points), list(labels), 0
    while len(points) > most:
        # With at least three points and two labels there is always a pair.
        i, j = next(
            (i, j)
            for i in range(len(points))
            for j in range(i + 1, len(points))
            if labels[i] == labels[j]
        )
        (x0, y0), (x1, y1) = points[i], points.pop(j)
        points[i] = ((x0 + x1) / 2, (y0 + y1) / 2)
        labels.pop(j)
        merged += 1
    return points, labels, merged


def values_of(payload: object) -> Mapping[str, Any]:
    """Return a payload's values; none if it is not an object."""
    return payload if isinstance(payload, dict) else {}


def text_of(value: object, longest: int = 200) -> str | None:
    """Return a text, cut to ``longest``; None if it is empty or not a text."""
    return value[:longest] if isinstance(value, str) and value else None


def token_of(payload: object) -> str:
    """Return the token of a payload's photo, or an empty one."""
    return text_of(values_of(payload).get("token")) or ""


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidPrompt(texts.PROMPTS_NOT_AN_OBJECT.format(what=type(value).__name__))
    return value


def _points(given: dict[str, Any], image_hw: tuple[int, int]) -> tuple[Points, list[int]]:
    coords, labels = (
        () if given.get(key) is None else items(given[key], what)
        for key, what in (("point_coords", "points (x, y)"), ("point_labels", "point labels"))
    )
    if max(len(coords), len(labels)) > MAX_POINTS:
        raise InvalidPrompt(texts.TOO_MANY_POINTS.format(most=MAX_POINTS, count=len(coords)))
    if len(coords) != len(labels):
        raise InvalidPrompt(texts.LABELS_MISSING.format(points=len(coords), labels=len(labels)))
    # Checked one by one, before points beyond six are merged.
    each = [
        Prompt((point,), (label,)).within(image_hw)
        for point, label in zip(coords, labels, strict=True)
    ]
    return [one.point_coords[0] for one in each], [one.point_labels[0] for one in each]


def _typed(values: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return a value of a payload, or None if it is missing."""
    value = values.get(key)
    if value is not None and not isinstance(value, kind):
        what = {str: texts.A_TEXT, bool: texts.TRUE_OR_FALSE}[kind]
        raise InvalidPrompt(texts.WRONG_TYPE.format(key=key, value=shown(value), what=what))
    return value
