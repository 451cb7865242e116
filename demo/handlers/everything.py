"""Everything in a photo: a grid is decoded once and can then be filtered repeatedly."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.errors import Cancel, Progress, Reply, answering
from demo.handlers.found import EverythingResult
from demo.handlers.intervals import AtIntervals
from demo.handlers.kept import SPECKS, grid_mask, kept_mask
from demo.handlers.pictures import labels_url, mask_url
from demo.handlers.requests import Json, text_of, values_of
from demo.handlers.views import SCREEN_SIDE, View, photo_of, view
from demo.texts import everything as texts
from esam_core.errors import Cancelled, InvalidSettings
from esam_core.visualize import hex_code, stable_colours

if TYPE_CHECKING:
    from esam_core.everything import GridCandidates, GridSettings
    from esam_core.everything.progress import Partial
    from esam_core.masks import Masks

Filters = Mapping[str, float]  # predicted_iou, stability, nms; min_area in percent of the photo

GRIDS = tuple(texts.PRESETS)
MASK_BYTES = 500_000_000  # limit for masks in memory at one time
PARTIAL_SIDE = 384  # pixels, the longer side of what is shown during a search
MOST_REGIONS = 64  # whole masks per request
MIN_AREA = 0.05  # percent of the photo
# Candidates below these are out of reach of the sliders and are dropped.
LOWEST = {"pred_iou_thresh": 0.1, "stability_score_thresh": 0.0}


def filters_for(model: str | None) -> dict[str, float]:
    """Return the default filters for a model; small models have lower scores."""
    from esam_core.everything import preset

    row = preset("fast", model or "")
    return {
        "predicted_iou": row.pred_iou_thresh,
        "stability": row.stability_score_thresh,
        "nms": row.box_nms_thresh,
        "min_area": MIN_AREA,
    }


@answering
def find(
    engine: Engine,
    payload: Any,
    grid: str,
    filters: Filters,
    *,
    points_per_side: int | None = None,
    max_side: int | None = SCREEN_SIDE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    partial: Callable[[Reply], None] | None = None,
) -> Reply:
    """Find everything in a photo; what was found before it is cancelled stays.

    Args:
        engine: The engine.
        payload: ``token`` and ``model``.
        grid: A name of ``GRIDS``.
        filters: See ``filters_for``.
        points_per_side: Replaces the number of the grid.
        max_side: See ``view``.
        progress: Called with the number of decoded points and their total.
        cancel: Called between two steps; returning true stops.
        partial: Called now and then with ``layers`` that show the masks found so far.

    Returns:
        ``layers``, ``rows`` (number, percent of the photo, predicted IoU, stability), ``message``
        and ``found``, the largest mask first.
    """
    if grid not in GRIDS:
        raise InvalidSettings(texts.NO_SUCH_GRID.format(name=grid, names=", ".join(GRIDS)))
    photo_view = view(engine, payload, max_side=max_side)
    key = (photo_view.segmenter.name, grid, points_per_side, photo_view.image_hw)
    result = engine.results.get(photo_view.photo.token)
    if result is None or result.key != key:
        settings = _grid_settings(grid, photo_view.segmenter.name, points_per_side)

        def draw(candidates: "GridCandidates") -> None:
            if partial is not None:
                partial(_partial(photo_view, candidates, filters))

        shows = AtIntervals(draw)
        try:
            found = search(engine, photo_view, settings, progress, cancel, shows)
        except Cancelled:
            return _stopped(engine, photo_view, shows, filters)
        result = EverythingResult(key, found)
    return _chosen(engine, photo_view.photo.token, result, filters)


def _stopped(engine: Engine, photo_view: View, shows: AtIntervals, filters: Filters) -> Reply:
    """Describe what a search had found when it was cancelled; pressed again, it starts anew.

    Raises:
        Cancelled: Nothing was found yet.
    """
    candidates = shows.newest()
    if candidates is None or not len(candidates):
        raise Cancelled("nothing was found yet.")
    result = EverythingResult((photo_view.segmenter.name, "stopped"), candidates)
    reply = _chosen(engine, photo_view.photo.token, result, filters)
    message = texts.STOPPED.format(masks=_counted(len(reply["rows"])))
    return {**reply, "message": message, "code": "cancelled"}


@answering
def change(engine: Engine, payload: Any, filters: Filters) -> Reply:
    """Filter the stored candidates again without decoding; ``{}`` if there are none."""
    photo = photo_of(engine, payload)
    result = engine.results.get(photo.token)
    return {} if result is None else _chosen(engine, photo.token, result, filters)


@answering
def regions(engine: Engine, payload: Any) -> Reply:
    """Return whole masks: in the label map, smaller masks cover parts of larger ones.

    Args:
        engine: The engine.
        payload: ``token``; ``shown`` of the layer; ``ids`` of its masks, from 1; ``keep``, true if
            the masks become objects or files.

    Returns:
        ``masks``, each with ``id`` and ``png``; with ``keep`` also the values of ``kept_mask``.
    """
    photo, values = photo_of(engine, payload), values_of(payload)
    result, ids = engine.results.get(photo.token), values.get("ids")
    if result is None:
        raise InvalidSettings(texts.GONE)
    if result.shown != text_of(values.get("shown")):
        raise InvalidSettings(texts.CHANGED)
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_REGIONS:
        raise InvalidSettings(texts.TOO_MANY.format(most=MOST_REGIONS))
    if not all(isinstance(i, int) and 1 <= i <= len(result.masks) for i in ids):
        raise InvalidSettings(texts.CHANGED)
    if values.get("keep") is True:
        masks = _kept(engine, photo, result, ids)
    else:
        masks = [{"png": mask_url(result.mask(i - 1).data[0])} for i in ids]
    return {"masks": [{"id": i, **mask} for i, mask in zip(ids, masks, strict=True)]}


def _kept(engine: Engine, photo: Photo, result: EverythingResult, ids: list[int]) -> list[Json]:
    """Describe masks as objects, drawn from their candidates at the size of the photo."""
    model, photo_hw = str(result.key[0]), photo.image.shape[:2]
    segmenter = engine.models.segmenter(model)

    def described(i: int) -> Json:
        seen, number = result.mask(i), result.masks[i].number
        draw = partial(grid_mask, segmenter, result.candidates, number, seen.data[0], photo_hw)
        return kept_mask(photo, model, seen, draw)

    return [described(i - 1) for i in ids]


def search(
    engine: Engine,
    photo_view: View,
    settings: "GridSettings",
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    partial: "Partial | None" = None,
) -> "GridCandidates":
    """Decode a grid over a view; clicks have priority.

    Raises:
        Cancelled: ``cancel`` returned true.
    """
    from esam_core.everything import decode_grid

    if progress is not None:
        progress(0, settings.steps)
    polite = engine.polite(cancel)
    return engine.work(
        lambda: decode_grid(
            photo_view.segmenter,
            photo_view.embedding,
            settings,
            progress=progress,
            cancel=polite,
            partial=partial,
        )
    )


def _grid_settings(grid: str, model: str, points_per_side: int | None) -> "GridSettings":
    from esam_core.everything import preset

    row = preset(grid, model)
    if points_per_side is not None:
        row = replace(row, points_per_side=points_per_side)
    if row.looks:  # its thresholds choose what is looked at, and that is all there is
        return row
    return replace(
        row,
        pred_iou_thresh=LOWEST["pred_iou_thresh"],
        stability_score_thresh=LOWEST["stability_score_thresh"],
    )


def _chosen(engine: Engine, token: str, result: EverythingResult, filters: Filters) -> Reply:
    """Filter the candidates, store the masks, and describe them."""
    from esam_core.everything import select_numbered

    height, width = result.candidates.image_hw
    found = select_numbered(result.candidates, _select_settings((height, width), filters))
    wanted = _large_enough(found.masks, filters)
    masks = found.masks[wanted]
    found = replace(found, masks=masks, numbers=found.numbers[wanted])
    result = result.showing(found)
    engine.results.put(token, result, result.nbytes)
    rows, counted = _rows(masks), _counted(len(masks))
    layer = {
        **_labels(token, masks),
        "rows": rows,
        "tips": [texts.TIP.format(*row) for row in rows],
        "shown": result.shown,
        "hint": texts.FOUND.format(masks=counted) if rows else texts.NONE,
        "hint_touch": texts.FOUND_TOUCH.format(masks=counted) if rows else texts.NONE,
    }
    message = f"{counted}." if rows else texts.NONE
    return {"layers": {"everything": layer}, "rows": rows, "message": message, "found": masks}


def _partial(photo_view: View, candidates: "GridCandidates", filters: Filters) -> Reply:
    """Describe what was found so far: a small label map that can only be looked at."""
    from esam_core.everything import sketch

    height, width = photo_view.image_hw
    scale = min(1, PARTIAL_SIDE / max(height, width))
    image_hw = max(1, round(height * scale)), max(1, round(width * scale))
    settings = _select_settings(image_hw, filters)
    masks = sketch(photo_view.segmenter, candidates, settings, image_hw)
    masks = masks[_large_enough(masks, filters)]
    layer = {**_labels(photo_view.photo.token, masks), "partial": True}
    return {"layers": {"everything": layer}}


def _labels(token: str, masks: "Masks") -> Json:
    """Return what a layer needs to show masks."""
    return {
        "kind": "labels",
        "token": token,
        "mode": "everything",
        "png": labels_url(masks),
        "colours": [hex_code(colour) for colour in stable_colours(masks)],
    }


def _large_enough(masks: "Masks", filters: Filters) -> np.ndarray:
    """Return the indices (k,) of the masks of at least ``min_area``, the largest first."""
    height, width = masks.image_hw
    areas = masks.area
    wanted = np.flatnonzero(areas >= filters["min_area"] / 100 * height * width)
    return wanted[np.argsort(-areas[wanted], kind="stable")]


def _counted(count: int) -> str:
    return texts.ONE if count == 1 else texts.COUNT.format(count=count)


def _select_settings(image_hw: tuple[int, int], filters: Filters) -> "GridSettings":
    from esam_core.everything import GridSettings

    height, width = image_hw
    return GridSettings(
        pred_iou_thresh=filters["predicted_iou"],
        stability_score_thresh=filters["stability"],
        box_nms_thresh=filters["nms"],
        min_mask_region_area=SPECKS,
        max_masks=max(1, min(1000, MASK_BYTES // (height * width))),
    )


def _rows(masks: "Masks") -> list[list[float]]:
    """Describe masks: number, percent of the photo, predicted IoU, stability."""
    height, width = masks.image_hw
    percent = 100 * masks.area / (height * width)
    columns = zip(percent, masks.predicted_iou, masks.stability_score, strict=True)
    return [[i, *(round(float(value), 2) for value in row)] for i, row in enumerate(columns, 1)]
