"""Progress and time of a figure's work."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Progress = Callable[[int, int], None]


class Stopwatch:
    """Sums the seconds that a model runs, without drawing."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time of the block."""
        started = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - started


def progress_bar(title: str) -> Progress:
    """Return a progress callback that draws a bar, on a terminal or in Jupyter.

    The bar appears with the first call, so that an earlier error is printed on its own line.
    """
    from tqdm.auto import tqdm

    bar: Any = None

    def progress(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(desc=title, leave=False)
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return progress


def tick(progress: Progress | None, done: int, total: int) -> None:
    """Report progress if a callback was given."""
    if progress is not None:
        progress(done, total)
