"""Long work on a photo: in a thread of its own, with progress, until it is done or cancelled."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from demo.engine import Engine
from demo.handlers.errors import Cancel, Progress, Reply
from demo.handlers.requests import token_of

PROGRESS_SECONDS = 0.15  # between two reports; drawing them takes time from the work


class Step(NamedTuple):
    """Progress of long work."""

    done: int
    total: int


class Partial(NamedTuple):
    """What long work has found so far, to be shown until its reply comes."""

    reply: Reply


class Report:
    """Reports of long work: called with the steps done and their total, as ``Progress``."""

    def __init__(self, put: Callable[[Step | Partial], None]):
        self._put = put
        self._due = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Report a step, if the last report is some time ago."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + PROGRESS_SECONDS
            self._put(Step(done, total))

    def partial(self, reply: Reply) -> None:
        """Show what was found so far."""
        self._put(Partial(reply))


def run(
    engine: Engine, payload: Any, mode: str, task: Callable[[Report, Cancel], Reply]
) -> Iterator[Step | Partial | Reply]:
    """Run a mode's long work on a photo; starting it again stops the previous run.

    Args:
        engine: The engine.
        payload: With the photo's ``token``.
        mode: The mode, by which ``stop`` finds it.
        task: Calls a handler with the given ``progress`` and ``cancel``.

    Yields:
        Steps at intervals and partial replies, then the reply. Work stops when the iterator is
        closed.
    """
    events: queue.Queue[Step | Partial | Reply] = queue.Queue()
    report = Report(events.put)
    token = token_of(payload)
    stopped = engine.tasks.begin(token, mode)

    threading.Thread(
        target=lambda: events.put(task(report, stopped.is_set)), name=mode, daemon=True
    ).start()
    try:
        while True:
            event = events.get()
            yield event
            if not isinstance(event, Step | Partial):
                return
    finally:
        stopped.set()  # also when the visitor has left
        engine.tasks.end(token, mode, stopped)


def stop(engine: Engine, payload: Any, mode: str | None = None) -> None:
    """Stop a mode's work on a photo, or the work of every mode."""
    engine.tasks.stop(token_of(payload), mode)


def part_of(progress: Progress | None, begin: int, end: int) -> Progress:
    """Return a ``progress`` for the part of the work from ``begin`` to ``end`` percent."""

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(begin + round((end - begin) * done / max(1, total)), 100)

    return report
