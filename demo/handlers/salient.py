"""Salient objects of a photo: the saliency map, points sampled from it, and masks."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from demo.engine import Engine
from demo.handlers.errors import Cancel, Progress, Reply, answering
from demo.handlers.kept import kept_mask, prompt_mask
from demo.handlers.pictures import heat_url, mask_url
from demo.handlers.requests import Json
from demo.handlers.views import SCREEN_SIDE, View, view
from demo.texts import salient as texts
from esam_core.errors import Cancelled
from esam_core.saliency.maps import SaliencyMap, load_saliency
from esam_core.saliency.masks import SalientMasks, SalientSettings, salient_masks

MODEL = "u2netp"
STEPS = 2  # the map, the masks


@answering
def find(
    engine: Engine,
    payload: Any,
    settings: Mapping[str, Any],
    *,
    with_map: bool = True,
    max_side: int | None = SCREEN_SIDE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Reply:
    """Segment the salient objects of a photo.

    Args:
        engine: The engine.
        payload: ``token`` and ``model``.
        settings: The fields of ``SalientSettings``.
        with_map: Whether to show the map.
        max_side: See ``view``.
        progress: Called with the number of finished steps and their total.
        cancel: Called between two steps; returning true stops.

    Returns:
        ``layers``, ``message`` and ``found``.
    """
    wanted = SalientSettings(**settings)
    photo_view = view(engine, payload, max_side=max_side)
    result = search(engine, photo_view, wanted, progress, cancel)
    shown = layers(photo_view, result, with_map=with_map)
    return {"layers": shown, "message": sentence(result), "found": result.masks}


@answering
def keep(engine: Engine, payload: Any, settings: Mapping[str, Any]) -> Reply:
    """Turn the masks into objects of the page; ``layers`` and ``message``."""
    wanted = SalientSettings(**settings)
    photo_view = view(engine, payload)
    result = search(engine, photo_view, wanted)
    kept = {
        "kind": "objects",
        "token": photo_view.photo.token,
        "masks": [_kept(engine, photo_view, result, i) for i in range(len(result.masks))],
        "nonce": token_hex(8),
    }
    gone = dict.fromkeys(("salient-map", "salient-points", "salient-masks"))
    return {
        "layers": {**gone, "kept": kept},
        "message": texts.KEPT.format(count=len(result.masks)),
        "found": result.masks,
    }


def _kept(engine: Engine, photo_view: View, result: SalientMasks, i: int) -> Json:
    prompt, choice = result.prompts[i], result.choices[i]
    return kept_mask(
        photo_view.photo,
        photo_view.segmenter.name,
        result.masks[i],
        lambda: prompt_mask(engine, photo_view, prompt, choice),
    )


def search(
    engine: Engine,
    photo_view: View,
    settings: SalientSettings,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> SalientMasks:
    """Segment the salient objects of a view; its map is computed once for all settings.

    Raises:
        Cancelled: ``cancel`` returned true.
        WeightsNotFound: The saliency model is missing.
    """
    _step(0, progress, cancel)
    saliency = saliency_of(engine, photo_view)
    _step(1, progress, cancel)
    result = engine.work(
        lambda: salient_masks(
            photo_view.segmenter,
            photo_view.image,
            embedding=photo_view.embedding,
            saliency=saliency,
            settings=settings,
            cancel=cancel,
        ),
        "photo",
    )
    _step(STEPS, progress, cancel)
    return result


def layers(photo_view: View, result: SalientMasks, *, with_map: bool = True) -> Json:
    """Return the layers of the canvas: the map as heat, the points or boxes, the masks."""
    shared = {"token": photo_view.photo.token, "mode": "salient"}
    heat = {"kind": "heat", "png": heat_url(result.saliency.data), **shared} if with_map else None
    # The canvas draws at pixel centres, so its coordinates are those of the pixel's corner.
    points = [
        [x * photo_view.scale - 0.5, y * photo_view.scale - 0.5, 1]
        for prompt in result.prompts
        for x, y in prompt.point_coords
    ]
    boxes = [[side * photo_view.scale for side in p.box_xyxy] for p in result.prompts if p.box_xyxy]
    masks = [{"png": mask_url(mask)} for mask in result.masks.data]
    return {
        "salient-map": heat,
        "salient-points": {"kind": "markers", "points": points, "boxes": boxes, **shared},
        # Over the map, draw outlines only: a filled mask would hide it.
        "salient-masks": {"kind": "masks", "masks": masks, "outline": with_map, **shared},
    }


def sentence(result: SalientMasks) -> str:
    """Describe the result in a sentence."""
    count = len(result.masks)
    if not count:
        return texts.NOTHING
    things = texts.ONE if count == 1 else texts.MANY.format(count=count)
    return texts.FOUND.format(things=things, origin=result.saliency.provenance)


def saliency_of(engine: Engine, photo_view: View) -> SaliencyMap:
    """Return the saliency map (h, w) of a view, which is computed once for all modes."""

    def make() -> SaliencyMap:
        model = engine.tools.get_or_make(MODEL, load_saliency)
        return engine.work(lambda: model.estimate(photo_view.image), "photo")

    return engine.cache.get_or_make(
        ("saliency", photo_view.photo.digest, photo_view.image_hw), make
    )


def _step(done: int, progress: Progress | None, cancel: Cancel | None) -> None:
    if cancel is not None and cancel():
        raise Cancelled(f"stopped after {done} of {STEPS} steps, as asked.")
    if progress is not None:
        progress(done, STEPS)
