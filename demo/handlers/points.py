"""Points and boxes on a photo, and the candidates for them."""

from dataclasses import replace
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.engine import Answer
from demo.engine.photos import Photo
from demo.handlers.errors import Reply, answering
from demo.handlers.models import model_info
from demo.handlers.pictures import mask_url
from demo.handlers.requests import Json, Request, read_request
from demo.handlers.views import photo_of
from demo.texts import errors, points
from esam_core.errors import EsamError
from esam_core.masks import Masks
from esam_core.prompts import PointLabel


@answering
def prompt(engine: Engine, payload: Any) -> Reply:
    """Return the candidates for a prompt, best first, as pictures in the size of the stage.

    Args:
        engine: The engine.
        payload: ``token``, and the values of ``read_request``.

    Returns:
        ``candidates``, each with ``png``, ``predicted_iou``, ``stability_score``, ``area`` and
        ``box_xyxy`` in pixels of the photo; ``note``, ``model_info``, ``times``.
    """
    photo = photo_of(engine, payload)
    request = read_request(payload, photo.image.shape[:2])
    answer = search(engine, photo, request)
    return {
        "candidates": _candidates(answer.masks),
        "note": note_on(request, answer),
        "model_info": model_info(answer.segmenter),
        "times": {"embed_ms": answer.embed_ms, "decode_ms": answer.decode_ms},
        "looked": answer.masks.crop_boxes_xyxy is not None,
    }


@answering
def preview(engine: Engine, payload: Any) -> Reply:
    """Return the mask that a click would give, as a picture in the size of the stage.

    Args:
        engine: The engine.
        payload: ``token``, and the values of ``read_request``; there is no second look.

    Returns:
        ``png`` and ``decode_ms``; nothing while others wait for the model, whose clicks go first.
    """
    photo = photo_of(engine, payload)
    request = read_request(payload, photo.image.shape[:2])
    if engine.scheduler.waiting:
        return {}
    answer = search(engine, photo, replace(request, look_again=False))
    return {"png": mask_url(answer.masks.data[0]), "decode_ms": answer.decode_ms}


def search(engine: Engine, photo: Photo, request: Request) -> Answer:
    """Return the candidates (3, h, w) of a request in the size of the photo, best first.

    Raises:
        EsamError: The model cannot be loaded, or its scores are not finite.
    """
    if request.correction is not None:
        answer = engine.correct(photo, request.correction, request.model)
    else:
        answer = engine.predict(
            photo,
            request.prompt,
            request.model,
            subtract=request.subtract,
            look_again=request.look_again,
        )
    if not np.isfinite(answer.masks.predicted_iou).all():
        # Half precision can overflow; an empty mask would look like a valid result.
        raise EsamError(errors.NOT_A_NUMBER.format(**model_info(answer.segmenter)))
    return answer


def note_on(request: Request, answer: Answer) -> str:
    """Return notes on merged points and on background points that the model does not read."""
    notes = []
    steps = () if request.correction is None else request.correction.steps
    most = answer.segmenter.max_tokens
    if sum(step.mode == "correct" and not step.stroke for step in steps) > most:
        notes.append(points.LATEST.format(most=most))
    if request.merged:
        plural = "" if request.merged == 1 else "s"
        notes.append(points.MERGED.format(count=request.merged, s=plural))
    labels = [*request.prompt.point_labels, *(step.label for step in steps)]
    background = PointLabel.BACKGROUND in labels
    if background and not answer.segmenter.understands_background and not request.subtract:
        notes.append(points.BACKGROUND_CHOOSES)
    return " ".join(notes)


def _candidates(masks: Masks) -> list[Json]:
    return [
        {
            "png": mask_url(masks.data[i]),
            "predicted_iou": float(masks.predicted_iou[i]),
            "stability_score": float(masks.stability_score[i]),
            "area": int(masks.area[i]),
            "box_xyxy": masks.boxes_xyxy[i].tolist(),
        }
        for i in range(len(masks))
    ]
