"""What an evaluation measured, object by object: resumable, and written as JSON and Markdown."""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.errors import InvalidSettings
from esam_core.files import check_folder, writing

if TYPE_CHECKING:
    from esam_core.segmenter import Segmenter

JOURNAL, RESULTS, TABLE = "objects.jsonl", "results.json", "results.md"


def add_out_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--out FOLDER``."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help=f"write {TABLE}, {RESULTS} and {JOURNAL} here; the same command goes on where it was "
        "stopped",
    )


def settings_of(
    name: str, args: argparse.Namespace, options: Iterable[str], models: Iterable[str]
) -> dict[str, Any]:
    """Return what decides an evaluation's numbers, as JSON values.

    Args:
        name: Of the evaluation.
        args: The arguments.
        options: Which of them matter.
        models: See ``title_of``; the digest in it tells other weights apart.
    """
    values = {option: getattr(args, option) for option in options}
    paths = {option: str(value) for option, value in values.items() if isinstance(value, Path)}
    return {"eval": name, **values, **paths, "with": list(models)}


def title_of(segmenter: "Segmenter") -> str:
    """Return how tables call a model: title, provenance with digest, device and precision."""
    return f"{segmenter.title} ({segmenter.provenance}), {segmenter.device} {segmenter.precision}"


class Journal:
    """The rows of an evaluation, each kept in a file as soon as it is there.

    Args:
        folder: Where the files are, or None to keep nothing.
        settings: JSON values that say what is measured; rows of other settings are refused.

    Raises:
        InvalidSettings: The folder holds rows of other settings, or a file that is none.
        EsamError: The folder cannot be written to.
    """

    def __init__(self, folder: Path | None, settings: dict[str, Any]) -> None:
        self.folder, self.settings = folder, settings
        self.rows: dict[str, dict[str, Any]] = {}
        if folder is None:
            return
        check_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / JOURNAL
        if path.is_file():
            self._read(path)
        else:
            self._append(settings)

    def __contains__(self, key: str) -> bool:
        return key in self.rows

    def add(self, key: str, row: dict[str, Any]) -> None:
        """Keep a row."""
        self.rows[key] = row
        if self.folder is not None:
            self._append({"key": key, **row})

    def finish(self, summary: dict[str, Any], lines: Iterable[str]) -> None:
        """Write the results: the summary and all rows as JSON, and the table as Markdown."""
        if self.folder is None:
            return
        rows = [{"key": key, **row} for key, row in self.rows.items()]
        record = {"settings": self.settings, "summary": summary, "objects": rows}
        for name, text in (
            (RESULTS, json.dumps(record, indent=1)),
            (TABLE, "\n".join(lines) + "\n"),
        ):
            path = self.folder / name
            with writing(path):
                path.write_text(text, encoding="utf-8")

    def _append(self, record: dict[str, Any]) -> None:
        path = Path(self.folder or "") / JOURNAL
        with writing(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _read(self, path: Path) -> None:
        records = list(_records(path))
        if not records or records[0] != json.loads(json.dumps(self.settings)):
            raise InvalidSettings(
                f"{path} holds other measurements than these: "
                f"{json.dumps(records[0]) if records else 'nothing'}. Give another folder (--out)."
            )
        self.rows = {record.pop("key"): record for record in records[1:]}


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a journal; the last line may be half written, and is then cut off."""
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    for line in whole.splitlines():
        try:
            yield json.loads(line)
        except ValueError as error:
            raise InvalidSettings(f"{path} is no list of measurements: {error}.") from error
