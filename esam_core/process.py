"""How this process waits and keeps memory: set once, by entry points, before torch is imported.

torch computes with OpenMP's threads, which read their settings when they are loaded, and with the
C library's memory. ``tune_process()`` is therefore the first call of ``app.py`` and of
``python -m esam_core``. Importing ``esam_core`` changes nothing; who uses it as a library and
shares the machine with others calls it before the first import that loads torch::

    from esam_core.process import tune_process

    tune_process()
    import esam_core

``python -m esam_core bench busy`` measures what the settings do on a machine with neighbours.
"""

import ctypes
import os
import sys

# Rounds that a thread polls before it sleeps when it waits for others. Polling (milliseconds by
# default) takes the processor from the thread that is waited for as soon as there are neighbours.
SPIN_COUNT = "0"
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")  # a user's choice is respected
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as <malloc.h> numbers them
MEGABYTE = 2**20


def tune_process() -> None:
    """Let threads wait without polling, and freed memory stay for the next tensors."""
    wait_politely()
    keep_freed_memory()


def wait_politely() -> None:
    """Make OpenMP's threads sleep when they wait, unless the environment says otherwise.

    GNU's library reads ``GOMP_SPINCOUNT``, Intel's and LLVM's read ``KMP_BLOCKTIME``, in
    milliseconds. Once torch is loaded this has no effect in this process; its children inherit it.
    """
    if any(name in os.environ for name in WAITING):
        return
    os.environ["GOMP_SPINCOUNT"] = SPIN_COUNT
    os.environ["KMP_BLOCKTIME"] = "0"


def keep_freed_memory() -> None:
    """Let glibc keep up to 64 MB of what is freed, and serve up to 32 MB from what it keeps.

    Given back and fetched again, page after page, the tensors of one layer cost EfficientSAM-S up
    to a tenth of its time. Both are the highest values that glibc would come to by itself, had
    blocks of that size been freed. Other C libraries are left alone, and so are users' settings.
    """
    if not sys.platform.startswith("linux") or "GLIBC_TUNABLES" in os.environ:
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "gnu_get_libc_version"):
        libc.mallopt(M_MMAP_THRESHOLD, 32 * MEGABYTE)
        libc.mallopt(M_TRIM_THRESHOLD, 64 * MEGABYTE)
