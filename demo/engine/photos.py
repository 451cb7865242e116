"""The photos that visitors opened and their embeddings, as many as there is room for.

A photo is known by a random token that only its visitor was given; nothing else tells two visitors
apart, so nothing of one can reach the other. An embedding belongs to the pixels: equal photos share
it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.engine.cache import LruCache
from esam_core.errors import EsamError
from esam_core.images import ImageSource, image_digest, load_rgb


class PhotoGone(EsamError):
    """The token's photo was forgotten to make room, or never was."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An opened photo.

    Args:
        token: Random; its visitor's key to it.
        image: Its pixels (h, w, 3) uint8 RGB.
        digest: Of the pixels.
    """

    token: str
    image: np.ndarray
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class TimedEmbedding:
    """An embedding and the milliseconds that it took to make."""

    embedding: Any
    embed_ms: float


class Photos:
    """Photos by token, embeddings by model and pixels; the longest unused are forgotten first.

    Args:
        photo_bytes: How many bytes of pixels are kept.
        embeddings: How many embeddings are kept.
    """

    def __init__(self, photo_bytes: int, embeddings: int):
        self._photos: LruCache[str, Photo] = LruCache(max_bytes=photo_bytes)
        self._embeddings: LruCache[tuple[str, str], TimedEmbedding] = LruCache(embeddings)

    def open(self, source: ImageSource) -> Photo:
        """Read a photo and keep it under a new random token.

        Raises:
            InvalidImage: Not a photo, or too large.
        """
        image = load_rgb(source)
        photo = Photo(secrets.token_urlsafe(18), image, image_digest(image))
        self._photos.put(photo.token, photo, image.nbytes)
        return photo

    def get(self, token: str) -> Photo:
        """Return the photo of a token.

        Raises:
            PhotoGone: It was forgotten, or never opened here.
        """
        photo = self._photos.get(token)
        if photo is None:
            raise PhotoGone("the photo of this token is not held any more; open it again.")
        return photo

    def close(self, token: str) -> None:
        """Forget a photo; a token that is unknown is fine."""
        self._photos.pop(token)

    def clear(self) -> None:
        """Forget every photo and every embedding."""
        self._photos.clear()
        self._embeddings.clear()

    @property
    def held(self) -> tuple[int, int]:
        """How many photos and how many embeddings are kept."""
        return len(self._photos), len(self._embeddings)

    def embedding(
        self, model: str, photo: Photo, make: Callable[[], TimedEmbedding]
    ) -> TimedEmbedding:
        """Return a model's embedding of these pixels, made now if it is not kept."""
        return self._embeddings.get_or_make((model, photo.digest), make)
