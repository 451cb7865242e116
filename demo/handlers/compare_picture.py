"""A comparison as one picture: a panel for each answer, with model, scores and times."""

import io
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

import numpy as np
from PIL import Image

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers import compare
from demo.handlers.compare import CompareResult
from demo.handlers.errors import Reply, answering
from demo.handlers.file_names import UNNAMED, file_name
from demo.handlers.pictures import data_url, mask_in_size, shrunk
from demo.handlers.requests import read_request, values_of
from demo.handlers.views import photo_of
from demo.texts import compare as texts
from esam_core.errors import EsamError
from esam_core.prompts import Prompt
from esam_core.visualize import caption, draw_masks, draw_prompt, palette, panel

SIDE = 2048  # longer side of each panel in pixels
LEAST_WIDTH, MOST_WIDTH = 900, 6000  # of the page: captions can be read, and browsers open it
MOST_MS = 1e7


@answering
def save(engine: Engine, payload: Any) -> Reply:
    """Draw a comparison as a PNG file.

    Args:
        engine: The engine.
        payload: As for ``compare.compare``; ``click_ms``, the milliseconds that the page shows, one
            for each key. Clicks that are known take less, so that asking again measures nothing.

    Returns:
        ``file``, a data URL, and its ``name``.
    """
    photo = photo_of(engine, payload)
    request = read_request(payload, photo.image.shape[:2])
    prompt, keys = compare.shown_prompt(payload), compare.keys_of(payload)
    result = compare.search(engine, photo, request, prompt, keys)
    page = draw(photo, prompt, _with_times(result, values_of(payload).get("click_ms")))
    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG")
    return {
        "file": data_url(file.getvalue(), "image/png"),
        "name": file_name(photo.name, "", "comparison", "png"),
    }


def draw(photo: Photo, prompt: Prompt, result: CompareResult) -> np.ndarray:
    """Draw the photo once for each answer that stands, as a page (h, w, 3) uint8.

    Panels have the size of the photo, or less if the page would be wider than 6000 pixels.

    Raises:
        EsamError: No answer stands.
    """
    image, colours = shrunk(photo.image, SIDE), palette(len(result.answers))
    scaled = _scaled(prompt, image.shape[1] / photo.image.shape[1])
    pictures, titles, notes, models = [], [], [], []
    for i, one in enumerate(result.answers):
        if one.masks is None or one.answer is None:
            continue
        mask = mask_in_size(one.masks.data[0], image.shape[:2])
        pictures.append(draw_prompt(draw_masks(image, mask, colours=[colours[i]]), scaled))
        titles.append(ascii_uppercase[i])
        notes.append("\n".join([one.choice.label, *_numbers(result, i)]))
        models.append(caption(one.answer.segmenter))
    if not pictures:
        raise EsamError(texts.NONE_STANDS)
    failed = [
        texts.FAILED.format(
            letter=ascii_uppercase[i],
            label=one.choice.label,
            error=one.error,
            command=one.choice.command,
        ).strip()
        for i, one in enumerate(result.answers)
        if one.masks is None
    ]
    about = f"{photo.name or UNNAMED}: {'; '.join(dict.fromkeys(models))}."
    width = round(len(pictures) * image.shape[1] * 1.06)  # margins and gaps take a part
    return panel(
        [pictures],
        titles=titles,
        captions=[notes],
        footer="\n".join([about, *failed]),
        width=min(MOST_WIDTH, max(LEAST_WIDTH, width)),
    )


def _with_times(result: CompareResult, click_ms: object) -> CompareResult:
    """Return a result with the milliseconds of clicks that were sent; others stay as measured."""
    if not isinstance(click_ms, list) or len(click_ms) != len(result.answers):
        return result
    answers = tuple(
        replace(one, answer=replace(one.answer, decode_ms=float(ms)))
        if one.answer is not None and isinstance(ms, int | float) and 0 <= ms < MOST_MS
        else one
        for one, ms in zip(result.answers, click_ms, strict=True)
    )
    return replace(result, answers=answers)


def _numbers(result: CompareResult, i: int) -> list[str]:
    """Return what the captions say of an answer that stands."""
    one = result.answers[i]
    assert one.masks is not None and one.answer is not None
    scores = [texts.SCORES.format(score=one.masks.predicted_iou[0])]
    base = next(j for j, other in enumerate(result.answers) if other.masks is not None)
    if i != base:
        scores.append(texts.AGREES.format(letter=ascii_uppercase[base], iou=result.iou[i, base]))
    times = texts.TIMES.format(embed=one.answer.embed_ms, click=one.answer.decode_ms)
    return [", ".join(scores), times]


def _scaled(prompt: Prompt, scale: float) -> Prompt:
    coords = tuple((x * scale, y * scale) for x, y in prompt.point_coords)
    scaled = Prompt(coords, prompt.point_labels)
    if prompt.box_xyxy is None:
        return scaled
    x0, y0, x1, y1 = prompt.box_xyxy
    return scaled.with_box(x0 * scale, y0 * scale, x1 * scale, y1 * scale)
