"""Shared by several subcommands: choosing a model, a progress bar, the report."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._outputs import write_file
from esam_core.models import MODELS

if TYPE_CHECKING:
    from esam_core.images import LoadedPhoto
    from esam_core.segmenter import Segmenter


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``load`` reads; for every subcommand that runs a model."""
    parser.add_argument("--model", default="auto", help=", ".join(MODELS))
    parser.add_argument("--weights", type=Path, metavar="PATH", help="weights file or folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16, fp16")


def load(args: argparse.Namespace) -> "Segmenter":
    """Load the model that the arguments of ``add_model_arguments`` name."""
    from esam_core.models import load_segmenter

    return load_segmenter(
        args.model, weights=args.weights, device=args.device, precision=args.precision
    )


@contextmanager
def progress_bar(title: str = "", **options: Any) -> Iterator[Callable[[int, int], None]]:
    """Yield a ``progress(done, total)`` that draws a bar on stderr until the block ends.

    The bar appears with the first call, so that an earlier error is printed on its own line.

    Args:
        title: Text before the bar.
        **options: Options of ``tqdm``, such as ``unit`` and ``unit_scale``.
    """
    from tqdm import tqdm

    bar: Any = None

    def progress(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(desc=title or None, leave=False, dynamic_ncols=True, **options)
        bar.total = total or None
        bar.update(done - bar.n)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()


def add_json_argument(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the ``--json`` that ``write_report`` reads."""
    parser.add_argument("--json", metavar="FILE", help=f"also write {what}; - writes to stdout")


def about_photo(path: Path, photo: "LoadedPhoto") -> dict[str, Any]:
    """Return a report's entries about a photo: path, size and what reading it changed."""
    return {
        "photo": str(path),
        "image_hw": list(photo.image.shape[:2]),
        "notes": list(photo.notes),
    }


def about_run(path: Path, photo: "LoadedPhoto", segmenter: "Segmenter") -> dict[str, Any]:
    """Return a report's first entries: photo and model."""
    return about_photo(path, photo) | about_model(segmenter)


def about_model(segmenter: "Segmenter") -> dict[str, Any]:
    """Return a report's entries about a model: name, provenance, device and precision."""
    return {
        "model": segmenter.name,
        "provenance": segmenter.provenance,
        "device": segmenter.device,
        "precision": segmenter.precision,
    }


def write_report(target: str | None, report: dict[str, Any], text: str) -> None:
    """Write a report as JSON to the target of ``--json``, and print a text about the result.

    With ``--json -`` the report goes to stdout and the text to stderr.
    """
    import json

    content = json.dumps(report, indent=1)
    if target == "-":
        print(content)
    elif target:
        write_file(Path(target), content.encode())
    print(text, file=sys.stderr if target == "-" else sys.stdout)
