"""Results that modes found in a photo, and the long work that runs on it.

Both are keyed by the photo's token, which only its visitor knows, so visitors can neither read each
other's results nor stop each other's work.
"""

import threading
from typing import Any

from demo.engine.cache import LruCache


class ResultStore:
    """The last result of each photo; the least recently used are dropped first.

    Args:
        max_bytes: Limit for all results together.
    """

    def __init__(self, max_bytes: int = 600_000_000):
        self._results: LruCache[str, Any] = LruCache(max_bytes=max_bytes)

    def __len__(self) -> int:
        return len(self._results)

    def put(self, token: str, result: Any, nbytes: int) -> None:
        """Store the result of a photo, replacing its last one."""
        self._results.put(token, result, nbytes)

    def get(self, token: str) -> Any | None:
        """Return the result of a photo, or None if there is none."""
        return self._results.get(token)

    def drop(self, token: str) -> None:
        """Drop the result of a photo, if there is one."""
        self._results.pop(token)


class RunningTasks:
    """Long work by photo and mode; starting it again stops the previous run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], threading.Event] = {}

    def __len__(self) -> int:
        return len(self._running)

    def begin(self, token: str, mode: str) -> threading.Event:
        """Stop a mode's work on a photo, if any; return the event that stops the new one."""
        with self._lock:
            if running := self._running.get((token, mode)):
                running.set()
            self._running[token, mode] = threading.Event()
            return self._running[token, mode]

    def end(self, token: str, mode: str, stopped: threading.Event) -> None:
        """Remove the event of work that has ended."""
        with self._lock:
            if self._running.get((token, mode)) is stopped:
                del self._running[token, mode]

    def stop(self, token: str, mode: str | None = None) -> None:
        """Stop the work of one mode on a photo, or of all modes if ``mode`` is None."""
        with self._lock:
            for (owner, name), stopped in self._running.items():
                if owner == token and mode in (None, name):
                    stopped.set()
