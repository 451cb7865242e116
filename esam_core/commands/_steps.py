"""The options that correct a mask: a file, any number of clicks, second looks, clean-up."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.errors import InvalidPrompt

if TYPE_CHECKING:
    import numpy as np

    from esam_core.cleanup import CleanUp
    from esam_core.corrections import Step
    from esam_core.masks import Masks
    from esam_core.prompts import Prompt
    from esam_core.segmenter import ImageEmbedding, Segmenter


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """An object that is made step by step.

    Args:
        steps: The box, then the clicks.
        mask: The mask (h, w) bool that they correct, if one was given.
        cleanup: How the result is cleaned.
    """

    steps: tuple["Step", ...]
    mask: "np.ndarray | None"
    cleanup: "CleanUp"

    @property
    def prompt(self) -> "Prompt":
        """The box and the first clicks, for reports."""
        from esam_core.prompts import MAX_TOKENS, Prompt

        box = next((step.box_xyxy for step in self.steps if step.box_xyxy is not None), None)
        clicks = [step for step in self.steps if step.point is not None]
        clicks = clicks[: MAX_TOKENS - (0 if box is None else 2)]
        points = tuple(step.point for step in clicks if step.point is not None)
        return Prompt(points, tuple(step.label for step in clicks), box)

    def to_json(self) -> dict[str, Any]:
        """Return its values for a report."""
        steps = [step.to_json() for step in self.steps]
        return {"steps": steps, "cleanup": self.cleanup.to_json()}


def add_correction_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--mask``, ``--look-again`` and the options of the clean-up."""
    parser.add_argument(
        "--mask",
        type=Path,
        metavar="FILE",
        help="correct this mask of the photo with --point and --box: a black and white picture, a "
        "cut-out, a label map, or COCO JSON",
    )
    parser.add_argument(
        "--mask-number", type=int, metavar="N", help="which object of --mask, from 1"
    )
    parser.add_argument(
        "--look-again",
        action=argparse.BooleanOptionalAction,
        default="auto",
        help="decode again in a crop around the object; default: where it is worth its time",
    )
    parser.add_argument("--largest", action="store_true", help="keep only the largest piece")
    parser.add_argument(
        "--fill-holes", type=int, default=0, metavar="PIXELS", help="fill holes smaller than this"
    )
    parser.add_argument(
        "--drop-specks", type=int, default=0, metavar="PIXELS", help="drop pieces smaller than this"
    )
    parser.add_argument(
        "--smooth", type=float, default=0.0, metavar="PIXELS", help="smooth the edge over a radius"
    )


def correction_of(args: argparse.Namespace, image_hw: tuple[int, int]) -> Correction | None:
    """Return the object of the options, or None if one prompt of a model says it all.

    Raises:
        InvalidPrompt: Options that do not belong together, or a click outside the photo.
        InvalidSettings: A clean-up out of range.
        InvalidImage: The file of ``--mask`` holds no such mask.
    """
    from esam_core.cleanup import CleanUp
    from esam_core.corrections import Step
    from esam_core.mask_files import load_mask
    from esam_core.prompts import MAX_TOKENS

    cleanup = CleanUp(args.largest, args.fill_holes, args.drop_specks, args.smooth)
    if args.mask is None and args.mask_number is not None:
        raise InvalidPrompt("--mask-number belongs to --mask FILE; give one.")
    tokens = len(args.point) + (0 if args.box is None else 2)
    if args.mask is None and cleanup == CleanUp() and tokens <= MAX_TOKENS:
        return None
    if args.boxes is not None:
        raise InvalidPrompt("--boxes segments many objects; --mask and clean-up belong to one.")
    if args.rule != "predicted_iou":
        raise InvalidPrompt(
            f"--rule {args.rule} ranks the masks of one prompt; --mask, clean-up and more than "
            f"{MAX_TOKENS} clicks go step by step. Leave it out."
        )
    steps = [] if args.box is None else [Step(box_xyxy=args.box)]
    steps += [Step(point=(x, y), label=label) for x, y, label in args.point]
    mask = None
    if args.mask is not None:
        mask = load_mask(args.mask, image_hw, number=args.mask_number)
    return Correction(tuple(step.within(image_hw) for step in steps), mask, cleanup)


def predict_all(
    args: argparse.Namespace,
    segmenter: "Segmenter",
    embedding: "ImageEmbedding",
    prompts: Sequence["Prompt"],
    correction: Correction | None,
) -> list["Masks"]:
    """Return the candidates of each prompt, or of the one object that is corrected."""
    from esam_core.corrections import replay

    if correction is None:
        return segmenter.predict_batch(
            embedding, prompts, rule=args.rule, look_again=args.look_again
        )
    return [
        replay(
            segmenter,
            embedding,
            correction.steps,
            mask=correction.mask,
            look_again=args.look_again,
            cleanup=correction.cleanup,
        )
    ]
