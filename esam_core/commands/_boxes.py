"""The objects of ``points``: those of one prompt, or of a detector's boxes."""

import argparse
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._photo import image_id
from esam_core.commands._prompt import read_prompt
from esam_core.errors import InvalidPrompt

if TYPE_CHECKING:
    from esam_core.datasets import LeftOut
    from esam_core.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Objects:
    """What to segment in a photo, and what is known about it.

    Args:
        prompts: One per object, in pixels of the photo.
        names: The class of each object.
        image_id: Id of the photo, any JSON value.
        category_ids: Id of each class, any JSON value; None if there are none.
        scores: A detector's score of each object; None where it has none.
        left_out: Entries of a detector's file that are no boxes of a photo.
    """

    prompts: list["Prompt"]
    names: list[str]
    image_id: Any
    category_ids: tuple[Any, ...] | None = None
    scores: list[float | None] | None = None
    left_out: list["LeftOut"] = field(default_factory=list)

    def describe(self) -> list[dict[str, Any]]:
        """Return the identity of each object of a detector's file as JSON values."""
        return [
            {"image_id": self.image_id, "category_id": number, "score": score, "name": name}
            for number, score, name in zip(
                self.category_ids or (), self.scores or (), self.names, strict=True
            )
        ]


def add_boxes_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``objects_of`` reads, beside those of a prompt."""
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="segment all boxes of a detector for this photo (COCO results or data set, JSON)",
    )
    parser.add_argument("--top", type=int, metavar="N", help="only the N best of --boxes")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="refuse a --boxes file with bad entries instead of leaving them out",
    )
    add_names_argument(parser, "--boxes")


def add_names_argument(parser: argparse.ArgumentParser, of: str) -> None:
    """Add ``--names``, which ``names_of`` reads."""
    parser.add_argument(
        "--names",
        metavar="FILE|coco",
        help=f"class names for {of}: JSON with ids and names, a text file with one name per line "
        "(the first is class 1), or coco for COCO's own",
    )


def names_of(args: argparse.Namespace) -> Mapping[Any, str] | None:
    """Read the names of ``--names`` by class id; None without it.

    Raises:
        InvalidSettings: The file holds no names.
    """
    from esam_core.datasets import load_names

    return None if args.names is None else load_names(args.names)


def objects_of(args: argparse.Namespace, image_hw: tuple[int, int]) -> Objects:
    """Return the objects to segment, from a detector's boxes or from the options of one prompt.

    Args:
        args: The arguments.
        image_hw: Height and width of the photo in pixels.

    Raises:
        InvalidPrompt: Neither or both are given, the prompt or the file is wrong, or no box of the
            photo is left.
        InvalidSettings: The file of ``--names`` holds no names.
    """
    from esam_core.datasets import read_detections, usable_boxes

    if args.boxes is None:
        for option in ("top", "names", "strict"):
            if getattr(args, option) not in (None, False):
                raise InvalidPrompt(f"--{option} belongs to --boxes FILE; give one.")
        return Objects([read_prompt(args, image_hw)], ["object"], image_id(args))
    if args.point or args.box is not None:
        raise InvalidPrompt("give either --boxes FILE, or --point and --box.")
    if args.top is not None and args.top < 1:
        raise InvalidPrompt(f"--top is {args.top}; it must be at least 1.")
    detections, left_out = read_detections(args.boxes, names=names_of(args))
    found, left_out = usable_boxes(detections, left_out, args.photo, image_hw, args.image_id)
    if args.strict and left_out:
        raise InvalidPrompt(f"{args.boxes.name}, {left_out[0]}")
    for item in left_out:
        print(f"left out: {item}", file=sys.stderr)
    found = found.top(args.top)
    scores = [None if math.isnan(score) else score for score in found.scores.tolist()]
    return Objects(
        found.prompts(), found.names, found.image_id, found.category_ids, scores, left_out
    )
