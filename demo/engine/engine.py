"""The engine behind the page: loaded models, opened photos and their embeddings; no Gradio.

Models run one at a time (``scheduler``). A click takes milliseconds and has priority over encoding
a photo, which takes up to a second, so opening a photo does not delay the clicks of others.
"""

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from demo.engine.batching import Batcher
from demo.engine.cache import LruCache
from demo.engine.catalogue import Catalogue
from demo.engine.models import Models
from demo.engine.photos import Photo, Photos, TimedEmbedding
from demo.engine.results import ResultStore, RunningTasks
from demo.engine.scheduler import PRIORITIES, Scheduler, in_its_own_thread
from esam_core.cleanup import CleanUp
from esam_core.corrections.steps import Step
from esam_core.images import ImageSource
from esam_core.masks import Masks
from esam_core.prompts import Prompt

STEP_BYTES = 200_000_000

Result = TypeVar("Result")
Cancel = Callable[[], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The candidates for a prompt, best first, with the model and its times."""

    masks: Masks
    segmenter: Any
    embed_ms: float
    decode_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """An object's steps on a photo, see ``esam_core.corrections.replay``.

    Args:
        steps: Clicks, boxes and strokes in their order.
        mask: The mask (h, w) bool that they correct, if there is one.
        look_again: Whether to take second looks; ``auto`` is the model's own rule.
        cleanup: How the result is cleaned.
    """

    steps: tuple[Step, ...] = ()
    mask: np.ndarray | None = None
    look_again: bool | Literal["auto"] = "auto"
    cleanup: CleanUp = CleanUp()


class Engine:
    """Models, photos and embeddings behind every visitor's page; safe to call from many threads.

    Modes store data computed from pixels in ``cache``, further models in ``tools`` and the results
    of a visitor's photo in ``results``; ``tasks`` stops their long work.

    Args:
        catalogue: Where models come from.
        model: The default model: a name, or ``auto`` for the best one whose weights are present.
        photo_bytes: Limit for the pixels of all photos; the least recently used are dropped.
        embeddings: Maximum number of embeddings in memory.
        scale: How photos with more than 8 bits are shown: "data" by their own range, "full" on the
            fixed scale of their type.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        model: str = "auto",
        photo_bytes: int = 1_000_000_000,
        embeddings: int = 24,
        scale: str = "data",
    ):
        self.models = Models(catalogue, model, self._warm_up)
        self.photos = Photos(photo_bytes, embeddings, scale)
        self.results = ResultStore()
        self.tasks = RunningTasks()
        self.scheduler = Scheduler()
        self.batcher = Batcher()
        self.cache: LruCache[Hashable, Any] = LruCache(embeddings)
        self.tools: LruCache[Hashable, Any] = LruCache(8)
        # Objects between two steps, by their steps alone: equal clicks of two visitors share them.
        self.steps: LruCache[Hashable, Any] = LruCache(256, max_bytes=STEP_BYTES)

    # ---- photos ----

    def open_photo(self, source: ImageSource, name: str = "") -> Photo:
        """Read a photo and keep it under a new random token.

        Args:
            source: As for ``load_photo``.
            name: Its file name, for errors and exports; by default that of a path.

        Raises:
            InvalidImage: Not a photo, or too large.
        """
        return self.photos.open(source, name)

    def photo(self, token: str) -> Photo:
        """Return the photo of a token.

        Raises:
            PhotoGone: The photo was dropped, or never opened here.
        """
        return self.photos.get(token)

    def close_photo(self, token: str) -> None:
        """Drop a photo and its result; unknown tokens are ignored."""
        self.photos.close(token)
        self.results.drop(token)

    # ---- models ----

    def work(self, call: Callable[[], Result], priority: str = "long") -> Result:
        """Run a call in a thread of its own while no other call uses a model.

        Args:
            call: Takes nothing; its result is returned.
            priority: A name of ``PRIORITIES``. Long work calls ``give_way`` between its steps.
        """
        with self.scheduler.turn(PRIORITIES[priority]):
            return in_its_own_thread(call)

    def give_way(self) -> None:
        """Let waiting clicks go first; called between two steps of long work."""
        self.scheduler.give_way(PRIORITIES["long"])

    def polite(self, cancel: Cancel | None) -> Cancel:
        """Return a ``cancel`` for long work that also lets clicks go first on every call."""

        def check() -> bool:
            self.give_way()
            return cancel is not None and cancel()

        return check

    def embed(self, photo: Photo, model: str | None = None) -> tuple[Any, Any, float]:
        """Return the model, the photo's embedding and the milliseconds it took to compute.

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
        self,
        photo: Photo,
        prompt: Prompt,
        model: str | None = None,
        *,
        subtract: bool = False,
        look_again: bool | Literal["auto"] = "auto",
    ) -> Answer:
        """Return the candidates of a prompt, best first.

        Raises:
            EsamError: The model cannot be loaded, or does not accept the prompt.
        """
        segmenter, embedding, embed_ms = self.embed(photo, model)

        def decode(prompts: Sequence[Prompt]) -> list[Masks]:
            if len(prompts) > 1 and not subtract:
                return segmenter.predict_batch(embedding, prompts, look_again=look_again)
            return [
                segmenter.predict(embedding, p, subtract_background=subtract, look_again=look_again)
                for p in prompts
            ]

        queue = (_key(segmenter), photo.digest, subtract, look_again)
        job = self.batcher.join(queue, prompt)
        self.work(lambda: self.batcher.serve(queue, job, decode), "click")
        return Answer(job.result(), segmenter, embed_ms, job.decode_ms)

    def correct(self, photo: Photo, work: Correction, model: str | None = None) -> Answer:
        """Return the candidates after the last step, best first.

        Raises:
            EsamError: The model cannot be loaded, or does not accept a step.
        """
        segmenter, embedding, embed_ms = self.embed(photo, model)
        start = time.perf_counter()

        def run() -> Masks:
            from esam_core.corrections import replay

            nonlocal start
            start = time.perf_counter()  # waiting for others is no part of the model's time
            return replay(
                segmenter,
                embedding,
                work.steps,
                mask=work.mask,
                look_again=work.look_again,
                cleanup=work.cleanup,
                memory=self.steps,
            )

        masks = self.work(run, "click")
        return Answer(masks, segmenter, embed_ms, 1000 * (time.perf_counter() - start))

    def _warm_up(self, segmenter: Any) -> None:
        self.work(lambda: self.models.catalogue.warm_up(segmenter), "photo")


def _embed(segmenter: Any, photo: Photo) -> TimedEmbedding:
    start = time.perf_counter()
    embedding = segmenter.embed(photo.image)
    return TimedEmbedding(embedding, 1000 * (time.perf_counter() - start))


def _key(segmenter: Any) -> str:
    """Return the key of the embeddings that a model can use."""
    return f"{segmenter.name} {segmenter.precision}"
