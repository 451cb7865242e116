"""A thread-safe LRU cache, limited by number or bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Entry(Generic[Value]):
    """A value in a list, so that None is a valid value; the list is empty until it is made."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    value: list[Value] = field(default_factory=list)
    nbytes: int = 0


class LruCache(Generic[Key, Value]):
    """Values by key, limited in number or in bytes; safe to use from many threads.

    Args:
        max_items: Maximum number of values; None is no limit.
        max_bytes: Maximum size of all values; None is no limit. The newest value is kept even if
            it alone is larger.
    """

    def __init__(self, max_items: int | None = None, *, max_bytes: int | None = None):
        self.max_items, self.max_bytes = max_items, max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, _Entry[Value]] = OrderedDict()

    def __len__(self) -> int:
        return sum(bool(entry.value) for entry in list(self._entries.values()))

    def get(self, key: Key) -> Value | None:
        """Return a value, or None if it is not in the cache."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not entry.value:
                return None
            self._entries.move_to_end(key)
            return entry.value[0]

    def put(self, key: Key, value: Value, nbytes: int = 0) -> None:
        """Store a value, replacing the last one of its key."""
        with self._lock:
            self._entries[key] = _Entry(value=[value], nbytes=nbytes)
            self._entries.move_to_end(key)
            self._shrink()

    def __setitem__(self, key: Key, value: Value) -> None:
        """Store a value, whose own ``nbytes`` tells its size."""
        self.put(key, value, getattr(value, "nbytes", 0))

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return a value, made now if it is not in the cache.

        Threads that ask for the same key at the same time wait for one of them to make it. If
        ``make`` raises, nothing is stored and the next thread tries again.
        """
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            self._shrink()
        with entry.lock:
            if not entry.value:
                entry.value.append(make())
            return entry.value[0]

    def pop(self, key: Key) -> None:
        """Drop a value; unknown keys are ignored."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._entries.clear()

    def _shrink(self) -> None:
        while len(self._entries) > 1 and self._is_full():
            self._entries.popitem(last=False)

    def _is_full(self) -> bool:
        if self.max_items is not None and len(self._entries) > self.max_items:
            return True
        if self.max_bytes is None:
            return False
        return sum(entry.nbytes for entry in self._entries.values()) > self.max_bytes
