"""Who may use the models next, and in which thread: one at a time, the most urgent first."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Answer = TypeVar("Answer")

# Seconds that later and shorter work may go first. When 16 visitors open photos at once with
# EfficientSAM-Ti, 1 s for photos instead of 0.5 s brings the p95 of clicks from 1.2 s to 0.8 s;
# 3 s do not bring it lower, and photos wait twice as long.
PRIORITIES = {"click": 0.0, "photo": 1.0, "long": 3.0}


class Scheduler:
    """A lock with priorities that let nobody wait for ever.

    Each waiter brings a delay: others who come later within that delay, and are more urgent, go
    first. A click has none and overtakes the encoding of a photo; a photo that has waited for its
    whole delay is not overtaken any more.
    """

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int]] = []
        self._taken = False

    @contextmanager
    def turn(self, delay: float = 0.0) -> Iterator[None]:
        """Wait for a turn and hold it for the length of the block.

        Args:
            delay: Seconds that others who come later may go first, see ``PRIORITIES``.
        """
        self._take(delay)
        try:
            yield
        finally:
            self._leave()

    def give_way(self, delay: float) -> None:
        """Within a turn: let those who are due go first, then go on. For work of many steps."""
        if self._waiting:
            self._leave()
            self._take(delay)

    @property
    def waiting(self) -> int:
        """How many wait at the moment."""
        return len(self._waiting)

    def _take(self, delay: float) -> None:
        ticket = (time.monotonic() + delay, next(self._numbers))
        with self._change:
            heapq.heappush(self._waiting, ticket)
            self._change.wait_for(lambda: not self._taken and self._waiting[0] == ticket)
            heapq.heappop(self._waiting)
            self._taken = True

    def _leave(self) -> None:
        with self._change:
            self._taken = False
            self._change.notify_all()


def in_its_own_thread(call: Callable[[], Answer]) -> Answer:
    """Run a call in a thread that ends with it; whatever it raises is raised here.

    Every thread in which torch computes keeps OpenMP workers of its own for as long as it lives.
    Once there are more of them than processors, all go to sleep between two products instead of
    waiting for the next one, and decoding takes twice as long. A server has many threads; one that
    ends takes its workers along.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="model") as thread:
        return thread.submit(call).result()
