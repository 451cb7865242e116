"""Downloads that the page has started, by name, each in a thread of its own."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from esam_core.errors import EsamError

log = logging.getLogger(__name__)

Work = Callable[[Callable[[int, int], None]], None]


@dataclass(slots=True)
class Download:
    """Progress of a download in [0, 1], or its error."""

    done: float = 0.0
    running: bool = True
    error: str = ""


class Downloads(dict[str, Download]):
    """Downloads by name; one of a name at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._starting = threading.Lock()

    def start(self, name: str, work: Work) -> None:
        """Start a download, unless it is running already.

        Args:
            name: Its name.
            work: Called with ``progress(done, total)``.
        """
        with self._starting:
            running = self.get(name)
            if running and running.running:
                return
            self[name] = Download()
        threading.Thread(
            target=self._run, args=(self[name], name, work), name=f"download-{name}", daemon=True
        ).start()

    def _run(self, state: Download, name: str, work: Work) -> None:
        def progress(done: int, total: int) -> None:
            state.done = done / total if total else 0.0

        try:
            work(progress)
        except EsamError as error:
            state.error = str(error)
        except Exception as error:  # the page reports it
            log.exception("download of %s", name)
            state.error = str(error)
        finally:
            state.running = False
