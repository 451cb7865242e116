"""What a weights file contains: digests, the check against a row, its provenance as text."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO

from esam_core.errors import WeightsMismatch
from esam_core.weights.rows import WeightsFile

_READ_BYTES = 1 << 20  # per read


def hash_stream(stream: IO[bytes], algorithm: str, prefix: bytes = b"") -> str:
    """Return the hex digest of an optional prefix and the rest of a binary stream."""
    digest = hashlib.new(algorithm, prefix)
    while data := stream.read(_READ_BYTES):
        digest.update(data)
    return digest.hexdigest()


def git_blob_id(path: Path) -> str:
    """Return git's object id of a file, as ``git hash-object`` prints it."""
    with path.open("rb") as stream:
        return hash_stream(stream, "sha1", b"blob %d\0" % path.stat().st_size)


def zipped_checkpoint(path: Path) -> str | None:
    """Return the name of the one checkpoint inside an archive; None for anything else.

    PyTorch's own files are also zip archives; they are recognised by the ``data.pkl`` inside.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.rpartition("/")[2] == "data.pkl" for name in names):
        return None
    inside = [n for n in names if n.endswith((".pt", ".pth")) and not n.startswith("__MACOSX/")]
    return inside[0] if len(inside) == 1 else None


@contextmanager
def open_checkpoint(path: Path) -> Iterator[IO[bytes]]:
    """Open a weights file for reading, or the one checkpoint inside a zip archive."""
    member = zipped_checkpoint(path)
    if member is None:
        with path.open("rb") as stream:
            yield stream
    else:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            yield stream


def content_size(path: Path) -> int:
    """Return the size of a weights file in bytes, unzipped, without reading it."""
    member = zipped_checkpoint(path)
    if member is None:
        return path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        return archive.getinfo(member).file_size


def content_sha256(path: Path) -> str:
    """Return the SHA-256 of a weights file, unzipped; cached until the file changes."""
    status = path.stat()
    return _content_sha256(path.resolve(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=32)
def _content_sha256(path: Path, size: int, mtime_ns: int) -> str:
    with open_checkpoint(path) as stream:
        return hash_stream(stream, "sha256")


def verify_weights(file: WeightsFile, path: Path) -> None:
    """Check that a file has the size and the digest of its row.

    Raises:
        WeightsMismatch: The file is a different one or incomplete.
    """
    size = content_size(path)
    if size != file.size:
        problem = f"{size:,} bytes, expected {file.size:,}{describe_wrong_kind(path)}"
    else:
        digest = content_sha256(path)
        if digest == file.sha256:
            return
        problem = f"sha256 {digest[:8]}, expected {file.sha256[:8]}"
    raise WeightsMismatch(
        f"{path} is not the published {file.filename}: {problem}. Delete it and download it again; "
        "to use weights of your own, name the file itself (weights=PATH, --weights PATH)."
    )


def provenance(file: WeightsFile, path: Path) -> str:
    """Describe a weights file by its content: official, bundled, or a custom file."""
    digest = content_sha256(path)
    if digest != file.sha256:
        origin = "file"
    else:
        origin = f"bundled {file.bundled}" if file.bundled else "official"
    return f"{origin}, sha256 {digest[:8]}"


def describe_wrong_kind(path: Path) -> str:
    """Describe a file that is a Git LFS pointer or a web page; empty for others."""
    with path.open("rb") as stream:
        head = stream.read(64).lstrip().lower()
    if head.startswith(b"version https://git-lfs"):
        return " (a Git LFS pointer: run `git lfs pull`)"
    if head.startswith((b"<!doctype", b"<html")):
        return " (a web page)"
    return ""
