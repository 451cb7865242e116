"""Imports in half the time: nothing here changes what they do, only what they do besides."""

import gc
import inspect
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import gradio inside of this block to skip what serves only its own developers.

    While it is imported, gradio parses the source of each of its components and rewrites a type
    stub (.pyi) beside it: half of its import time. It leaves that out for a component that has no
    source file, so here no component has one.
    """
    getfile = inspect.getfile

    def without_stubs(thing: object) -> str:
        if isinstance(thing, type) and hasattr(thing, "EVENTS"):
            raise OSError("no stub is wanted")
        return getfile(thing)

    inspect.getfile = without_stubs
    try:
        with collector_at_rest():
            yield
    finally:
        inspect.getfile = getfile


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Import large packages inside of this block: modules never become garbage.

    The collector would look through them again and again meanwhile, and does not look at them
    afterwards either.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
