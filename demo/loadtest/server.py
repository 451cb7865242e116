"""The page under test: a running one, or ``python -m demo`` as a subprocess."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import IO

from demo.loadtest.client import PageClient, PageError
from esam_core.errors import EsamError

START_SECONDS = 120
NO_PROXY = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


@contextmanager
def running_page(url: str | None, app_args: Sequence[str]) -> Iterator[tuple[str, int | None]]:
    """Yield a page's address and, if it was started here, its process id.

    Args:
        url: A running page; None starts one on a free port until the block ends.
        app_args: Arguments for ``python -m demo``.

    Raises:
        EsamError: The page does not start.
    """
    if url is not None:
        yield url.rstrip("/"), None
        return
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "demo", "--host", "127.0.0.1", "--port", str(port), *app_args]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ | NO_PROXY, stdout=log, stderr=log)
        try:
            _await_page(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(10)


def await_model(url: str) -> str:
    """Wait until the page's model is loaded and describe it in a line.

    Raises:
        EsamError: The model cannot be loaded, or takes too long.
    """
    with closing(PageClient(url)) as client:
        for _ in range(START_SECONDS * 5):
            status = client.ask("status", {})
            if status["state"] == "error":
                raise EsamError(status["error"])
            if status["state"] == "ready":
                model = next(m for m in status["models"] if m["name"] == status["default"])
                return f"{model['title']} on {model['device']}, {model['precision']}"
            time.sleep(0.2)
    raise EsamError(f"the model was not ready after {START_SECONDS} s.")


def memory_mb(pid: int | None) -> float | None:
    """Return a process' resident memory in MiB; None without a process or without psutil."""
    if pid is None or not can_measure_memory():
        return None
    import psutil

    try:
        return psutil.Process(pid).memory_info().rss / 2**20
    except psutil.NoSuchProcess:
        return None


def can_measure_memory() -> bool:
    """Whether psutil is installed; the page itself does not need it."""
    try:
        import psutil  # noqa: F401
    except ImportError:
        return False
    return True


def _await_page(url: str, process: subprocess.Popen, log: IO[bytes]) -> None:
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            log.seek(0)
            lines = log.read().decode(errors="replace").strip().splitlines()
            raise EsamError(f"the page ended before it was up: {lines[-1] if lines else ''}")
        try:
            PageClient(url).close()
            return
        except PageError:
            time.sleep(0.1)
    raise EsamError(f"the page was not up after {START_SECONDS} s.")
