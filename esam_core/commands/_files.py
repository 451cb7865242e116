"""Output formats of masks, shared by the subcommands that make masks."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from esam_core.commands._common import write_file

if TYPE_CHECKING:
    import numpy as np

    from esam_core.masks import Masks


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``write_files`` reads."""
    files = {
        "--cutout": "a cut-out of the photo (RGBA PNG)",
        "--labels": "a label map: each pixel holds the number of its mask (PNG)",
        "--coco": "COCO JSON with run lengths",
        "--coco-polygons": "COCO JSON with polygons",
        "--svg": "one path per mask (SVG)",
    }
    for option, what in files.items():
        parser.add_argument(option, type=Path, metavar="FILE", help=f"also write {what}")


def write_files(
    args: argparse.Namespace,
    image: "np.ndarray",
    masks: "Masks",
    names: Sequence[str] | None = None,
) -> None:
    """Write the files named by the arguments, from an image (h, w, 3) uint8 and masks (n, h, w).

    A cut-out contains all masks together.
    """
    import numpy as np

    from esam_core import export

    if args.cutout:
        write_file(args.cutout, export.export_cutout_png(image, np.logical_or.reduce(masks.data)))
    if args.labels:
        write_file(args.labels, export.export_label_map_png(masks))
    for path, style in ((args.coco, "rle"), (args.coco_polygons, "polygons")):
        if path:
            record = export.export_coco(masks, style=style, file_name=args.photo.name, names=names)
            write_file(path, json.dumps(record).encode())
    if args.svg:
        write_file(args.svg, export.export_svg(masks, names=names).encode())
