"""The one place where the page's start touches another package; only app.py calls it."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_type_stubs() -> Iterator[None]:
    """Import gradio inside of this block to have the page 2 s earlier.

    While it is imported, gradio parses the source of each of its components and rewrites a type
    stub (.pyi) beside it, for its own developers. It leaves that out for a component that has no
    source file, so within this block no component has one. Processor time of the import on two
    cores: 4.1 to 5.5 s as it is, 2.3 to 3.0 s within.
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
