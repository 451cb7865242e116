"""``figures``: render the notebooks' figures as files, without Jupyter."""

import argparse
import sys
from pathlib import Path

from esam_core.commands._common import progress_bar


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``figures [--only fig3,table1] [--model NAME]``."""
    parser = subparsers.add_parser(
        "figures", help="render the figures as PNG and PDF, without Jupyter"
    )
    parser.add_argument("--only", metavar="NAMES", help="some of them, such as fig3,table1")
    parser.add_argument("--model", default="auto", help="mini, efficient_sam_ti, efficient_sam_s")
    parser.add_argument("--other", metavar="MODEL", help="a second model for figures 1 and 2")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--boxes", type=Path, metavar="FILE", help="a detector's boxes for fig2")
    parser.add_argument(
        "--out", type=Path, default=Path("figures"), metavar="FOLDER", help="default: figures/"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Render the figures in turn and print their paths.

    A figure that needs a package that is not installed is skipped, with a message at the end, and
    the exit code is 3, as it is when a figure leaves out a bad box. If it was requested by name, it
    is an error, after the other figures are rendered.
    """
    from esam_core.errors import MissingPackage
    from esam_core.figures import render
    from esam_core.files import check_folder

    names = _names(args.only)
    check_folder(args.out)  # refused before the figures are drawn, which takes minutes
    complete = True
    skipped: dict[str, MissingPackage] = {}
    for name in names:
        try:
            with progress_bar(name) as progress:
                figure = render(
                    name,
                    args.model,
                    other=args.other,
                    device=args.device,
                    precision=args.precision,
                    boxes=args.boxes,
                    progress=progress,
                )
        except MissingPackage as error:
            skipped[name] = error
            continue
        png, pdf = figure.save(args.out)
        print(f"{png}\n{pdf}")
        for what in figure.left_out:
            print(f"left out: {what}", file=sys.stderr)
        complete = complete and not figure.left_out
    for name, reason in skipped.items():
        if args.only is not None:
            raise reason
        print(f"{name} was skipped: {reason}")
    return 0 if complete and not skipped else 3


def _names(only: str | None) -> list[str]:
    from esam_core.errors import InvalidSettings
    from esam_core.figures import figure_functions

    known = list(figure_functions())
    names = known if only is None else [name.strip() for name in only.split(",")]
    for name in names:
        if name not in known:
            raise InvalidSettings(f"figure {name!r} is unknown; use {', '.join(known)}.")
    return names
