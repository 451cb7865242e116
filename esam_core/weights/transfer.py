"""Fetch one address into one file, going on where an earlier attempt broke off.

On urllib, which reads the proxy variables: most of this file is checks of sizes and ranges and the
words for what failed, and an HTTP client library would replace neither.
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

_CHUNK = 1 << 18
_ATTEMPTS = 6
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class SourceFailed(Exception):
    """One address did not give the file; the next one may."""


class _Interrupted(Exception):
    """The transfer stopped before its end and may be taken up again."""


def transfer(
    url: str, part: Path, *, size: int | None, progress: Progress | None, timeout: float
) -> None:
    """Fetch an address into a file that may hold the beginning already.

    Args:
        url: An http or https address.
        part: Where the bytes go; kept when the transfer fails, for the next time.
        size: Bytes expected, if known; another announced size fails at once.
        progress: Called with (bytes present, bytes in all), the latter 0 where it is unknown.
        timeout: Seconds without a byte after which the server counts as gone.

    Raises:
        SourceFailed: This address does not give the file; the message is the reason.
        DownloadFailed: The disk is full or cannot be written: no other address would help.
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
            # 416: what is here is longer than what is there, so it is not the same file.
            if error.code != 416 or not before:
                raise SourceFailed(f"HTTP {error.code} {error.reason}") from error
            part.unlink()
        except (_Interrupted, http.client.HTTPException, urllib.error.URLError, OSError) as error:
            # Another attempt is worth its time only if this one brought something.
            if attempt == _ATTEMPTS or _length(part) <= before:
                raise SourceFailed(_describe(error, timeout)) from error
    raise SourceFailed("the server refuses every range of the file (HTTP 416)")


def _open(url: str, start: int, etag: str | None, timeout: float) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "esam-workspace"})
    if start:
        request.add_header("Range", f"bytes={start}-")
        # Weak tags promise the same meaning, not the same bytes.
        if etag and not etag.startswith("W/"):
            request.add_header("If-Range", etag)
    opener = urllib.request.OpenerDirector()
    # Chosen by hand so that a redirect can lead to http(s) only, not to ftp or a local file.
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
    """Append a reply to the file; a server that ignores the range sends it all again."""
    done = _first_byte(response, start)
    length = response.headers.get("Content-Length")
    announced = done + int(length) if length and length.isdigit() else None
    if size is not None and announced is not None and announced != size:
        raise SourceFailed(f"the server offers {announced:,} bytes, expected {size:,}")
    total = announced or size or 0
    with _writable(part, append=done > 0) as stream:
        while chunk := response.read(_CHUNK):
            _write(stream, chunk)
            done += len(chunk)
            if size is not None and done > size:
                stream.truncate(start)
                raise SourceFailed(f"the server sends more than the expected {size:,} bytes")
            if progress is not None:
                progress(done, total)
    if done < total:
        raise _Interrupted(f"the connection broke after {done:,} of {total:,} bytes")


def _first_byte(response: http.client.HTTPResponse, start: int) -> int:
    """Return the byte of the file at which the reply begins."""
    if response.status != 206:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != start:
        raise SourceFailed("the server answers with another range than the one asked for")
    return start


def _writable(part: Path, *, append: bool) -> BinaryIO:
    try:
        # Unbuffered: a full disk must show at the write, not when the file is closed.
        return part.open("ab" if append else "wb", buffering=0)
    except OSError as error:
        raise DownloadFailed(f"cannot write {part}: {error.strerror}.") from error


def _write(stream: BinaryIO, chunk: bytes) -> None:
    view = memoryview(chunk)
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
