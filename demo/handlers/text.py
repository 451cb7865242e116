"""Objects in a photo by their description: masks of everything, ranked by each text."""

from functools import partial
from secrets import token_hex
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.handlers.encoders import OFFLINE
from demo.handlers.errors import Cancel, Progress, Reply, answering
from demo.handlers.kept import kept_mask, known, proposed_mask
from demo.handlers.pictures import crop_picture, mask_url
from demo.handlers.requests import Json
from demo.handlers.text_search import Hit, TextResult, search
from demo.handlers.views import SCREEN_SIDE, view
from demo.texts import text as texts
from esam_core.text import split_texts
from esam_core.visualize import hex_code


@answering
def find(
    engine: Engine,
    payload: Any,
    query: str,
    threshold: float,
    encoder: str = OFFLINE,
    compete: bool = False,
    *,
    picked: int | None = None,
    max_side: int | None = SCREEN_SIDE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Reply:
    """Find the objects that texts describe.

    Args:
        engine: The engine.
        payload: ``token`` and ``model``.
        query: Texts, separated by commas.
        threshold: Lowest score of a match, in [0, 1].
        encoder: A name of ``TEXT_ENCODERS``.
        compete: Whether the texts compete for a mask, see ``rank_masks``.
        picked: Index of a single hit to show instead of all matches.
        max_side: See ``view``.
        progress: Called with the percentage and 100.
        cancel: Called between two steps; returning true stops.

    Returns:
        ``layers``, ``message``, ``hits`` (``label``, ``score``, ``chosen``), their ``thumbnails``
        (h, w, 3) uint8, ``suggestions``, words to look for instead, and ``found``.
    """
    result = _searched(
        engine, payload, query, threshold, encoder, compete, max_side, progress, cancel
    )
    shown = result.shown(picked)
    layer = {
        "kind": "masks",
        "token": result.view.photo.token,
        "mode": "text",
        "masks": _pictures(result, shown),
    }
    return {
        "layers": {"text-masks": layer},
        "message": "\n".join([*_count(shown), *result.notices]),
        "suggestions": list(result.suggestions),
        "hits": [{"label": h.label, "score": h.score, "chosen": h.chosen} for h in result.hits],
        "thumbnails": [_thumbnail(result, hit) for hit in result.hits],
        "found": result.masks[[hit.mask for hit in shown]],
    }


@answering
def keep(
    engine: Engine,
    payload: Any,
    query: str,
    threshold: float,
    encoder: str = OFFLINE,
    compete: bool = False,
    *,
    picked: int | None = None,
) -> Reply:
    """Turn the visible masks into objects, named by their texts; ``layers`` and ``message``."""
    result = _searched(engine, payload, query, threshold, encoder, compete)
    shown = result.shown(picked)
    kept = {
        "kind": "objects",
        "token": result.view.photo.token,
        "masks": [_kept(engine, result, hit) for hit in shown],
        "nonce": token_hex(8),
    }
    return {
        "layers": {"text-masks": None, "kept": kept},
        "message": texts.KEPT.format(count=len(shown)),
        "found": result.masks[[hit.mask for hit in shown]],
    }


def _searched(
    engine: Engine,
    payload: Any,
    query: str,
    threshold: float,
    encoder: str,
    compete: bool,
    max_side: int | None = SCREEN_SIDE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> TextResult:
    queries = split_texts(query)
    photo_view = view(engine, payload, max_side=max_side)
    return search(
        engine, photo_view, queries, threshold, encoder, progress, cancel, compete=bool(compete)
    )


def _count(shown: list[Hit]) -> list[str]:
    """Say how many masks are shown; where there are none, a notice of each text says more."""
    return [texts.FOUND.format(count=len(shown))] if shown else []


def _pictures(result: TextResult, shown: list[Hit]) -> list[Json]:
    return [{"png": mask_url(result.masks.data[hit.mask]), **_look(result, hit)} for hit in shown]


def _kept(engine: Engine, result: TextResult, hit: Hit) -> Json:
    """Describe a shown mask as an object, in the size of the photo."""
    seen = result.view
    draw = partial(proposed_mask, engine, seen, result.proposals, hit.mask)
    return {
        **kept_mask(seen.photo, seen.segmenter.name, result.masks[hit.mask], draw),
        "score": known(hit.score),
        **_look(result, hit),
    }


def _look(result: TextResult, hit: Hit) -> Json:
    return {"colour": hex_code(result.colours[hit.text]), "name": hit.label[:60]}


def _thumbnail(result: TextResult, hit: Hit) -> np.ndarray:
    mask = result.masks.data[hit.mask]
    return crop_picture(result.view.image, mask, result.colours[hit.text])
