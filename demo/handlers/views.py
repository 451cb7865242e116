"""A photo as modes look at it that only show masks on a screen: smaller, with its embedding."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from demo import texts
from demo.engine.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.requests import text_of
from esam_core.errors import InvalidPrompt
from esam_core.images import load_rgb

SIDE = 1280  # longest side; a photo of 50 megapixels would give 50 MB per mask


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a mode works with.

    Args:
        photo: The photo as it was opened.
        image: The same (h, w, 3), at most ``SIDE`` pixels long.
        segmenter: The model that was chosen.
        embedding: Of the photo; its positions and masks are those of ``image``.
    """

    photo: Photo
    image: np.ndarray
    segmenter: Any
    embedding: Any

    @property
    def scale(self) -> float:
        """Pixels of the photo per pixel of ``image``."""
        return self.photo.image.shape[1] / self.image.shape[1]


def look(engine: Engine, value: object) -> Sight:
    """Return the photo and the model that the canvas's value names.

    Raises:
        InvalidPrompt: There is no photo yet.
        PhotoGone: It was forgotten.
        EsamError: The model cannot be loaded.
    """
    value = value if isinstance(value, dict) else {}
    token = text_of(value.get("token"))
    if token is None:
        raise InvalidPrompt(texts.NO_PHOTO)
    photo = engine.photo(token)
    segmenter, embedding, _ = engine.embed(photo, text_of(value.get("model")))
    image = load_rgb(photo.image, max_side=SIDE)
    return Sight(photo, image, segmenter, replace(embedding, image_hw=image.shape[:2]))
