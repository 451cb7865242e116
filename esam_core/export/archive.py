"""ZIP archives: several files as one."""

import io
import zipfile
from collections.abc import Mapping

STORED = (".png", ".jpg", ".webp")  # compressed already


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Pack files into a ZIP archive; the same files give the same bytes.

    Args:
        files: The content of each file by its path in the archive.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, content in files.items():
            add_file(archive, path, content)
    return stream.getvalue()


def add_file(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    """Add one file to an archive that is open for writing."""
    entry = zipfile.ZipInfo(path)  # its date is a constant
    stored = path.lower().endswith(STORED)
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
