"""What the page needs before it starts: an address, its path, a folder, a faster import of gradio.

Used by ``demo.__main__`` only.
"""

import errno
import inspect
import os
import re
import socket
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VOLUME = Path("/data")  # where Hugging Face's Spaces show their permanent storage


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


def choose_caches(environ: MutableMapping[str, str], volume: Path = VOLUME) -> None:
    """On one of Hugging Face's Spaces, keep downloads on its permanent storage, if it has one.

    Without it, they go where the program may write; elsewhere nothing is changed.

    Args:
        environ: The environment variables; ``ESAM_CACHE`` and ``HF_HOME`` stay as they are if set.
        volume: The folder of the permanent storage.
    """
    if "SPACE_ID" not in environ:
        return
    if os.access(volume, os.W_OK):
        place = volume
    elif os.access(Path.home(), os.W_OK):
        return
    else:
        place = Path(tempfile.gettempdir())
    environ.setdefault("ESAM_CACHE", str(place / "esam"))
    environ.setdefault("HF_HOME", str(place / "huggingface"))


def root_path(text: str) -> str:
    """Check the place of the page behind a reverse proxy.

    Args:
        text: A path such as ``/tools/esam``, or the whole address, ``https://host/tools/esam``;
            empty for none.

    Returns:
        The same without a slash at its end.

    Raises:
        ValueError: Neither a path nor an address.
    """
    path = text.rstrip("/")
    if path and not re.fullmatch(r"(https?://[^/?#\s]+)?(/[^/?#\s]+)*", path):
        raise ValueError(
            f"{text!r} is no path; use one such as /tools/esam, or https://HOST/tools/esam"
        )
    return path


def refusal(host: str, port: int | None) -> str:
    """Say in one line why no page can listen here; "" if one can.

    Args:
        host: Name or address, IPv6 with or without brackets.
        port: None checks the host alone.
    """
    if port is not None and not 1 <= port <= 65535:
        return f"--port {port} is no port; use one from 1 to 65535."
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            bare or None, port or 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        return _no_host(host)
    try:
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # as servers do: a port that was just left can be used
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return _refusal_of(error, host, port)
    return ""


def _refusal_of(error: OSError, host: str, port: int | None) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken; choose another with --port, or leave --port out."
    if error.errno == errno.EACCES:
        return f"port {port} needs rights that this user lacks; use one from 1024 with --port."
    return _no_host(host)


def _no_host(host: str) -> str:
    return (
        f"--host {host!r} is no address of this machine; use 127.0.0.1 (this machine only) or "
        "0.0.0.0 (its network, too)."
    )
