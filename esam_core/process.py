"""How this process keeps memory: set once, by the entry points.

``app.py`` and ``python -m esam_core`` call ``tune_process()`` first. Importing ``esam_core``
changes nothing; a program or notebook that uses it as a library calls it once, at any time::

    from esam_core.process import tune_process

    tune_process()

How many threads compute is decided call by call, see ``esam_core.modeling.cpu.FreeCores``.
"""

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as <malloc.h> numbers them
MEGABYTE = 2**20


def tune_process() -> None:
    """Let glibc keep up to 64 MB of what is freed, and serve up to 32 MB from what it keeps.

    Given back and fetched again, page after page, the tensors of a click cost EfficientSAM-Ti as
    much time as its computations: 7,100 page faults and 58 ms per click instead of 50 and 32 ms on
    a Zen 3 with two cores. Both are the highest values that glibc would come to by itself, had
    blocks of that size been freed. Other C libraries are left alone, and so is a user's own choice,
    ``GLIBC_TUNABLES`` or ``MALLOC_*_`` variables.
    """
    chosen = any(name == "GLIBC_TUNABLES" or name.startswith("MALLOC_") for name in os.environ)
    if not sys.platform.startswith("linux") or chosen:
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "gnu_get_libc_version"):
        libc.mallopt(M_MMAP_THRESHOLD, 32 * MEGABYTE)
        libc.mallopt(M_TRIM_THRESHOLD, 64 * MEGABYTE)
