"""What the page asks, answered: plain values in, plain values out. No gradio, no state of its own.

Every handler of the page takes the engine and the browser's JSON, and returns a dict that JSON can
carry. Errors are values too: ``error`` is a sentence, ``code`` a word the page can act on, so a
refused question never leaves the page waiting.
"""

import functools
import logging
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from demo import texts
from demo.engine.engine import Answer, Engine
from demo.engine.photos import Photo, PhotoGone
from demo.handlers.export import KINDS
from demo.handlers.photos import example_path
from demo.handlers.pictures import data_url, mask_from_url, mask_url, photo_url, stage_size
from demo.handlers.requests import Ask, read_ask, text_of
from esam_core.errors import EsamError, InvalidPrompt
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.prompts import PointLabel

log = logging.getLogger(__name__)
Json = dict[str, Any]
MAX_OBJECTS = 64


def answering(handler: Callable[[Engine, Any], Json]) -> Callable[[Engine, Any], Json]:
    """Turn what a handler raises into its answer, and hand ``seq`` and ``rev`` back."""

    @functools.wraps(handler)
    def answer(engine: Engine, payload: Any) -> Json:
        asked = payload if isinstance(payload, dict) else {}
        numbers = {key: asked.get(key) for key in ("seq", "rev") if _is_number(asked.get(key))}
        try:
            return {**handler(engine, payload), **numbers}
        except PhotoGone as error:
            return {"error": str(error), "code": "photo_gone", **numbers}
        except EsamError as error:
            return {"error": str(error), "code": type(error).__name__, **numbers}
        except Exception:  # nothing may leave the page waiting; the log keeps the reason
            log.exception("%s failed", handler.__name__)
            return {"error": texts.UNEXPECTED, "code": "unexpected", **numbers}

    return answer


@answering
def status(engine: Engine, payload: Any) -> Json:
    """Tell which models there are, which is the default, and whether it is ready."""
    engine.models.hurry()
    return {
        "state": engine.models.state,
        "default": engine.models.default,
        "error": engine.models.error,
        "models": [_model(engine, row) for row in engine.models.rows],
    }


@answering
def fetch(engine: Engine, payload: Any) -> Json:
    """Start the download of a model's weights."""
    engine.models.download(_text(payload, "model") or "")
    return {}


@answering
def upload(engine: Engine, content: ImageSource | None) -> Json:
    """Open a photo that a visitor sent."""
    if content is None:
        raise InvalidPrompt(texts.NO_FILE)
    return _shown(engine.open_photo(content))


@answering
def example(engine: Engine, payload: Any) -> Json:
    """Open a photo of the strip."""
    path = example_path(payload.get("id") if isinstance(payload, dict) else None)
    return _shown(engine.open_photo(path))


@answering
def embed(engine: Engine, payload: Any) -> Json:
    """Read the photo with a model, so that the first click is quick."""
    photo = engine.photo(_text(payload, "token") or "")
    segmenter, _, embed_ms = engine.embed(photo, _text(payload, "model"))
    return {"model_info": _model_info(segmenter), "times": {"embed_ms": embed_ms}}


@answering
def prompt(engine: Engine, payload: Any) -> Json:
    """Answer a prompt with its candidates, as small pictures of the stage's size."""
    photo = engine.photo(_text(payload, "token") or "")
    ask = read_ask(payload, photo.image.shape[:2])
    answer = _predicted(engine, photo, ask)
    masks = answer.masks
    return {
        "candidates": [
            {
                "png": mask_url(masks.data[i]),
                "predicted_iou": float(masks.predicted_iou[i]),
                "stability_score": float(masks.stability_score[i]),
                "area": int(masks.area[i]),
                "box_xyxy": masks.boxes_xyxy[i].tolist(),
            }
            for i in range(len(masks))
        ],
        "note": note_on(ask, answer),
        "model_info": _model_info(answer.segmenter),
        "times": {"embed_ms": answer.embed_ms, "decode_ms": answer.decode_ms},
    }


@answering
def export(engine: Engine, payload: Any) -> Json:
    """Make one file of the given objects, in the full size of the photo."""
    values = payload if isinstance(payload, dict) else {}
    photo = engine.photo(_text(payload, "token") or "")
    kind = _text(payload, "kind")
    kinds = [name for name, _ in texts.EXPORTS]
    if kind not in kinds:
        raise InvalidPrompt(texts.EXPORT_KIND.format(kind=kind, kinds=kinds))
    objects = values.get("objects")
    if not isinstance(objects, list) or not 1 <= len(objects) <= MAX_OBJECTS:
        raise InvalidPrompt(texts.EXPORT_NOTHING)
    masks = [_object_mask(engine, photo, item) for item in objects]
    names = [text_of(item.get("name")) or f"object {i + 1}" for i, item in enumerate(objects)]
    file = KINDS[kind]
    content = file.make(photo.image, Masks.from_data(np.stack(masks)), names)
    name = _slug(text_of(objects[0].get("name")) if len(objects) == 1 else None)
    return {"file": data_url(content, file.media), "name": f"{name}-{kind}.{file.suffix}"}


