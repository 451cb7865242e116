"""Views: a photo in the size that a mode works in, with its embedding."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.requests import text_of, token_of, values_of
from demo.texts import errors as texts
from esam_core.errors import InvalidPrompt
from esam_core.images import load_rgb

SCREEN_SIDE = 1280  # enough for a screen; at 50 megapixels each mask would take 50 MB


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A photo in the size that a mode works in.

    Args:
        photo: The photo as it was opened.
        image: Its pixels (h, w, 3) uint8 RGB, possibly reduced.
        segmenter: The chosen model.
        embedding: Embedding of the photo; prompts and masks are in pixels of ``image``.
        embed_ms: Milliseconds that it took to compute.
    """

    photo: Photo
    image: np.ndarray
    segmenter: Any
    embedding: Any
    embed_ms: float

    @property
    def image_hw(self) -> tuple[int, int]:
        """Height and width of ``image``."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def scale(self) -> float:
        """Pixels of the photo per pixel of ``image``."""
        return self.photo.image.shape[1] / self.image.shape[1]


def photo_of(engine: Engine, payload: object) -> Photo:
    """Return the photo of a payload's ``token``.

    Raises:
        InvalidPrompt: There is no photo yet.
        PhotoGone: The photo was dropped.
    """
    token = token_of(payload)
    if not token:
        raise InvalidPrompt(texts.NO_PHOTO)
    return engine.photo(token)


def view(engine: Engine, payload: object, *, max_side: int | None = SCREEN_SIDE) -> View:
    """Return the photo and the model of a payload, with the photo's embedding.

    The model resizes every photo to the same size, so masks can be drawn in any size.

    Args:
        engine: The engine.
        payload: ``token``; ``model`` is optional.
        max_side: Limit for the longer side of the view in pixels; None keeps the photo's size.

    Raises:
        InvalidPrompt: There is no photo yet.
        PhotoGone: The photo was dropped.
        EsamError: The model cannot be loaded.
    """
    photo = photo_of(engine, payload)
    segmenter, embedding, embed_ms = engine.embed(photo, text_of(values_of(payload).get("model")))
    image = photo.image if max_side is None else load_rgb(photo.image, max_side=max_side)
    return View(photo, image, segmenter, replace(embedding, image_hw=image.shape[:2]), embed_ms)
