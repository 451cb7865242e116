"""The endpoints of programs: a photo's file and settings in, the same plain fields out of each.

An answer has ``size_wh``, the width and height; ``objects``; ``models``, what answered with
its weights; ``times`` in milliseconds; ``note``. An object has ``name``, ``score``,
``predicted_iou``, ``stability_score`` (null if unknown), ``box_xyxy``, ``area`` and ``rle``, COCO's
run lengths of its mask, all in pixels of the photo and in its size.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers import compare as comparing
from demo.handlers import everything as grids
from demo.handlers import fields, points
from demo.handlers import salient as saliency
from demo.handlers import text_search as describing
from demo.handlers.encoders import OFFLINE, threshold_of
from demo.handlers.errors import Cancel, Progress, Reply, answering
from demo.handlers.kept import grid_mask, known, prompt_mask, proposed_mask
from demo.handlers.models import model_info
from demo.handlers.requests import Json, read_request, values_of
from demo.handlers.views import View, view
from demo.texts import errors
from demo.texts import everything as grid_texts
from demo.texts import service as texts
from esam_core.errors import Cancelled, InvalidPrompt, InvalidSettings
from esam_core.export import encode_rle
from esam_core.geometry import masks_to_boxes
from esam_core.masks import RULES, Masks
from esam_core.prompts import PROMPT_KEYS
from esam_core.saliency.masks import SalientSettings
from esam_core.text import split_texts


@answering
def segment(engine: Engine, payload: Any) -> Reply:
    """Segment a photo by points and a box.

    Args:
        engine: The engine.
        payload: ``image``, a path, and ``prompts`` with the fields ``SEGMENT``.

    Returns:
        ``mask``, the best one (h, w) uint8, 0 or 255, and ``info``: an answer, with the best
        mask's ``area`` and ``box_xyxy``, all ``predicted_iou`` and the model's values beside it.
    """
    with _asked(engine, payload) as asked:
        prompts = asked.prompts(fields.SEGMENT)
        request = read_request(prompts, asked.photo.image.shape[:2])
        answer = points.search(engine, asked.photo, request)
        masks = answer.masks
        shown = masks[: prompts.get("candidates", 1)]
        model = model_info(answer.segmenter)
        objects = [_object(shown, i, shown.data[i]) for i in range(len(shown))]
        info = asked.answer(objects, [model], answer.embed_ms, points.note_on(request, answer))
    info |= {
        "area": int(masks.area[0]),
        "box_xyxy": masks.boxes_xyxy[0].tolist(),
        "predicted_iou": [float(score) for score in masks.predicted_iou],
        **model,
    }
    return {"mask": masks.data[0].astype(np.uint8) * 255, "info": info}


@answering
def everything(
    engine: Engine, payload: Any, *, progress: Progress | None = None, cancel: Cancel | None = None
) -> Reply:
    """Find everything in a photo; ``settings`` has the fields ``EVERYTHING``. Largest first."""
    with _asked(engine, payload) as asked:
        settings = asked.settings(fields.EVERYTHING)
        seen = view(engine, asked.on_photo(settings))
        filters = grids.filters_for(seen.segmenter.name)
        filters |= {key: settings[key] for key in filters if key in settings}
        grid, side = settings.get("grid", grids.GRIDS[0]), settings.get("points_per_side")
        reply = grids.find(
            engine,
            asked.on_photo(settings),
            grid,
            filters,
            points_per_side=side,
            progress=progress,
            cancel=cancel,
        )
        result = engine.results.get(asked.photo.token)
        if "found" not in reply or result is None:
            return reply

        def draw(i: int) -> np.ndarray:
            row = result.mask(i).data[0]
            number, photo_hw = result.masks[i].number, asked.photo.image.shape[:2]
            return grid_mask(seen.segmenter, result.candidates, number, row, photo_hw)

        objects = _objects(seen, reply["found"], draw, cancel)
        return {"info": asked.seen(seen, objects, "" if objects else grid_texts.NONE)}


@answering
def salient(
    engine: Engine, payload: Any, *, progress: Progress | None = None, cancel: Cancel | None = None
) -> Reply:
    """Segment what stands out in a photo; ``settings`` has the fields ``SALIENT``."""
    with _asked(engine, payload) as asked:
        settings = asked.settings(fields.SALIENT)
        seen = view(engine, asked.on_photo(settings))
        wanted = SalientSettings(**{k: v for k, v in settings.items() if k != "model"})
        found = saliency.search(engine, seen, wanted, progress, cancel)

        def draw(i: int) -> np.ndarray:
            return prompt_mask(engine, seen, found.prompts[i], found.choices[i])

        objects = _objects(seen, found.masks, draw, cancel)
        return {"info": asked.seen(seen, objects, saliency.sentence(found))}


@answering
def text(
    engine: Engine, payload: Any, *, progress: Progress | None = None, cancel: Cancel | None = None
) -> Reply:
    """Find what ``texts`` describe in a photo; ``settings`` has the fields ``TEXT``.

    An object is named by its text, and ``score`` says how well it matches.
    """
    with _asked(engine, payload) as asked:
        settings, given = asked.settings(fields.TEXT), values_of(payload).get("texts")
        if not isinstance(given, str) or not given.strip():
            raise InvalidPrompt(texts.NO_TEXT)
        encoder = settings.get("encoder", OFFLINE)
        threshold = settings.get("threshold", threshold_of(encoder))
        seen = view(engine, asked.on_photo(settings))
        found = describing.search(
            engine,
            seen,
            split_texts(given),
            threshold,
            encoder,
            progress,
            cancel,
            compete=settings.get("compete", False),
        )
        hits = found.shown()

        def draw(i: int) -> np.ndarray:
            return proposed_mask(engine, seen, found.proposals, hits[i].mask)

        masks = found.masks[[hit.mask for hit in hits]]
        objects = [
            {**row, "name": hit.label, "score": known(hit.score)}
            for row, hit in zip(_objects(seen, masks, draw, cancel), hits, strict=True)
        ]
        return {"info": asked.seen(seen, objects, " ".join(found.notices))}


@answering
def compare(
    engine: Engine, payload: Any, *, progress: Progress | None = None, cancel: Cancel | None = None
) -> Reply:
    """Run two to four models on the same points and box; ``prompts`` has the fields ``COMPARE``.

    There is one object per model, in the order of ``models``; ``iou`` (m, m) is their agreement.
    """
    with _asked(engine, payload) as asked:
        prompts = asked.prompts(fields.COMPARE)
        request = read_request(prompts, asked.photo.image.shape[:2])
        names = prompts.get("models")
        keys = (
            comparing.first_choices(comparing.choices(engine))
            if names is None
            else [name if "/" in name else f"{name}/{RULES[0]}" for name in names]
        )
        result = comparing.search(engine, asked.photo, request, request.prompt, keys, cancel)
        if progress is not None:
            progress(len(keys), len(keys))
        models, objects, read = [], [], {}
        for one in result.answers:
            if one.answer is None or one.masks is None:
                raise InvalidSettings(f"{one.choice.label}: {one.error}")
            models.append(
                {
                    **model_info(one.answer.segmenter),
                    "rule": one.choice.variant,
                    "embed_ms": one.answer.embed_ms,
                    "decode_ms": one.answer.decode_ms,
                }
            )
            objects.append({**_object(one.masks, 0, one.masks.data[0]), "name": one.choice.label})
            read[one.choice.loaded_as] = one.answer.embed_ms
        info = asked.answer(objects, models, sum(read.values()), "")
        return {"info": info | {"iou": result.iou.tolist()}}


@answering
def models(engine: Engine, _: Any) -> Reply:
    """List the models, best first, and whether their weights are on this machine."""
    engine.models.load_now()
    rows = [
        {
            "name": entry.name,
            "title": entry.title,
            "present": entry.present,
            "parameters": entry.parameters,
            "licence": entry.licence,
            "understands_background": entry.understands_background,
            "download_bytes": entry.download_bytes,
            "default": entry.name == engine.models.default,
        }
        for entry in engine.models.catalogue.entries()
    ]
    return {"info": {"models": rows}}


class _Asked:
    """A program's question on a photo, which is open while the question is answered."""

    def __init__(self, photo: Photo, values: Json):
        self.photo, self._values, self._start = photo, values, time.perf_counter()

    def settings(self, wanted: dict[str, Json]) -> Json:
        """Read the settings."""
        return fields.read_fields(self._values.get("settings") or {}, wanted, "settings")

    def prompts(self, wanted: dict[str, Json]) -> Json:
        """Read a prompt and its options, as ``read_request`` takes them."""
        given = fields.read_fields(self._values.get("prompts"), wanted, "prompts")
        prompt = {key: given.pop(key) for key in PROMPT_KEYS if key in given}
        return {**given, "prompt": prompt}

    def on_photo(self, settings: Json) -> Json:
        """Return what names the photo and the model to handlers."""
        return {"token": self.photo.token, "model": settings.get("model")}

    def seen(self, seen: View, objects: list[Json], note: str) -> Json:
        """Return the answer of the model that a view has."""
        info, embed_ms = model_info(seen.segmenter), seen.embed_ms
        return self.answer(objects, [info], embed_ms, note)

    def answer(
        self, objects: list[Json], models: Sequence[Json], embed_ms: float, note: str
    ) -> Json:
        """Return an answer, see the top of this file."""
        height, width = self.photo.image.shape[:2]
        total = 1000 * (time.perf_counter() - self._start)
        return {
            "size_wh": [width, height],
            "objects": objects,
            "models": [*models],
            "times": {"embed_ms": embed_ms, "total_ms": total},
            "note": " ".join(filter(None, [*self.photo.notes, note])),
        }


