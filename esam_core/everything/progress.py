"""Progress reports, partial results and cancellation while a grid is decoded."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from esam_core.errors import Cancelled

if TYPE_CHECKING:
    from esam_core.everything.candidates import GridCandidates

Progress = Callable[[int, int], None]  # points done, points in total
Cancel = Callable[[], bool]
# Gets a function that returns the candidates so far; they are put together only if it is called.
Partial = Callable[[Callable[[], "GridCandidates"]], None]


class ProgressReport:
    """Reports progress to the caller, and stops when the caller's ``cancel`` returns True."""

    def __init__(self, progress: Progress | None, cancel: Cancel | None, total: int):
        self.progress, self.cancel = progress, cancel
        self.done, self.total = 0, total

    def check(self) -> None:
        """Stop if the caller cancelled.

        Raises:
            Cancelled: ``cancel`` returned True.
        """
        if self.cancel is not None and self.cancel():
            raise Cancelled(f"stopped after {self.done} of {self.total} points, as asked.")

    def step(self, points: int) -> None:
        """Report that ``points`` more points are done."""
        self.done += points
        if self.progress is not None:
            self.progress(self.done, self.total)
