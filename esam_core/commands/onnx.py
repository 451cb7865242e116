"""``python -m esam_core onnx NAME --out FOLDER``: a model as two ONNX files."""

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Add the subcommand."""
    parser = subparsers.add_parser("onnx", help="write a model as ONNX encoder and decoder")
    parser.add_argument("name", help="a model, such as efficient_sam_ti or mini")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--weights", type=Path, help="weights file or its folder")
    parser.add_argument("--random", action="store_true", help="random weights, for timing")
    return parser


def run(args: argparse.Namespace) -> int:
    """Write both files."""
    from esam_core.export.onnx import export_onnx
    from esam_core.files import check_folder
    from esam_core.models import load_segmenter

    check_folder(args.out)
    segmenter = load_segmenter(
        args.name, weights=args.weights, random=args.random, device="cpu", precision="fp32"
    )
    for path in export_onnx(segmenter, args.out):
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB, weights: {segmenter.provenance})")
    return 0
