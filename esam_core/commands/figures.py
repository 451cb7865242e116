"""``figures``: render the notebooks' figures as files, without Jupyter."""

import argparse
import sys
from pathlib import Path

from esam_core.commands._common import progress_bar


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``figures [--only fig3,table1] [--models A,B] [--encoder E]``."""
    parser = subparsers.add_parser(
        "figures",
        help="render the figures as PNG and PDF, without Jupyter",
        description="Every figure has a column for each model. Text, boxes, points and outlines "
        "are vectors in the PDF, fonts are embedded.",
    )
    parser.add_argument("--only", metavar="NAMES", help="some of them, such as fig3,table1")
    parser.add_argument(
        "--models",
        "--model",
        default="auto",
        metavar="A,B",
        help="such as mini,efficient_sam_ti; default: all whose weights are on this machine",
    )
    parser.add_argument(
        "--weights",
        action="append",
        metavar="[MODEL=]PLACE",
        help="a weights file of the only model or of MODEL, or a folder; may be repeated",
    )
    parser.add_argument(
        "--encoder", default="offline", metavar="A,B", help="of texts, such as offline,ViT-B-32"
    )
    parser.add_argument("--download", action="store_true", help="fetch weights that are missing")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--boxes", type=Path, metavar="FILE", help="a detector's boxes for fig2")
    parser.add_argument(
        "--out", type=Path, default=Path("outputs"), metavar="FOLDER", help="default: outputs/"
    )
    parser.add_argument(
        "--dpi", type=_dpi, help="pixels per inch of the photos; a page is 7 inches wide"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Render the figures in turn and print their paths.

    A figure that needs a package that is not installed is skipped, with a message at the end, and
    the exit code is 3, as it is when a figure leaves out a bad box. If it was requested by name, it
    is an error, after the other figures are rendered.
    """
    from esam_core.errors import MissingPackage
    from esam_core.figures import load_inputs, render
    from esam_core.files import check_folder

    names = _names(args.only)
    check_folder(args.out)  # refused before the figures are drawn, which takes minutes
    how = {"device": args.device, "precision": args.precision, "boxes": args.boxes}
    models, encoders = load_inputs(
        names,
        args.models,
        encoders=[name.strip() for name in args.encoder.split(",") if name.strip()],
        weights=places_of(args.weights),
        download=args.download,
        **how,
    )
    complete = True
    skipped: dict[str, MissingPackage] = {}
    for name in names:
        try:
            with progress_bar(name) as progress:
                figure = render(name, models, encoders, progress=progress, **how)
        except MissingPackage as error:
            skipped[name] = error
            continue
        png, pdf = figure.save(args.out, dpi=args.dpi)
        print(f"{png}\n{pdf}")
        for what in figure.left_out:
            print(f"left out: {what}", file=sys.stderr)
        complete = complete and not figure.left_out
    for name, reason in skipped.items():
        if args.only is not None:
            raise reason
        print(f"{name} was skipped: {reason}")
    return 0 if complete and not skipped else 3


def places_of(given: "list[str] | None") -> "str | dict[str, str] | None":
    """Parse ``--weights``: one place for all models, or a place for each name.

    Raises:
        InvalidSettings: Several places, not all of them with a model's name.
    """
    from esam_core.errors import InvalidSettings
    from esam_core.models import MODELS

    if not given:
        return None
    pairs = [text.partition("=") for text in given]
    named = {name: place for name, mark, place in pairs if mark and name in MODELS}
    if len(named) == len(given):
        return named
    if len(given) == 1 and not named:
        return given[0]
    raise InvalidSettings(
        f"--weights {' '.join(given)}: give one place, or MODEL=PLACE for each model, with "
        f"{', '.join(MODELS)}."
    )


def _dpi(text: str) -> float:
    value = float(text)
    if not 50 <= value <= 1200:
        raise argparse.ArgumentTypeError(f"{text}: give 50 to 1200 pixels per inch")
    return value


def _names(only: str | None) -> list[str]:
    from esam_core.errors import InvalidSettings
    from esam_core.figures import figure_functions

    known = list(figure_functions())
    names = known if only is None else [name.strip() for name in only.split(",")]
    names = list(dict.fromkeys(names))
    for name in names:
        if name not in known:
            raise InvalidSettings(f"figure {name!r} is unknown; use {', '.join(known)}.")
    return names
