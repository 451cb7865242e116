"""``points``: segment an object from points and a box, into a mask file."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._common import (
    about_run,
    add_json_argument,
    add_model_arguments,
    load,
    write_file,
    write_report,
)
from esam_core.commands._files import add_file_arguments, write_files
from esam_core.commands._prompt import add_prompt_arguments, read_prompt
from esam_core.errors import InvalidPrompt

if TYPE_CHECKING:
    from esam_core.masks import Masks
    from esam_core.prompts import Prompt


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``points PHOTO --point ... --box ... --out mask.png``, or ``--boxes FILE``."""
    parser = subparsers.add_parser(
        "points",
        aliases=["segment"],
        help="segment one object of a photo by points and a box",
        description="Positions are pixels of the photo: x to the right, y down.",
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    add_prompt_arguments(parser)
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="segment all boxes of a detector for this photo (COCO results JSON)",
    )
    parser.add_argument("--top", type=int, metavar="N", help="only the N best of --boxes")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="where to write the mask (PNG); with --boxes a label map of all masks",
    )
    add_file_arguments(parser)
    add_json_argument(parser, "prompt, scores and model")
    parser.add_argument("--rule", default="predicted_iou", help="how the three masks are ranked")
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Segment, write the files and print one line about the result."""
    from esam_core.export import export_label_map_png, export_mask_png
    from esam_core.images import load_rgb
    from esam_core.masks import Masks

    image = load_rgb(args.photo)
    prompts, names = read_prompts(args, image.shape[:2])
    segmenter = load(args)
    started = time.perf_counter()
    embedding = segmenter.embed(image)
    embedded = time.perf_counter()
    answers = segmenter.predict_batch(embedding, prompts, rule=args.rule)
    finished = time.perf_counter()
    masks = Masks.concat([answer[:1] for answer in answers])
    report = about_run(args.photo, segmenter, masks.image_hw) | {
        "rule": args.rule,
        "milliseconds": {
            "embed": round((embedded - started) * 1000, 1),
            "predict": round((finished - embedded) * 1000, 1),
        },
    }
    if args.boxes:
        rows = zip(names, prompts, answers, strict=True)
        report["objects"] = [{"name": name} | describe(p, m) for name, p, m in rows]
        write_file(args.out, export_label_map_png(masks))
    else:
        report |= describe(prompts[0], answers[0])
        write_file(args.out, export_mask_png(masks.data[0]))
    write_files(args, image, masks, names)
    write_report(args.json, report, _line(report, masks, args.out))
    return 0


def describe(prompt: "Prompt", masks: "Masks") -> dict[str, Any]:
    """Return a prompt and the scores of its masks as JSON values."""
    best = masks[0]
    return {
        "prompt": prompt.to_json(),
        "predicted_iou": [round(float(score), 4) for score in masks.predicted_iou],
        "stability_score": [round(float(score), 4) for score in masks.stability_score],
        "areas": masks.area.tolist(),
        "area": int(best.area[0]),
        "box_xyxy": best.boxes_xyxy[0].tolist(),
    }


def read_prompts(
    args: argparse.Namespace, image_hw: tuple[int, int]
) -> tuple[list["Prompt"], list[str]]:
    """Return the prompts and the names of their objects, from detector boxes or from options."""
    if args.boxes is None:
        if args.top is not None:
            raise InvalidPrompt("--top N chooses among the boxes of --boxes FILE; give one.")
        return [read_prompt(args, image_hw)], ["object"]
    if args.point or args.box is not None:
        raise InvalidPrompt("give either --boxes FILE, or --point and --box.")
    if args.top is not None and args.top < 1:
        raise InvalidPrompt(f"--top is {args.top}; it must be at least 1.")
    from esam_core.datasets.detections import detections_of, load_detections

    found = detections_of(load_detections(args.boxes), args.photo).top(args.top)
    return found.prompts(), found.names


def _line(report: dict[str, Any], masks: "Masks", out: Path) -> str:
    height, width = masks.image_hw
    count = f"{len(masks)} masks, " if len(masks) > 1 else ""
    best = masks.predicted_iou.mean()
    return (
        f"{out}: {count}{masks.data.any(0).sum() / (height * width):.1%} of the photo, predicted "
        f"IoU {best:.2f}, {report['model']} ({report['provenance']}) on "
        f"{report['device']} {report['precision']}, "
        f"{sum(report['milliseconds'].values()):.0f} ms"
    )
