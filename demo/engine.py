"""The part that remembers: loaded models, opened photos, their embeddings. Knows nothing of pages.

Models run one at a time (``turns``): a click takes milliseconds and goes before the reading of a
photo, which takes up to a second, so a visitor who opens a photo holds up nobody's clicks.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from demo import texts
from demo.batches import Batches
from demo.catalogue import Catalogue, ModelRow
from demo.kept import Kept
from demo.memo import Memo
from demo.photos import Photo, Photos, Reading
from demo.turns import Turns
from esam_core.errors import EsamError, UnknownModel
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.prompts import Prompt

log = logging.getLogger(__name__)

# Seconds that later and shorter work may go first. When 16 visitors open photos at once with
# EfficientSAM-Ti, 1 s for photos instead of 0.5 s brings the p95 of clicks from 1.2 s to 0.8 s;
# 3 s do not bring it lower, and photos wait twice as long.
PATIENCE = {"click": 0.0, "photo": 1.0, "long": 3.0}


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

    Modes remember in ``memo`` what belongs to the pixels of photos, in ``tools`` own models.
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
        self.photos = Photos(photo_bytes, embeddings)
        self.kept = Kept()
        self.turns = Turns()
        self.batches = Batches()
        self.memo = Memo(embeddings)
        self.tools = Memo(8)
        self.rows: list[ModelRow] = []
        self.trouble = ""
        self.default: str | None = None
        self.downloads: dict[str, Download] = {}
        self._asked_for = threading.Event()
        self._ready = threading.Event()
        self._loading = threading.Lock()
        self._segmenters: dict[str, Any] = {}

    # ---- models ----

    def start(self, grace: float = 0.0) -> None:
        """Load the default model in the background; the page is up meanwhile.

        Args:
            grace: Seconds to wait for the first page to come up, see ``hurry``. Loading holds the
                interpreter, and a page that is served at the same time takes twice as long.
        """
        thread = threading.Thread(target=self._start, args=(grace,), name="load-model", daemon=True)
        thread.start()

    def hurry(self) -> None:
        """Somebody's page is up: load the default model now."""
        self._asked_for.set()

    def _start(self, grace: float = 0.0) -> None:
        self._asked_for.wait(grace)
        try:
            self.rows = self.catalogue.rows()
            self.default = self._default()
            self._load(self.default)
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
            self.hurry()
            self._ready.wait()
            if self.default is None:
                raise EsamError(self.trouble)
            name = self.default
        if name not in self._segmenters:
            if name not in [row.name for row in self.rows]:
                raise UnknownModel(
                    f"There is no model {name!r}; choose one of {[row.name for row in self.rows]}."
                )
            self._load(name)
        return self._segmenters[name]

    def _load(self, name: str) -> None:
        with self._loading:
            if name in self._segmenters:
                return
            segmenter = self._segmenters[name] = self.catalogue.load(name)
        # What runs for the first time is slow: it runs before the first click, unless that is here.
        threading.Thread(target=self._warm_up, args=(segmenter,), daemon=True).start()

    def _warm_up(self, segmenter: Any) -> None:
        with self.turns.turn(PATIENCE["photo"]):
            self.catalogue.warm_up(segmenter)

    def download(self, name: str) -> None:
        """Start fetching a model's weights; ``downloads`` tells how far it is.

        Raises:
            UnknownModel: The name is in no row.
        """
        if name not in [row.name for row in self.rows]:
            raise UnknownModel(f"There is no model {name!r} to download.")
        with self._loading:
            running = self.downloads.get(name)
            if running and running.running:
                return
            self.downloads[name] = Download()
        threading.Thread(
            target=self._download, args=(name,), name=f"download-{name}", daemon=True
        ).start()

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
        return self.photos.open(source)

    def photo(self, token: str) -> Photo:
        """Return the photo of a token.

        Raises:
            PhotoGone: It was forgotten, or never opened here.
        """
        return self.photos.get(token)

    def close_photo(self, token: str) -> None:
        """Forget a photo; a token that is unknown is fine."""
        self.photos.close(token)

    # ---- the model at work ----

    @contextmanager
    def turn(self, kind: str = "long") -> Iterator[None]:
        """Hold every model for the length of the block.

        Args:
            kind: ``click``, ``photo`` or ``long``: what may go first, see ``PATIENCE``. Long work
                calls ``give_way`` between its steps.
        """
        with self.turns.turn(PATIENCE[kind]):
            yield

    def give_way(self) -> None:
        """Within a turn, between two steps: let clicks go first."""
        self.turns.give_way(PATIENCE["long"])

    def embed(self, photo: Photo, model: str | None = None) -> tuple[Any, Any, float]:
        """Return the model, the photo's embedding and the milliseconds that embedding took once."""
        segmenter = self.segmenter(model)
        reading = self.photos.reading(segmenter.name, photo) or self._read(segmenter, photo)
        return segmenter, reading.embedding, reading.embed_ms

    def predict(
        self, photo: Photo, prompt: Prompt, model: str | None = None, *, subtract: bool = False
    ) -> Answer:
        """Return the candidates of a prompt, best first."""
        segmenter, embedding, embed_ms = self.embed(photo, model)

        def decode(prompts: Sequence[Prompt]) -> list[Masks]:
            if len(prompts) > 1 and not subtract:
                return segmenter.predict_batch(embedding, prompts)
            return [segmenter.predict(embedding, p, subtract_background=subtract) for p in prompts]

        line = (segmenter.name, photo.digest, subtract)
        job = self.batches.join(line, prompt)
        with self.turn("click"):
            self.batches.serve(line, job, decode)
        return Answer(job.result(), segmenter, embed_ms, job.decode_ms)

    def _read(self, segmenter: Any, photo: Photo) -> Reading:
        with self.turn("photo"):
            # Another visitor's equal photo may have been read while this one waited.
            reading = self.photos.reading(segmenter.name, photo)
            if reading is None:
                start = time.perf_counter()
                embedding = segmenter.embed(photo.image)
                reading = Reading(embedding, 1000 * (time.perf_counter() - start))
                self.photos.keep(segmenter.name, photo, reading)
            return reading
