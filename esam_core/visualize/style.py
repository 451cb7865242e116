"""The style of figures for a paper, whatever style the caller has active."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import style

STYLE = Path(__file__).with_name("paper.mplstyle")
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def paper_style() -> Iterator[None]:
    """Draw a block in matplotlib's defaults and ``STYLE``, and restore the caller's style.

    A process has one style. So blocks in several threads wait for each other: interleaved, the one
    would restore what the other had set.
    """
    with _ONE_AT_A_TIME, style.context(["default", STYLE]):
        yield
