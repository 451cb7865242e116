"""``merge``: the COCO files of several photos as one."""

import argparse
import json
from pathlib import Path
from typing import Any

from esam_core.commands._outputs import JSON, check_outputs, write_json
from esam_core.datasets.identities import JsonMap
from esam_core.datasets.rows import image_id_in, shown
from esam_core.errors import InvalidSettings


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``merge A.json B.json --out ALL.json``."""
    parser = subparsers.add_parser(
        "merge",
        help="join the COCO files of several photos",
        description="Data sets (--coco) become one data set: ids stay, and of two equal ones the "
        "later gets a free number, which is said. Lists of results (--results) become one list.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="COCO JSON")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="COCO JSON")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="also write the data set's results JSON"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Write the file and print what was renumbered and how much is in it."""
    from esam_core.export import coco_results, merge_coco

    check_outputs(args, JSON)
    records = [read(path) for path in args.files]
    lists = [isinstance(record, list) for record in records]
    if any(lists):
        merged: Any = _joined(args, records, all(lists))
        write_json(args.out, merged)
        print("\n".join([*_shared(args.files, records), f"{args.out}: {len(merged)} results"]))
        return 0
    merged, sentences = merge_coco(records)
    write_json(args.out, merged)
    if args.results:
        write_json(args.results, coco_results(merged))
    counts = [f"{len(merged[key])} {key}" for key in ("images", "annotations", "categories")]
    print("\n".join([*sentences, f"{args.out}: {', '.join(counts)}"]))
    return 0


def read(path: Path) -> Any:
    """Read a COCO data set or a list of results.

    Raises:
        InvalidSettings: The file is missing or unreadable, or holds something else.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidSettings(f"{path} cannot be read as JSON: {error}") from error
    keys = ("images", "annotations", "categories")
    data_set = isinstance(record, dict) and all(isinstance(record.get(k), list) for k in keys)
    if not data_set and not isinstance(record, list):
        raise InvalidSettings(
            f"{path} is neither a COCO data set with {', '.join(keys)} nor a list of results."
        )
    return record


def _joined(args: argparse.Namespace, records: list[Any], only_lists: bool) -> list[Any]:
    if not only_lists or args.results:
        raise InvalidSettings(
            "lists of results and data sets cannot be merged with each other, and --results is "
            "made from data sets; give files of one kind."
        )
    return [row for record in records for row in record]


def _shared(paths: list[Path], lists: list[list[Any]]) -> list[str]:
    """Say which image ids several lists have: nothing in a list tells whose photo it is."""
    files: JsonMap[list[Path]] = JsonMap((image_id_in(row), []) for rows in lists for row in rows)
    for path, rows in zip(paths, lists, strict=True):
        for image_id in JsonMap((image_id_in(row), None) for row in rows):
            files[image_id].append(path)
    return [
        f"image_id {shown(image_id)} stands in {' and '.join(map(str, where))} and is taken for "
        "one photo; give photos ids of their own by --image-id."
        for image_id, where in files.items()
        if len(where) > 1
    ]
