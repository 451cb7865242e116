"""The part that remembers: loaded models, opened photos, their embeddings. Knows nothing of pages.

A photo is known by a random token that only its visitor was given; nothing else tells two visitors
apart, so nothing of one can reach the other. One lock guards the models (they run one at a time),
another the tables.
"""

import logging
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo import texts
from demo.catalogue import Catalogue, ModelRow
from esam_core.errors import EsamError, UnknownModel
from esam_core.images import ImageSource, image_digest, load_rgb
from esam_core.masks import Masks
from esam_core.prompts import Prompt

log = logging.getLogger(__name__)


class PhotoGone(EsamError):
    """The token's photo was forgotten to make room, or never was."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An opened photo: its token, its pixels (h, w, 3) uint8 and their digest."""

    token: str
    image: np.ndarray
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Candidates of one prompt, best first, with who made them and how long it took."""

    masks: Masks
    segmenter: Any
    embed_ms: float
    decode_ms: float


@dataclass(slots=True)
class Download:
    """How far a download is, in [0, 1], or what went wrong."""

    done: float = 0.0
    running: bool = True
    trouble: str = ""


class Engine:
    """Models, photos and embeddings behind every visitor's page; safe to call from many threads.

    Args:
        catalogue: Where models come from.
        model: The model that answers unless a visitor chooses: a name, or ``auto`` for the best
            one whose weights are present.
        photo_bytes: Photos are forgotten, oldest first, beyond this many bytes of pixels.
        embeddings: How many embeddings are kept.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        model: str = "auto",
        photo_bytes: int = 1_000_000_000,
        embeddings: int = 24,
    ):
        self.catalogue = catalogue
        self.wanted = model
        self.photo_bytes = photo_bytes
        self.embeddings = embeddings
        self.rows: list[ModelRow] = []
        self.trouble = ""
        self.default: str | None = None
        self.downloads: dict[str, Download] = {}
        self._ready = threading.Event()
        self._tables = threading.Lock()
        self._compute = threading.Lock()
        self._photos: OrderedDict[str, Photo] = OrderedDict()
        self._embedded: OrderedDict[tuple[str, str], tuple[Any, float]] = OrderedDict()
        self._segmenters: dict[str, Any] = {}

    # ---- models ----

    def start(self) -> None:
        """Load the default model in the background; the page is up meanwhile."""
        threading.Thread(target=self._start, name="load-model", daemon=True).start()

    def _start(self) -> None:
        try:
            self.rows = self.catalogue.rows()
            self.default = self._default()
            self.segmenter(self.default)
        except EsamError as error:
            self.trouble = str(error)
        except Exception as error:  # the page must be able to say that there is no model
            log.exception("the default model could not be loaded")
            self.trouble = texts.MODEL_FAILED.format(reason=error)
        finally:
            self._ready.set()

    def _default(self) -> str:
        names = [row.name for row in self.rows]
        if self.wanted == "auto":
            return names[0]
        if self.wanted not in names:
            raise UnknownModel(f"There is no model {self.wanted!r}; choose one of {names}.")
        return self.wanted

    @property
    def state(self) -> str:
        """``loading``, ``ready`` or ``error``: how the default model is."""
        if not self._ready.is_set():
            return "loading"
        return "error" if self.trouble else "ready"

    def loaded(self, name: str) -> Any | None:
        """Return the model if it is loaded already."""
        return self._segmenters.get(name)

    def segmenter(self, name: str | None = None) -> Any:
        """Return a model, loading it at its first use; without a name the default one.

        Raises:
            UnknownModel: The name is in no row.
            EsamError: The weights are absent or do not fit.
        """
        if name is None:
            self._ready.wait()
            if self.default is None:
                raise EsamError(self.trouble)
            name = self.default
        if name not in self._segmenters:
            if name not in [row.name for row in self.rows]:
                raise UnknownModel(
                    f"There is no model {name!r}; choose one of {[row.name for row in self.rows]}."
                )
            with self._compute:
                if name not in self._segmenters:
                    self._segmenters[name] = self.catalogue.load(name)
        return self._segmenters[name]

    def download(self, name: str) -> None:
        """Start fetching a model's weights; ``downloads`` tells how far it is.

        Raises:
            UnknownModel: The name is in no row.
        """
        if name not in [row.name for row in self.rows]:
            raise UnknownModel(f"There is no model {name!r} to download.")
        with self._tables:
            running = self.downloads.get(name)
            if running and running.running:
                return
            self.downloads[name] = Download()
        threading.Thread(target=self._download, args=(name,), daemon=True).start()

    def _download(self, name: str) -> None:
        state = self.downloads[name]

        def progress(done: int, total: int) -> None:
            state.done = done / total if total else 0.0

        try:
            self.catalogue.download(name, progress)
            self.rows = self.catalogue.rows()
        except EsamError as error:
            state.trouble = str(error)
        except Exception as error:  # whatever it was, the page says it and stays usable
            log.exception("download of %s", name)
            state.trouble = str(error)
        finally:
            state.running = False

    # ---- photos ----

    def open_photo(self, source: ImageSource) -> Photo:
        """Read a photo and keep it under a new random token.

        Raises:
            InvalidImage: Not a photo, or too large.
        """
        image = load_rgb(source)
        photo = Photo(secrets.token_urlsafe(18), image, image_digest(image))
        with self._tables:
            self._photos[photo.token] = photo
            held = sum(kept.image.nbytes for kept in self._photos.values())
            while held > self.photo_bytes and len(self._photos) > 1:
                held -= self._photos.popitem(last=False)[1].image.nbytes
        return photo

    def photo(self, token: str) -> Photo:
        """Return the photo of a token.

        Raises:
            PhotoGone: It was forgotten, or never opened here.
        """
        with self._tables:
            photo = self._photos.get(token)
            if photo is None:
                raise PhotoGone(texts.PHOTO_GONE)
            self._photos.move_to_end(token)
            return photo

    def close_photo(self, token: str) -> None:
        """Forget a photo; a token that is unknown is fine."""
        with self._tables:
            self._photos.pop(token, None)

    # ---- the model at work ----

    def embed(self, photo: Photo, model: str | None = None) -> tuple[Any, Any, float]:
        """Return the model, the photo's embedding and the milliseconds that embedding took once."""
        segmenter = self.segmenter(model)
        with self._compute:
            return segmenter, *self._embed(segmenter, photo)

    def predict(
        self, photo: Photo, prompt: Prompt, model: str | None = None, *, subtract: bool = False
    ) -> Answer:
        """Return the candidates of a prompt, best first."""
        segmenter = self.segmenter(model)
        with self._compute:
            embedding, embed_ms = self._embed(segmenter, photo)
            start = time.perf_counter()
            masks = segmenter.predict(embedding, prompt, subtract_background=subtract)
            return Answer(masks, segmenter, embed_ms, 1000 * (time.perf_counter() - start))

    def _embed(self, segmenter: Any, photo: Photo) -> tuple[Any, float]:
        # Equal pixels share an embedding: an example photo is read once for all visitors.
        key = (segmenter.name, photo.digest)
        with self._tables:
            if key in self._embedded:
                self._embedded.move_to_end(key)
                return self._embedded[key]
        start = time.perf_counter()
        embedding = segmenter.embed(photo.image)
        entry = (embedding, 1000 * (time.perf_counter() - start))
        with self._tables:
            self._embedded[key] = entry
            while len(self._embedded) > self.embeddings:
                self._embedded.popitem(last=False)
        return entry
