"""Objects of the page as they come for export: full-size masks and what is known of them."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.models import model_info
from demo.handlers.pictures import joined_masks
from demo.handlers.points import search
from demo.handlers.requests import read_request, text_of, values_of

UNKNOWN = math.nan
FACTS = {"model": "name", "provenance": "provenance", "precision": "precision"}


@dataclass(frozen=True, slots=True, eq=False)
class ExportedObject:
    """An object that goes into a file.

    Args:
        mask: (h, w) bool, in the size of the photo.
        name: The name that a person gave it, or empty.
        model: The model that made it, as far as it is known: ``model``, its name, and of a loaded
            one ``provenance`` and ``precision``.
        predicted_iou: The model's estimate; NaN if unknown.
        stability_score: NaN if unknown.
        score: How well it matches its text; NaN if there is none.
        came_as: (width, height) of the picture that it was enlarged or reduced from, if any.
    """

    mask: np.ndarray
    name: str = ""
    model: Mapping[str, str] = field(default_factory=dict)
    predicted_iou: float = UNKNOWN
    stability_score: float = UNKNOWN
    score: float = UNKNOWN
    came_as: tuple[int, int] | None = None


def read_objects(engine: Engine, photo: Photo, items: list[Any]) -> Iterator[ExportedObject]:
    """Read the objects of a request one by one, so that one mask at a time is in memory.

    Args:
        engine: The engine.
        photo: The photo.
        items: Each what ``read_request`` reads, with the ``choice`` that was picked; or
            ``pngs``, masks that are one object, with ``predicted_iou``, ``stability_score``,
            ``score`` and ``model``; or ``png``, one such mask. ``name`` is optional.

    Raises:
        InvalidPrompt: A prompt that is invalid, or ``pngs`` that are no list.
        InvalidImage: A mask that is no picture.
        EsamError: The model cannot be loaded.
    """
    for item in items:
        drawn = isinstance(item, dict) and ("png" in item or "pngs" in item)
        if drawn and not item.get("steps") and not item.get("cleanup"):
            yield _from_pictures(engine, photo, item)
        else:
            yield _from_prompt(engine, photo, item)


def _from_prompt(engine: Engine, photo: Photo, item: Any) -> ExportedObject:
    request = read_request(item, photo.image.shape[:2])
    answer = search(engine, photo, request)
    masks, choice = answer.masks, min(request.choice, len(answer.masks) - 1)
    return ExportedObject(
        mask=masks.data[choice].copy(),  # lets go of the other candidates
        name=given_name(item),
        model=_model(answer.segmenter),
        predicted_iou=float(masks.predicted_iou[choice]),
        stability_score=float(masks.stability_score[choice]),
    )


def _from_pictures(engine: Engine, photo: Photo, item: Mapping[str, Any]) -> ExportedObject:
    pngs = item.get("pngs", [item.get("png")])
    image_hw = photo.image.shape[0], photo.image.shape[1]
    union, came_as = joined_masks(pngs, image_hw)
    scores = [_score(item.get(key)) for key in ("predicted_iou", "stability_score", "score")]
    name = text_of(item.get("model"))
    segmenter = engine.models.loaded(name) if name else None
    # Scores are those of one mask of a model; a union has none.
    iou, stability, score = scores if len(pngs) == 1 else [UNKNOWN] * 3
    return ExportedObject(
        mask=union,
        name=given_name(item),
        model=_model(segmenter) if segmenter else {"model": name} if name else {},
        predicted_iou=iou,
        stability_score=stability,
        score=score,
        came_as=came_as,
    )


def given_name(item: Any) -> str:
    """Return the name that a person gave an object, or an empty one."""
    return (text_of(values_of(item).get("name")) or "").strip()


def _model(segmenter: Any) -> dict[str, str]:
    return {key: model_info(segmenter)[value] for key, value in FACTS.items()}


def _score(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return UNKNOWN
    return float(value)
