"""``figures``: render the notebooks' figures, or run the notebooks themselves."""

import argparse
from pathlib import Path

NAMES = ("fig1", "fig2", "fig3", "fig4", "fig5", "fig6", "table1", "limits")


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``figures [--only fig3,table1] [--model NAME]``."""
    parser = subparsers.add_parser(
        "figures", help="render the figures as PNG and PDF, without Jupyter"
    )
    parser.add_argument("--only", metavar="NAMES", help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--model", default="auto", help="mini, efficient_sam_ti, efficient_sam_s")
    parser.add_argument("--other", metavar="MODEL", help="a second model for figures 1 and 2")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--boxes", type=Path, metavar="FILE", help="a detector's boxes for fig2")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: assets/figures")
    return parser


def run(args: argparse.Namespace) -> int:
    """Render what was asked for, one after the other, and say where it is."""
    from esam_core.figures import progress_bar, render

    for name in _chosen(args.only):
        figure = render(
            name,
            args.model,
            other=args.other,
            device=args.device,
            precision=args.precision,
            boxes=args.boxes,
            progress=progress_bar(name),
        )
        png, pdf = figure.save(args.out)
        print(f"{png}\n{pdf}")
    return 0


def _chosen(only: str | None) -> list[str]:
    from esam_core.errors import InvalidSettings

    names = list(NAMES) if only is None else [name.strip() for name in only.split(",")]
    for name in names:
        if name not in NAMES:
            raise InvalidSettings(f"figure {name!r} is unknown; use {', '.join(NAMES)}.")
    return names
