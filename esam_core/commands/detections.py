"""``detections``: boxes of annotated masks, in the format of a detector's results."""

import argparse
import json
from pathlib import Path

from esam_core.commands._outputs import JSON, check_outputs, write_file


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``detections --data FOLDER --out FILE``."""
    parser = subparsers.add_parser(
        "detections", help="write the boxes of annotated photos as COCO results JSON"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="assets/photos")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    return parser


def run(args: argparse.Namespace) -> int:
    """Write the file and print how many boxes are in it."""
    from esam_core.datasets.annotated import annotated_photos
    from esam_core.datasets.detections import results_of_masks

    check_outputs(args, JSON)
    rows = results_of_masks(annotated_photos(args.data))
    lines = ",\n".join(json.dumps(row) for row in rows)
    write_file(args.out, f"[\n{lines}\n]\n".encode())
    print(f"{args.out}: {len(rows)} boxes")
    return 0
