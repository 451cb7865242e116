"""What a mode sees of a photo: pixels of a size that it works in, and their embedding."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.requests import text_of, token_of, values_of
from demo.texts import errors as texts
from esam_core.errors import InvalidPrompt
from esam_core.images import load_rgb

SCREEN_SIDE = 1280  # masks for a screen: of a photo of 50 megapixels one mask would take 50 MB


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A photo as a mode works with it.

    Args:
        photo: The photo as it was opened.
        image: The same (h, w, 3) uint8 RGB, maybe smaller.
        segmenter: The model that was chosen.
        embedding: Of the photo; its positions and masks are those of ``image``.
    """

    photo: Photo
    image: np.ndarray
    segmenter: Any
    embedding: Any

    @property
    def image_hw(self) -> tuple[int, int]:
        """Height and width of ``image``."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def scale(self) -> float:
        """Pixels of the photo per pixel of ``image``."""
        return self.photo.image.shape[1] / self.image.shape[1]


def photo_of(engine: Engine, payload: object) -> Photo:
    """Return the photo that a payload's ``token`` names.

    Raises:
        InvalidPrompt: There is no photo yet.
        PhotoGone: It was forgotten.
    """
    token = token_of(payload)
    if not token:
        raise InvalidPrompt(texts.NO_PHOTO)
    return engine.photo(token)


def view(engine: Engine, payload: object, *, max_side: int | None = SCREEN_SIDE) -> View:
    """Return the photo and the model that a payload names, with the photo's embedding.

    The model sees every photo in the same size, so its masks can be drawn in any.

    Args:
        engine: The engine.
        payload: With ``token`` and maybe ``model``.
        max_side: Longest side of the view in pixels; None is the photo's own size.

    Raises:
        InvalidPrompt: There is no photo yet.
        PhotoGone: It was forgotten.
        EsamError: The model cannot be loaded.
    """
    photo = photo_of(engine, payload)
    segmenter, embedding, _ = engine.embed(photo, text_of(values_of(payload).get("model")))
    image = photo.image if max_side is None else load_rgb(photo.image, max_side=max_side)
    return View(photo, image, segmenter, replace(embedding, image_hw=image.shape[:2]))
