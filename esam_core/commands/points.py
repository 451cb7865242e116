"""``points``: segment an object from points and a box, into a mask file."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._boxes import Objects, add_boxes_arguments, objects_of
from esam_core.commands._common import (
    about_model,
    about_run,
    add_json_argument,
    add_model_arguments,
    load,
    write_report,
)
from esam_core.commands._files import Facts, add_file_arguments, in_colours, write_files
from esam_core.commands._outputs import LOSSLESS, check_outputs, write_file, write_label_map
from esam_core.commands._photo import (
    add_image_id_argument,
    add_photo_argument,
    image_id,
    open_photo,
)
from esam_core.commands._prompt import add_prompt_arguments
from esam_core.commands._steps import (
    Correction,
    add_correction_arguments,
    correction_of,
    predict_all,
)

if TYPE_CHECKING:
    from esam_core.masks import Masks
    from esam_core.prompts import Prompt


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``points PHOTO --point ... --box ... --out mask.png``, or ``--boxes FILE``."""
    parser = subparsers.add_parser(
        "points",
        aliases=["segment"],
        help="segment one object of a photo by points and a box",
        description="Positions are pixels of the photo: x to the right, y down. Entries of --boxes "
        "that are no boxes of a photo are left out and named, and the exit code is then 3.",
    )
    add_photo_argument(parser)
    add_prompt_arguments(parser)
    add_correction_arguments(parser)
    add_boxes_arguments(parser)
    add_image_id_argument(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="where to write the mask (PNG); with --boxes a label map of all masks (grey PNG), "
        "and beside it STEM_colour.png",
    )
    add_file_arguments(parser)
    add_json_argument(parser, "prompt, scores and model")
    parser.add_argument("--rule", default="predicted_iou", help="how the three masks are ranked")
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Segment, write the files and print one line about the result; 3 if a box was left out."""
    check_outputs(args, LOSSLESS, label_maps=("labels", "out") if args.boxes else ("labels",))
    photo = open_photo(args)
    correction = correction_of(args, photo.image.shape[:2])
    objects = _objects(args, correction, photo.image.shape[:2])
    segmenter = load(args)
    started = time.perf_counter()
    embedding = segmenter.embed(photo.image)
    embedded = time.perf_counter()
    answers = predict_all(args, segmenter, embedding, objects.prompts, correction)
    finished = time.perf_counter()
    report = about_run(args.photo, photo, segmenter) | {
        "rule": args.rule,
        "milliseconds": {
            "embed": round((embedded - started) * 1000, 1),
            "predict": round((finished - embedded) * 1000, 1),
        },
    }
    masks, twins = write(args, photo.image, objects, answers, about_model(segmenter))
    report |= describe_all(args, objects, answers, correction)
    write_report(args.json, report, _line(report, masks, args.out) + in_colours(twins))
    return 3 if objects.left_out else 0


def _objects(
    args: argparse.Namespace, correction: "Correction | None", image_hw: tuple[int, int]
) -> Objects:
    """Return what is segmented; a correction's clicks are no prompt of a model's usual length."""
    if correction is None:
        return objects_of(args, image_hw)
    return Objects([correction.prompt], ["object"], image_id(args))


def write(
    args: argparse.Namespace,
    image: Any,
    objects: Objects,
    answers: list["Masks"],
    info: dict[str, Any],
) -> tuple["Masks", list[Path]]:
    """Write the files; return the best mask of each answer and the coloured twins' paths."""
    from esam_core.export import export_mask_png
    from esam_core.masks import Masks

    masks = Masks.concat([answer[:1] for answer in answers])
    twins = []
    if args.boxes:
        twins.append(write_label_map(args.out, masks))
    else:
        write_file(args.out, export_mask_png(masks.data[0]))
    facts = Facts(objects.names, objects.image_id, objects.category_ids, objects.scores, info)
    return masks, twins + write_files(args, image, masks, facts)


def describe_all(
    args: argparse.Namespace,
    objects: Objects,
    answers: list["Masks"],
    correction: "Correction | None",
) -> dict[str, Any]:
    """Return the prompts and scores as JSON values; of --boxes with ids and what was left out."""
    if not args.boxes:
        record = describe(objects.prompts[0], answers[0])
        return record if correction is None else record | correction.to_json()
    rows = zip(objects.describe(), objects.prompts, answers, strict=True)
    return {
        "objects": [identity | describe(prompt, masks) for identity, prompt, masks in rows],
        "left_out": [item.to_json() for item in objects.left_out],
    }


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