def segment_file(engine: Engine, path: str | None, prompts: Any) -> tuple[np.ndarray, Json]:
    """Segment a photo file by prompts: what the public endpoint does.

    Args:
        engine: The engine.
        path: The photo.
        prompts: ``{"point_coords": [[x, y]], "point_labels": [1], "box_xyxy": [x0, y0, x1, y1]}``
            in pixels of the photo; ``model`` and ``subtract`` may be given.

    Returns:
        The best mask (h, w) uint8, 0 or 255, and what is known about it.

    Raises:
        EsamError: Not a photo, or prompts that cannot be.
    """
    if not path:
        raise InvalidPrompt(texts.NO_FILE)
    if not isinstance(prompts, dict):
        raise InvalidPrompt(texts.PROMPTS_NOT_AN_OBJECT.format(what=type(prompts).__name__))
    photo = engine.open_photo(path)
    try:
        ask = read_ask({**prompts, "prompt": prompts}, photo.image.shape[:2])
        answer = _predicted(engine, photo, ask)
    finally:
        engine.close_photo(photo.token)
    masks, (height, width) = answer.masks, photo.image.shape[:2]
    info = {
        "size_wh": [width, height],
        "area": int(masks.area[0]),
        "box_xyxy": masks.boxes_xyxy[0].tolist(),
        "predicted_iou": [float(score) for score in masks.predicted_iou],
        "note": note_on(ask, answer),
        **_model_info(answer.segmenter),
    }
    return masks.data[0].astype(np.uint8) * 255, info


def note_on(ask: Ask, answer: Answer) -> str:
    """Say what happened to a prompt that the model cannot read as it was given."""
    notes = []
    if ask.merged:
        notes.append(texts.MERGED.format(count=ask.merged, s="" if ask.merged == 1 else "s"))
    background = PointLabel.BACKGROUND in ask.prompt.point_labels
    if background and not answer.segmenter.understands_background and not ask.subtract:
        notes.append(texts.BACKGROUND_CHOOSES)
    return " ".join(notes)


def _predicted(engine: Engine, photo: Photo, ask: Ask) -> Answer:
    answer = engine.predict(photo, ask.prompt, ask.model, subtract=ask.subtract)
    if not np.isfinite(answer.masks.predicted_iou).all():
        # Half precision can overflow; an empty mask would look like an answer.
        raise EsamError(texts.NOT_A_NUMBER.format(**_model_info(answer.segmenter)))
    return answer


def _object_mask(engine: Engine, photo: Photo, item: object) -> np.ndarray:
    if isinstance(item, dict) and "png" in item:
        return mask_from_url(item["png"], photo.image.shape[:2])
    ask = read_ask(item, photo.image.shape[:2])
    masks = _predicted(engine, photo, ask).masks
    return masks.data[min(ask.choice, len(masks) - 1)]


def _shown(photo: Photo) -> Json:
    height, width = photo.image.shape[:2]
    return {
        "token": photo.token,
        "url": photo_url(photo.image),
        "width": width,
        "height": height,
        "stage_wh": list(stage_size((height, width))),
    }


def _model_info(segmenter: Any) -> Json:
    return {
        "name": segmenter.name,
        "title": segmenter.title,
        "provenance": segmenter.provenance,
        "device": segmenter.device,
        "precision": segmenter.precision,
        "understands_background": bool(segmenter.understands_background),
    }


def _model(engine: Engine, row: Any) -> Json:
    told = {
        "name": row.name,
        "title": row.title,
        "about": row.about,
        "present": row.present,
        "command": row.command,
        "download_label": row.download_label,
        "understands_background": row.understands_background,
        "note": row.note,
        "note_command": row.note_command,
    }
    loaded, download = engine.models.loaded(row.name), engine.models.downloads.get(row.name)
    if loaded is not None:
        told |= _model_info(loaded)
    if download is not None:
        # A download that has just begun is shown as begun: zero would read as none.
        told["downloading"] = max(0.01, download.done) if download.running else 0
        told["download_error"] = download.error
    return told


def _text(payload: Any, key: str) -> str | None:
    return text_of(payload.get(key)) if isinstance(payload, dict) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _slug(name: str | None) -> str:
    return re.sub(r"[^\w-]+", "-", name or "").strip("-_")[:40].lower() or "objects"
