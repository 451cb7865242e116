"""The photo of a command, how it is read, and its id."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.datasets.identities import FROM_NAME, id_of_name, parse_id

if TYPE_CHECKING:
    from esam_core.images import LoadedPhoto


def add_photo_argument(parser: argparse.ArgumentParser) -> None:
    """Add PHOTO and ``--scale``, which ``open_photo`` reads."""
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument(
        "--scale",
        choices=("data", "full"),
        default="data",
        help="what black and white are in a picture of more than 8 bits: its own range (data, the "
        "default) or the range of its numbers (full)",
    )


def add_image_id_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--image-id``, which ``image_id`` reads."""
    parser.add_argument(
        "--image-id",
        type=parse_id,
        default=FROM_NAME,
        metavar="ID",
        help="the photo's id in COCO files: a number or other JSON value, else a text; by default "
        "the number that is its name (285 for 000000000285.jpg), or 1",
    )


def open_photo(args: argparse.Namespace) -> "LoadedPhoto":
    """Load PHOTO, and print what reading it changed to stderr.

    Raises:
        InvalidImage: The file is no picture that can be read.
    """
    from esam_core.images import load_photo

    photo = load_photo(args.photo, scale=args.scale)
    for note in photo.notes:
        print(f"note: {note}", file=sys.stderr)
    return photo


def image_id(args: argparse.Namespace) -> Any:
    """Return the photo's id: the given one, or the one in its name."""
    return id_of_name(args.photo) if args.image_id is FROM_NAME else args.image_id
