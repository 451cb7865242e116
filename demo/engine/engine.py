"""The part that remembers: loaded models, opened photos, their embeddings. Knows nothing of pages.

Models run one at a time (``turns``): a click takes milliseconds and goes before the reading of a
photo, which takes up to a second, so a visitor who opens a photo holds up nobody's clicks.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from demo.engine.batching import Batches
from demo.engine.cache import Memo
from demo.engine.catalogue import Catalogue
from demo.engine.models import Models
from demo.engine.photos import Photo, Photos, Reading
from demo.engine.results import Kept
from demo.engine.scheduler import Turns, in_its_own_thread
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.prompts import Prompt

Result = TypeVar("Result")

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
        self.models = Models(catalogue, model, self._warm_up)
        self.photos = Photos(photo_bytes, embeddings)
        self.kept = Kept()
        self.turns = Turns()
        self.batches = Batches()
        self.memo = Memo(embeddings)
        self.tools = Memo(8)

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

    def work(self, call: Callable[[], Result], kind: str = "long") -> Result:
        """Hold every model while a call computes with one of them, in a thread of its own.

        Args:
            call: Takes nothing; its answer is returned.
            kind: ``click``, ``photo`` or ``long``: what may go first, see ``PATIENCE``. Long work
                calls ``give_way`` between its steps.
        """
        with self.turns.turn(PATIENCE[kind]):
            return in_its_own_thread(call)

    def give_way(self) -> None:
        """Within long work, between two steps: let clicks go first."""
        self.turns.give_way(PATIENCE["long"])

    def embed(self, photo: Photo, model: str | None = None) -> tuple[Any, Any, float]:
        """Return the model, the photo's embedding and the milliseconds that embedding took once."""
        segmenter = self.models.segmenter(model)
        reading = self.photos.reading(_key(segmenter), photo) or self._read(segmenter, photo)
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

        line = (_key(segmenter), photo.digest, subtract)
        job = self.batches.join(line, prompt)
        self.work(lambda: self.batches.serve(line, job, decode), "click")
        return Answer(job.result(), segmenter, embed_ms, job.decode_ms)

    def _read(self, segmenter: Any, photo: Photo) -> Reading:
        def read() -> Reading:
            # Another visitor's equal photo may have been read while this one waited.
            reading = self.photos.reading(_key(segmenter), photo)
            if reading is None:
                start = time.perf_counter()
                embedding = segmenter.embed(photo.image)
                reading = Reading(embedding, 1000 * (time.perf_counter() - start))
                self.photos.keep(_key(segmenter), photo, reading)
            return reading

        return self.work(read, "photo")

    def _warm_up(self, segmenter: Any) -> None:
        self.work(lambda: self.models.catalogue.warm_up(segmenter), "photo")


def _key(segmenter: Any) -> str:
    """Name the embeddings that a model can read."""
    return f"{segmenter.name} {segmenter.precision}"
