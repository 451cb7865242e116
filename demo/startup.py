"""Import gradio in half its time: nothing here changes what it does, only what it does besides."""

import gc
import inspect
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import gradio inside of this block to skip what serves only its own developers.

    While it is imported, gradio parses the source of each of its components and rewrites a type
    stub (.pyi) beside it: half of its import time. It leaves that out for a component that has no
    source file, so here no component has one. Nothing of what is imported becomes garbage either,
    so the collector rests, and afterwards never looks at the modules again.
    """
    getfile = inspect.getfile

    def without_stubs(thing: object) -> str:
        if isinstance(thing, type) and hasattr(thing, "EVENTS"):
            raise OSError("no stub is wanted")
        return getfile(thing)

    inspect.getfile = without_stubs
    gc.disable()
    try:
        yield
    finally:
        inspect.getfile = getfile
        gc.freeze()
        gc.enable()
