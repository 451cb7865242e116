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


def run(
    engine: Engine, payload: Any, mode: str, task: Callable[[Progress, Cancel], Reply]
) -> Iterator[Step | Reply]:
    """Run a mode's long work on a photo; starting it again stops the previous run.

    Args:
        engine: The engine.
        payload: With the photo's ``token``.
        mode: The mode, by which ``stop`` finds it.
        task: Calls a handler with the given ``progress`` and ``cancel``.

    Yields:
        Steps at intervals, then the reply. Work stops when the iterator is closed.
    """
    events: queue.Queue[Step | Reply] = queue.Queue()
    due = 0.0
    token = token_of(payload)
    stopped = engine.tasks.begin(token, mode)

    def progress(done: int, total: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + PROGRESS_SECONDS
            events.put(Step(done, total))

    threading.Thread(
        target=lambda: events.put(task(progress, stopped.is_set)), name=mode, daemon=True
    ).start()
    try:
        while True:
            event = events.get()
            yield event
            if not isinstance(event, Step):
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
