"""Run the load test: ``python -m demo.loadtest``."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo.loadtest.report import HEAD, summary, table_line
from demo.loadtest.server import await_model, can_measure_memory, memory_mb, running_page
from demo.loadtest.visitors import make_photo, visit
from esam_core.cli import guarded
from esam_core.errors import EsamError


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of ``python -m demo.loadtest``."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.loadtest",
        description="Let simulated visitors use the page at once. Starts one on a free port, or "
        "uses one that runs (--url). Every visitor opens a photo of its own and clicks on its "
        "objects; replies are checked.",
    )
    parser.add_argument("--visitors", type=_count, nargs="+", default=[1, 4, 16], metavar="N")
    parser.add_argument("--clicks", type=_count, default=8, help="per visitor (default 8)")
    parser.add_argument(
        "--pause", type=float, default=1.0, metavar="S", help="seconds between clicks (default 1)"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="no visitor clicks after this (default 60)"
    )
    parser.add_argument("--one-photo", action="store_true", help="all visitors open the same photo")
    parser.add_argument("--url", help="a page that runs already, http://HOST:PORT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers")
    parser.add_argument(
        "app", nargs="*", metavar="-- ARGS", help="arguments of the page, such as -- --model mini"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the load test and return its exit code."""
    return guarded(run, build_parser().parse_args(argv))


def run(args: argparse.Namespace) -> int:
    """Run every round and print one line per round; return 1 if there were errors."""
    if args.url is None and not can_measure_memory():
        print("memory is not measured: psutil is missing (pip install psutil).", file=sys.stderr)
    rows = []
    with running_page(args.url, args.app) as (url, pid):
        print(await_model(url), HEAD, sep="\n", flush=True)
        for visitors in args.visitors:
            photos = [make_photo(0 if args.one_photo else i, args.clicks) for i in range(visitors)]
            start = time.perf_counter()
            stats = visit(url, photos, pause=args.pause, seconds=args.seconds)
            rows.append(summary(stats, visitors, time.perf_counter() - start, memory_mb(pid)))
            print(table_line(rows[-1]), flush=True)
            for message in sorted(set(stats.errors))[:5]:
                print(f"  error: {message}")
    if args.json:
        _write(args.json, rows)
    return int(any(row["errors"] or row["wrong_photo"] for row in rows))


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    try:
        path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    except OSError as error:
        raise EsamError(f"cannot write {path}: {error.strerror}. Choose another place.") from error


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 256")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
