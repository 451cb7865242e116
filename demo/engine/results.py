"""What modes found in a visitor's photo, and the long work that is running on it.

Both belong to the photo's token. A token is known to its visitor only, so nobody reaches another's
results or stops another's work.
"""

import threading
from typing import Any

from demo.engine.cache import LruCache


class ResultStore:
    """The last result of each photo; the longest unused is forgotten first.

    Args:
        max_bytes: How much memory all results together may take.
    """

    def __init__(self, max_bytes: int = 600_000_000):
        self._results: LruCache[str, Any] = LruCache(max_bytes=max_bytes)

    def put(self, token: str, result: Any, nbytes: int) -> None:
        """Keep the result of a photo in place of its last one."""
        self._results.put(token, result, nbytes)

    def get(self, token: str) -> Any | None:
        """Return the result of a photo, or None if it is not kept."""
        return self._results.get(token)


class RunningTasks:
    """Long work by photo and mode; starting it anew stops what runs."""

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
        """Forget the event of work that is over."""
        with self._lock:
            if self._running.get((token, mode)) is stopped:
                del self._running[token, mode]

    def stop(self, token: str, mode: str | None = None) -> None:
        """Ask a mode's work on a photo to stop, or the work of every mode; none is fine."""
        with self._lock:
            for (owner, name), stopped in self._running.items():
                if owner == token and mode in (None, name):
                    stopped.set()
