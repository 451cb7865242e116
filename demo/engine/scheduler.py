"""One at a time, the most urgent first: who may use the model next, and in which thread."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Answer = TypeVar("Answer")


class Turns:
    """A lock whose waiters say how long they are willing to wait.

    The one that has to go first by its own word goes first: a click overtakes the reading of a
    photo, but one that has waited for its whole patience is overtaken by nobody who comes later.
    So nothing waits for ever.
    """

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int]] = []
        self._taken = False

    @contextmanager
    def turn(self, patience: float = 0.0) -> Iterator[None]:
        """Wait for a turn and hold it for the length of the block.

        Args:
            patience: Seconds that others who come later may go first.
        """
        self._take(patience)
        try:
            yield
        finally:
            self._leave()

    def give_way(self, patience: float) -> None:
        """Within a turn: let those who are due go first, then go on. For work of many steps."""
        if self._waiting:
            self._leave()
            self._take(patience)

    @property
    def waiting(self) -> int:
        """How many wait at the moment."""
        return len(self._waiting)

    def _take(self, patience: float) -> None:
        ticket = (time.monotonic() + patience, next(self._numbers))
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
