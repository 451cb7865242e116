"""The photos that visitors opened and what models read in them, as many as there is room for.

A photo is known by a random token that only its visitor was given; nothing else tells two visitors
apart, so nothing of one can reach the other. What a model read in a photo belongs to the pixels:
equal photos share it.
"""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo import texts
from esam_core.errors import EsamError
from esam_core.images import ImageSource, image_digest, load_rgb


class PhotoGone(EsamError):
    """The token's photo was forgotten to make room, or never was."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An opened photo: its token, its pixels (h, w, 3) uint8 and their digest."""

    token: str
    image: np.ndarray
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """An embedding and the milliseconds that it took once."""

    embedding: Any
    embed_ms: float


class Photos:
    """Photos by token, readings by model and pixels; the longest unused are forgotten first.

    Args:
        photo_bytes: How many bytes of pixels are kept.
        readings: How many embeddings are kept.
    """

    def __init__(self, photo_bytes: int, readings: int):
        self.photo_bytes, self.most_readings = photo_bytes, readings
        self._lock = threading.Lock()
        self._photos: OrderedDict[str, Photo] = OrderedDict()
        self._readings: OrderedDict[tuple[str, str], Reading] = OrderedDict()

    def open(self, source: ImageSource) -> Photo:
        """Read a photo and keep it under a new random token.

        Raises:
            InvalidImage: Not a photo, or too large.
        """
        image = load_rgb(source)
        photo = Photo(secrets.token_urlsafe(18), image, image_digest(image))
        with self._lock:
            self._photos[photo.token] = photo
            held = sum(kept.image.nbytes for kept in self._photos.values())
            while held > self.photo_bytes and len(self._photos) > 1:
                held -= self._photos.popitem(last=False)[1].image.nbytes
        return photo

    def get(self, token: str) -> Photo:
        """Return the photo of a token.

        Raises:
            PhotoGone: It was forgotten, or never opened here.
        """
        with self._lock:
            photo = self._photos.get(token)
            if photo is None:
                raise PhotoGone(texts.PHOTO_GONE)
            self._photos.move_to_end(token)
            return photo

    def close(self, token: str) -> None:
        """Forget a photo; a token that is unknown is fine."""
        with self._lock:
            self._photos.pop(token, None)

    def clear(self) -> None:
        """Forget every photo and every reading."""
        with self._lock:
            self._photos.clear()
            self._readings.clear()

    @property
    def held(self) -> tuple[int, int]:
        """How many photos and how many readings are kept."""
        return len(self._photos), len(self._readings)

    def reading(self, model: str, photo: Photo) -> Reading | None:
        """Return what a model read in these pixels, if that is still known."""
        key = (model, photo.digest)
        with self._lock:
            if key in self._readings:
                self._readings.move_to_end(key)
            return self._readings.get(key)

    def keep(self, model: str, photo: Photo, reading: Reading) -> Reading:
        """Remember what a model read in a photo."""
        with self._lock:
            self._readings[model, photo.digest] = reading
            while len(self._readings) > self.most_readings:
                self._readings.popitem(last=False)
        return reading
