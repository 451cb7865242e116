"""What several subcommands share: the arguments that choose a model, and writing results."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from esam_core.errors import EsamError

if TYPE_CHECKING:
    import numpy as np

    from esam_core.segmenter import Segmenter


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``load`` reads; for every subcommand that runs a model."""
    parser.add_argument("--model", default="auto", help="mini, efficient_sam_ti, efficient_sam_s")
    parser.add_argument("--weights", type=Path, metavar="PATH", help="weights file or folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    parser.add_argument("--precision", default="auto", help="auto, fp32, bf16, fp16")


def load(args: argparse.Namespace) -> "Segmenter":
    """Load the model that the arguments of ``add_model_arguments`` name."""
    from esam_core.models import load_segmenter

    return load_segmenter(
        args.model, weights=args.weights, device=args.device, precision=args.precision
    )


def write_file(path: Path, content: bytes) -> None:
    """Write a result, or say in one line why it cannot be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise EsamError(f"cannot write {path}: {error.strerror}. Choose another place.") from error


def write_picture(path: Path, picture: "np.ndarray") -> None:
    """Write a picture (h, w) or (h, w, 3) uint8 as PNG."""
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    write_file(path, stream.getvalue())
