"""Download one address to one file, resuming an earlier attempt.

This uses urllib, which reads the proxy variables. Most of the module checks sizes and ranges and
writes error messages, which an HTTP client library would not replace.
"""

import errno
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from esam_core.errors import DownloadFailed

Progress = Callable[[int, int], None]

_READ_BYTES = 1 << 18  # per read
_ATTEMPTS = 6
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class SourceFailed(Exception):
    """One address failed; the next one may work."""


class _Interrupted(Exception):
    """The transfer was interrupted and can be resumed."""


def transfer(
    url: str, part: Path, *, size: int | None, progress: Progress | None, timeout: float
) -> None:
    """Download an address to a file, which may already have the first bytes.

    Args:
        url: An http or https address.
        part: The file to write; it remains after a failed transfer, for resuming.
        size: Expected size in bytes, if known; a different Content-Length fails immediately.
        progress: Called with (bytes present, total bytes), the total 0 if unknown.
        timeout: Seconds without data after which the connection fails.

    Raises:
        SourceFailed: This address failed; the message is the reason.
        DownloadFailed: The disk is full or not writable, so other addresses would fail too.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceFailed("only http and https addresses are fetched")
    etag: str | None = None
    for attempt in range(1, _ATTEMPTS + 1):
        before = _length(part)
        try:
            with _open(url, before, etag, timeout) as response:
                etag = response.headers.get("ETag")
                _receive(response, part, before, size, progress)
            return
        except urllib.error.HTTPError as error:
            # 416: the part is longer than the served file, so it is a different file.
            if error.code != 416 or not before:
                raise SourceFailed(f"HTTP {error.code} {error.reason}") from error
            part.unlink()
        except (_Interrupted, http.client.HTTPException, urllib.error.URLError, OSError) as error:
            # Retry only if this attempt made progress.
            if attempt == _ATTEMPTS or _length(part) <= before:
                raise SourceFailed(_describe(error, timeout)) from error
    raise SourceFailed("the server refuses every range of the file (HTTP 416)")


def _open(url: str, start: int, etag: str | None, timeout: float) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "esam-workspace"})
    if start:
        request.add_header("Range", f"bytes={start}-")
        # Weak ETags do not guarantee identical bytes.
        if etag and not etag.startswith("W/"):
            request.add_header("If-Range", etag)
    opener = urllib.request.OpenerDirector()
    # Handlers are listed explicitly so that redirects lead to http(s) only, not ftp or local files.
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener.open(request, timeout=timeout)


def _receive(
    response: http.client.HTTPResponse,
    part: Path,
    start: int,
    size: int | None,
    progress: Progress | None,
) -> None:
    """Append a response to the file; a server that ignores the range sends the whole file."""
    done = _first_byte(response, start)
    length = response.headers.get("Content-Length")
    announced = done + int(length) if length and length.isdigit() else None
    if size is not None and announced is not None and announced != size:
        raise SourceFailed(f"the server offers {announced:,} bytes, expected {size:,}")
    total = announced or size or 0
    with _writable(part, append=done > 0) as stream:
        while data := response.read(_READ_BYTES):
            _write(stream, data)
            done += len(data)
            if size is not None and done > size:
                stream.truncate(start)
                raise SourceFailed(f"the server sends more than the expected {size:,} bytes")
            if progress is not None:
                progress(done, total)
    if done < total:
        raise _Interrupted(f"the connection broke after {done:,} of {total:,} bytes")


def _first_byte(response: http.client.HTTPResponse, start: int) -> int:
    """Return the offset in the file at which the response begins."""
    if response.status != 206:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != start:
        raise SourceFailed("the server sent another range than requested")
    return start


def _writable(part: Path, *, append: bool) -> BinaryIO:
    try:
        # Unbuffered, so that a full disk fails at the write, not at closing.
        return part.open("ab" if append else "wb", buffering=0)
    except OSError as error:
        raise DownloadFailed(f"cannot write {part}: {error.strerror}.") from error


def _write(stream: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[stream.write(view) :]
    except OSError as error:
        raise DownloadFailed(cannot_write(Path(stream.name), error)) from error


def cannot_write(path: Path, error: OSError) -> str:
    """Describe why a file could not be written."""
    if error.errno in _NO_ROOM:
        return (
            f"the disk is full: {path} could not be finished. "
            "Make room and start again (it goes on where it stopped), or choose another folder."
        )
    return f"cannot write {path}: {error.strerror}. Choose another folder."


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _describe(error: Exception, timeout: float) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return f"timeout, no answer for {timeout:g} seconds"
    if isinstance(reason, _Interrupted):
        return str(reason)
    if isinstance(reason, http.client.HTTPException | ConnectionResetError):
        return f"the connection broke ({reason or type(reason).__name__})"
    return f"no connection ({getattr(reason, 'strerror', None) or reason})"
