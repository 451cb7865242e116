"""What visitors share: loaded models, opened photos, their embeddings. Knows nothing of pages.

Models run one at a time (``scheduler``): a click takes milliseconds and goes before the encoding of
a photo, which takes up to a second, so a visitor who opens a photo holds up nobody's clicks.
"""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from demo.engine.batching import Batcher
from demo.engine.cache import LruCache
from demo.engine.catalogue import Catalogue
from demo.engine.models import Models
from demo.engine.photos import Photo, Photos, TimedEmbedding
from demo.engine.results import ResultStore, RunningTasks
from demo.engine.scheduler import PRIORITIES, Scheduler, in_its_own_thread
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.prompts import Prompt

Result = TypeVar("Result")
Cancel = Callable[[], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Candidates of one prompt, best first, with the model that made them and its times."""

    masks: Masks
    segmenter: Any
    embed_ms: float
    decode_ms: float


class Engine:
    """Models, photos and embeddings behind every visitor's page; safe to call from many threads.

    Modes keep in ``cache`` what belongs to the pixels of photos, in ``tools`` models of their own,
    in ``results`` what they found in a visitor's photo; ``tasks`` stops their long work.

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
        self.models = Models(catalogue, model, self._warm_up)
        self.photos = Photos(photo_bytes, embeddings)
        self.results = ResultStore()
        self.tasks = RunningTasks()
        self.scheduler = Scheduler()
        self.batcher = Batcher()
        self.cache: LruCache[Hashable, Any] = LruCache(embeddings)
        self.tools: LruCache[Hashable, Any] = LruCache(8)

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

    def work(self, call: Callable[[], Result], priority: str = "long") -> Result:
        """Hold every model while a call computes with one of them, in a thread of its own.

        Args:
            call: Takes nothing; its result is returned.
            priority: A name of ``PRIORITIES``. Long work calls ``give_way`` between its steps.
        """
        with self.scheduler.turn(PRIORITIES[priority]):
            return in_its_own_thread(call)

    def give_way(self) -> None:
        """Within long work, between two steps: let clicks go first."""
        self.scheduler.give_way(PRIORITIES["long"])

    def polite(self, cancel: Cancel | None) -> Cancel:
        """Return a ``cancel`` for long work that also lets clicks go first wherever it is asked."""

        def check() -> bool:
            self.give_way()
            return cancel is not None and cancel()

        return check

    def embed(self, photo: Photo, model: str | None = None) -> tuple[Any, Any, float]:
        """Return the model, the photo's embedding and the milliseconds that embedding took once.

        Raises:
            UnknownModel: No such model.
            EsamError: The model cannot be loaded.
        """
        segmenter = self.models.segmenter(model)

        def make() -> TimedEmbedding:
            return self.work(lambda: _embed(segmenter, photo), "photo")

        timed = self.photos.embedding(_key(segmenter), photo, make)
        return segmenter, timed.embedding, timed.embed_ms

    def predict(
        self, photo: Photo, prompt: Prompt, model: str | None = None, *, subtract: bool = False
    ) -> Answer:
        """Return the candidates of a prompt, best first.

        Raises:
            EsamError: The model cannot be loaded, or not read such a prompt.
        """
        segmenter, embedding, embed_ms = self.embed(photo, model)

        def decode(prompts: Sequence[Prompt]) -> list[Masks]:
            if len(prompts) > 1 and not subtract:
                return segmenter.predict_batch(embedding, prompts)
            return [segmenter.predict(embedding, p, subtract_background=subtract) for p in prompts]

        line = (_key(segmenter), photo.digest, subtract)
        job = self.batcher.join(line, prompt)
        self.work(lambda: self.batcher.serve(line, job, decode), "click")
        return Answer(job.result(), segmenter, embed_ms, job.decode_ms)

    def _warm_up(self, segmenter: Any) -> None:
        self.work(lambda: self.models.catalogue.warm_up(segmenter), "photo")


def _embed(segmenter: Any, photo: Photo) -> TimedEmbedding:
    start = time.perf_counter()
    embedding = segmenter.embed(photo.image)
    return TimedEmbedding(embedding, 1000 * (time.perf_counter() - start))


def _key(segmenter: Any) -> str:
    """Name the embeddings that a model can read."""
    return f"{segmenter.name} {segmenter.precision}"
