"""Photos opened by visitors and their embeddings, within fixed limits.

A photo is identified by a random token that only its visitor knows, so visitors cannot reach each
other's photos. Embeddings are keyed by pixels: equal photos share one.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.engine.cache import LruCache
from esam_core.errors import EsamError
from esam_core.images import ImageSource, image_digest, load_photo


class PhotoGone(EsamError):
    """The photo of this token was dropped to free memory, or never existed."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An opened photo.

    Args:
        token: Random identifier, known to its visitor only.
        image: Its pixels (h, w, 3) uint8 RGB.
        digest: Digest of the pixels.
        name: The name of its file, or "" if it has none.
        notes: What reading it changed, one sentence each.
    """

    token: str
    image: np.ndarray
    digest: str
    name: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TimedEmbedding:
    """An embedding and the milliseconds it took to compute."""

    embedding: Any
    embed_ms: float


class Photos:
    """Photos by token, embeddings by model and pixels; least recently used are dropped first.

    Args:
        photo_bytes: Limit for the pixels of all photos.
        embeddings: Maximum number of embeddings.
        scale: How deep photos are shown, as for ``load_photo``.
    """

    def __init__(self, photo_bytes: int, embeddings: int, scale: str = "data"):
        self._scale = scale
        self._photos: LruCache[str, Photo] = LruCache(max_bytes=photo_bytes)
        self._embeddings: LruCache[tuple[str, str], TimedEmbedding] = LruCache(embeddings)

    def open(self, source: ImageSource, name: str = "") -> Photo:
        """Read a photo and keep it under a new random token.

        Args:
            source: As for ``load_photo``.
            name: Its file name, for errors and exports; by default that of a path.

        Raises:
            InvalidImage: Not a photo, or too large.
        """
        read = load_photo(source, scale=self._scale, name=name)
        token, digest = secrets.token_urlsafe(18), image_digest(read.image)
        photo = Photo(token, read.image, digest, read.name, read.notes)
        self._photos.put(photo.token, photo, read.image.nbytes)
        return photo

    def get(self, token: str) -> Photo:
        """Return the photo of a token.

        Raises:
            PhotoGone: The photo was dropped, or never opened here.
        """
        photo = self._photos.get(token)
        if photo is None:
            raise PhotoGone("the photo of this token is not held any more; open it again.")
        return photo

    def close(self, token: str) -> None:
        """Drop a photo; unknown tokens are ignored."""
        self._photos.pop(token)

    def clear(self) -> None:
        """Drop all photos and embeddings."""
        self._photos.clear()
        self._embeddings.clear()

    @property
    def held(self) -> tuple[int, int]:
        """Number of photos and of embeddings in memory."""
        return len(self._photos), len(self._embeddings)

    def embedding(
        self, model: str, photo: Photo, make: Callable[[], TimedEmbedding]
    ) -> TimedEmbedding:
        """Return a model's embedding of these pixels, computed on first use."""
        return self._embeddings.get_or_make((model, photo.digest), make)
