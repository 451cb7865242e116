"""What was found in a visitor's photo, under the photo's token; the longest unused goes first."""

import threading
from collections import OrderedDict
from typing import Any


class Kept:
    """Results by token, and who asked for work to be stopped.

    A token is known to its visitor only, so nobody reaches another's results.

    Args:
        most_bytes: Results are forgotten, the longest unused first, beyond this.
    """

    def __init__(self, most_bytes: int = 600_000_000):
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._results: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._running: dict[str, threading.Event] = {}

    def put(self, token: str, result: Any, nbytes: int) -> None:
        """Keep the result of a photo instead of its last one."""
        with self._lock:
            self._results.pop(token, None)
            self._results[token] = result, nbytes
            held = sum(size for _, size in self._results.values())
            while held > self.most_bytes and len(self._results) > 1:
                held -= self._results.popitem(last=False)[1][1]

    def get(self, token: str) -> Any | None:
        """Return the result of a photo, if it is still known."""
        with self._lock:
            if token not in self._results:
                return None
            self._results.move_to_end(token)
            return self._results[token][0]

    def begin(self, token: str) -> threading.Event:
        """Stop the work on a photo, if any, and return the event that stops the new one."""
        with self._lock:
            if token in self._running:
                self._running[token].set()
            self._running[token] = threading.Event()
            return self._running[token]

    def end(self, token: str, stopped: threading.Event) -> None:
        """Forget the event of work that is over."""
        with self._lock:
            if self._running.get(token) is stopped:
                del self._running[token]

    def stop(self, token: str) -> None:
        """Ask the work on a photo to stop; none is fine."""
        with self._lock:
            if token in self._running:
                self._running[token].set()
