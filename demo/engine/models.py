"""The models that the page has loaded or can load; the default one."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from demo.engine.catalogue import Catalogue, ModelEntry
from demo.engine.downloads import Downloads
from demo.engine.scheduler import in_its_own_thread
from esam_core.errors import EsamError, UnknownModel

log = logging.getLogger(__name__)

EXACT = "@fp32"  # after a model's name: the same weights in the exact precision


class Models:
    """Loaded models, shared by all visitors; safe to call from many threads.

    Args:
        catalogue: Where models come from.
        model: The default model: a name, or ``auto`` for the best one whose weights are present.
        warm_up: Called with each loaded model, in a separate thread.
    """

    def __init__(self, catalogue: Catalogue, model: str, warm_up: Callable[[Any], None]):
        self.catalogue = catalogue
        self.wanted = model
        self.entries: list[ModelEntry] = []
        self.error: Exception | None = None
        self.default: str | None = None
        self.downloads = Downloads()
        self._warm_up = warm_up
        self._wanted_now = threading.Event()
        self._ready = threading.Event()
        self._loading = threading.Lock()
        self._segmenters: dict[str, Any] = {}

    def start(self, grace: float = 0.0) -> None:
        """Load the default model in the background, while the page starts.

        Args:
            grace: Seconds to wait for the first page to come up, see ``load_now``. Loading keeps
                the interpreter busy, and a page served at the same time takes twice as long.
        """
        thread = threading.Thread(target=self._start, args=(grace,), name="load-model", daemon=True)
        thread.start()

    def load_now(self) -> None:
        """Load the default model now, because a page has been opened."""
        self._wanted_now.set()

    def _start(self, grace: float = 0.0) -> None:
        self._wanted_now.wait(grace)
        try:
            self.entries = self.catalogue.entries()
            self.default = self._default()
            self._load(self.default)
        except EsamError as error:
            self.error = error
        except Exception as error:  # the page reports it
            log.exception("the default model could not be loaded")
            self.error = error
        finally:
            self._ready.set()

    def _default(self) -> str:
        names = [entry.name for entry in self.entries]
        if self.wanted == "auto":
            # Where no weights are at all, the error names the file that should have come along.
            usable = [entry.name for entry in self.entries if entry.present or entry.bundled]
            return usable[0] if usable else names[0]
        if self.wanted not in names:
            raise UnknownModel(f"There is no model {self.wanted!r}; choose one of {names}.")
        return self.wanted

    @property
    def state(self) -> str:
        """State of the default model: ``loading``, ``ready`` or ``error``."""
        if not self._ready.is_set():
            return "loading"
        return "error" if self.error else "ready"

    def loaded(self, name: str) -> Any | None:
        """Return the model if it is loaded already."""
        return self._segmenters.get(name)

    def segmenter(self, name: str | None = None) -> Any:
        """Return a model, loading it on first use; without a name, the default one.

        Args:
            name: An entry's name, followed by ``EXACT`` for float32.

        Raises:
            UnknownModel: No entry has this name.
            EsamError: The weights are absent or do not fit.
        """
        if name is None:
            self.load_now()
            self._ready.wait()
            if self.default is None:
                raise EsamError(f"the default model could not be loaded: {self.error}")
            name = self.default
        if name not in self._segmenters:
            names = [entry.name for entry in self.entries]
            if name.removesuffix(EXACT) not in names:
                raise UnknownModel(f"There is no model {name!r}; choose one of {names}.")
            self._load(name)
        return self._segmenters[name]

    def _load(self, key: str) -> None:
        name = key.removesuffix(EXACT)
        with self._loading:
            if key in self._segmenters:
                return
            segmenter = self._segmenters.get(name)
            if segmenter is None or segmenter.precision != "fp32":
                precision = "fp32" if key != name else None
                segmenter = in_its_own_thread(lambda: self.catalogue.load(name, precision))
            self._segmenters[key] = segmenter
        threading.Thread(
            target=self._prepare, args=(key, segmenter), name=f"prepare-{key}", daemon=True
        ).start()

    def _prepare(self, key: str, segmenter: Any) -> None:
        # The first run is slow; do it before the first click comes.
        self._warm_up(segmenter)
        if not self.catalogue.compiled or key.endswith(EXACT):
            return
        # A second copy is compiled without holding the scheduler, and then replaces the first.
        try:
            compiled = self.catalogue.load(key, compiled=True)
            self.catalogue.warm_up(compiled)
        except Exception:  # for example no compiler: keep the plain model
            log.exception("%s could not be compiled and stays as it is", key)
        else:
            self._segmenters[key] = compiled
            log.info("%s is compiled", key)

    def download(self, name: str) -> None:
        """Start the download of a model's weights; see ``downloads`` for progress.

        Raises:
            UnknownModel: No entry has this name.
        """
        if name not in [entry.name for entry in self.entries]:
            raise UnknownModel(f"There is no model {name!r} to download.")

        def work(progress: Callable[[int, int], None]) -> None:
            self.catalogue.download(name, progress)
            self.entries = self.catalogue.entries()

        self.downloads.start(name, work)
