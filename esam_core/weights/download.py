"""Download a weights file: addresses are tried in turn, and the digest is checked before renaming.

``huggingface_hub`` supports only one of these hosts. Here a file has addresses on several hosts
(Hugging Face, the authors' GitHub repository, mirrors; one of them zipped), a failed transfer
continues at the next one, and the content is verified by its digest.
"""

import contextlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from esam_core.errors import DownloadFailed, WeightsMismatch
from esam_core.weights.digests import git_blob_id, hash_stream, verify_weights
from esam_core.weights.places import search_folders
from esam_core.weights.rows import WeightsFile, WeightsSource
from esam_core.weights.transfer import Progress, SourceFailed, cannot_write, transfer


def download_weights(
    file: WeightsFile,
    *,
    folder: Path | str | None = None,
    progress: Progress | None = None,
    timeout: float = 30.0,
) -> Path:
    """Download a weights file from the first address that works.

    Data is written to ``<name>.part`` beside the target, which is renamed once size and digest are
    verified. An interrupted transfer is resumed, also by a later call. If several processes want
    the same file, one downloads it and the others wait.

    Args:
        file: The file's row in ``WEIGHTS``.
        folder: Target folder; default is the folder that is searched.
        progress: Called with (bytes present, total bytes), the total 0 if unknown; an exception
            that it raises aborts the download.
        timeout: Seconds without data after which a connection fails.

    Returns:
        The path of the checked file.

    Raises:
        DownloadFailed: All addresses failed; the message has the reason for each.
    """
    if not file.sources:
        raise DownloadFailed(f"{file.filename} comes with the project; there is no address for it.")
    target = _folder(folder) / file.filename
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(target.with_name(f"{target.name}.lock")):
            if _is_there(file, target):
                return target
            return _first_success(file, target, progress, timeout)
    except OSError as error:
        raise DownloadFailed(cannot_write(target, error)) from error


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold a lock file, across threads and processes, while the block runs; delete it after."""
    with FileLock(lock):
        try:
            yield
        finally:
            # Deleted while held: a waiter notices that its file is unlinked and creates a new one.
            # Windows does not allow this, and filelock deletes the file there itself.
            with contextlib.suppress(OSError):
                lock.unlink()


def _folder(named: Path | str | None) -> Path:
    if named is not None:
        return Path(named).expanduser()
    place = search_folders()[0]
    if os.environ.get("ESAM_WEIGHTS") and not place.is_dir():
        raise DownloadFailed(
            f"ESAM_WEIGHTS names {place}, which is not a folder. "
            "Correct or unset it, or name a folder to download to (folder=PATH, --folder PATH)."
        )
    return place


def _is_there(file: WeightsFile, target: Path) -> bool:
    if not target.is_file():
        return False
    with contextlib.suppress(WeightsMismatch):
        verify_weights(file, target)
        return True
    return False


def _first_success(
    file: WeightsFile, target: Path, progress: Progress | None, timeout: float
) -> Path:
    failures = []
    for source in file.sources:
        try:
            return _from_source(file, source, target, progress, timeout)
        except SourceFailed as failure:
            failures.append(f"{source.url}: {failure}")
    raise DownloadFailed(
        f"{file.filename} could not be downloaded. {'; '.join(failures)}. Check the connection "
        f"(a proxy is named by HTTPS_PROXY), or put the file into {target.parent} by hand."
    )


def _from_source(
    file: WeightsFile,
    source: WeightsSource,
    target: Path,
    progress: Progress | None,
    timeout: float,
) -> Path:
    """Download, verify, unpack if needed, and rename the file."""
    if source.member is None:
        part = target.with_name(f"{target.name}.part")
        _fetch(source, part, source.size or file.size, _known(source, file), progress, timeout)
    else:
        archive = target.with_name(f"{target.name}.zip.part")
        _fetch(source, archive, source.size, _known(source), progress, timeout)
        part = target.with_name(f"{target.name}.part")
        _unpack(archive, source.member, part)
        archive.unlink()
        if problem := _difference(part, {"sha256": file.sha256}):
            part.unlink()
            raise SourceFailed(f"inside the archive: {problem}")
    part.replace(target)
    return target


def _fetch(
    source: WeightsSource,
    part: Path,
    size: int | None,
    known: dict[str, str],
    progress: Progress | None,
    timeout: float,
) -> None:
    """Complete and verify the part file; delete it if its digest is wrong."""
    while True:
        resumed = part.exists()
        # A complete part only needs verification; a longer one belongs to another file.
        if not (resumed and part.stat().st_size == size):
            transfer(source.url, part, size=size, progress=progress, timeout=timeout)
        problem = _difference(part, known)
        if problem is None:
            return
        part.unlink()
        # An earlier attempt may have left part of another file: retry once from byte 0.
        if not resumed:
            raise SourceFailed(problem)


def _known(source: WeightsSource, file: WeightsFile | None = None) -> dict[str, str]:
    """Return the known digests of an address's data; an unzipped file has those of its row."""
    digests = {
        "git blob": source.git_blob,
        "sha256": source.sha256 or (file and file.sha256),
        "md5": source.md5 or (file and file.md5),
    }
    return {kind: digest for kind, digest in digests.items() if digest}


def _difference(part: Path, known: dict[str, str]) -> str | None:
    for kind, expected in known.items():
        if kind == "git blob":
            found = git_blob_id(part)
        else:
            with part.open("rb") as stream:
                found = hash_stream(stream, kind)
        if found != expected:
            return f"digest mismatch ({kind} {found[:8]}, expected {expected[:8]})"
    return None


def _unpack(archive: Path, member: str, part: Path) -> None:
    try:
        with (
            zipfile.ZipFile(archive) as opened,
            opened.open(member) as source,
            part.open("wb") as stream,
        ):
            shutil.copyfileobj(source, stream)
    except (zipfile.BadZipFile, KeyError) as error:
        archive.unlink()
        raise SourceFailed(f"the archive does not hold {member} ({error})") from error
