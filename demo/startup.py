"""A faster import of gradio; used by app.py only."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_type_stubs() -> Iterator[None]:
    """Import gradio inside this block to start the page 2 s earlier.

    On import, gradio parses the source of each of its components and rewrites a type stub (.pyi)
    beside it, which only its developers need. It skips components without a source file, so within
    this block no component has one. Processor time of the import on two cores: 4.1 to 5.5 s
    without, 2.3 to 3.0 s with this block.
    """
    getfile = inspect.getfile

    def without_components(thing: Any) -> str:
        if isinstance(thing, type) and hasattr(thing, "EVENTS"):
            raise OSError("no stub is wanted")
        return getfile(thing)

    setattr(inspect, "getfile", without_components)  # noqa: B010 - mypy knows the original's names
    try:
        yield
    finally:
        inspect.getfile = getfile