@contextmanager
def _asked(engine: Engine, payload: Any) -> Iterator[_Asked]:
    values = {**values_of(payload)}
    if not values.get("image"):
        raise InvalidPrompt(errors.NO_FILE)
    photo = engine.open_photo(values["image"])
    try:
        yield _Asked(photo, values)
    finally:
        engine.close_photo(photo.token)


def _objects(
    seen: View, masks: Masks, draw: Callable[[int], np.ndarray], cancel: Cancel | None
) -> list[Json]:
    """Describe masks of a view, one drawn at the size of the photo at a time."""
    as_seen = seen.image_hw == seen.photo.image.shape[:2]
    rows = []
    for i in range(len(masks)):
        if cancel is not None and cancel():
            raise Cancelled(f"stopped after {i} of {len(masks)} masks, as asked.")
        rows.append(_object(masks, i, masks.data[i] if as_seen else draw(i)))
    return rows


def _object(masks: Masks, i: int, mask: np.ndarray) -> Json:
    score = known(masks.predicted_iou[i])
    return {
        "name": "",
        "score": score,
        "predicted_iou": score,
        "stability_score": known(masks.stability_score[i]),
        "box_xyxy": masks_to_boxes(mask[None])[0].tolist(),
        "area": int(np.count_nonzero(mask)),
        "rle": encode_rle(mask),
    }
