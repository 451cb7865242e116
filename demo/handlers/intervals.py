"""When a search shows what it has found so far: often enough to follow, too seldom to slow it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.everything import GridCandidates

LEAST_SECONDS = 1.0  # between two drawings
SHARE = 0.03  # of the time of a search that drawing may take


class AtIntervals:
    """The ``partial`` of a search: draws its candidates at intervals.

    Args:
        draw: Shows candidates; the longer it takes, the less often it is called.
    """

    def __init__(self, draw: Callable[["GridCandidates"], None]):
        self._draw = draw
        self._due = time.monotonic() + LEAST_SECONDS / 2
        self._so_far: Callable[[], GridCandidates] | None = None

    def __call__(self, so_far: Callable[[], "GridCandidates"]) -> None:
        """Remember the newest candidates, and draw them if it is time."""
        self._so_far = so_far
        start = time.monotonic()
        if start < self._due:
            return
        self._draw(so_far())
        now = time.monotonic()
        self._due = now + max(LEAST_SECONDS, (now - start) / SHARE)

    def newest(self) -> "GridCandidates | None":
        """Return the candidates found last; None before the first ones."""
        return None if self._so_far is None else self._so_far()
