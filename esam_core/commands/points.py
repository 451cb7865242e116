"""``points``: points and a box in, a mask file out."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._common import add_model_arguments, load, write_file
from esam_core.commands._files import add_file_arguments, write_files
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
    parser.add_argument(
        "--point",
        type=parse_point,
        action="append",
        default=[],
        metavar="X,Y[,LABEL]",
        help="a point on the object; label 0 means: not this. May be repeated",
    )
    parser.add_argument(
        "--box", type=parse_box, metavar="X0,Y0,X1,Y1", help="a box around the object"
    )
    parser.add_argument(
        "--boxes",
        type=Path,
        metavar="FILE",
        help="a detector's boxes for this photo (COCO results JSON), all in one go",
    )
    parser.add_argument("--top", type=int, metavar="N", help="of --boxes only the N best")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="where to write the mask (PNG); with --boxes a label map of all masks",
    )
    add_file_arguments(parser)
    parser.add_argument(
        "--json", metavar="FILE", help="also write prompt, scores and model; - writes to stdout"
    )
    parser.add_argument("--rule", default="predicted_iou", help="how the three masks are ranked")
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Segment, write the files, and say in one line what came out."""
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
    report = {
        "photo": str(args.photo),
        "image_hw": list(masks.image_hw),
        "model": segmenter.name,
        "provenance": segmenter.provenance,
        "device": segmenter.device,
        "precision": segmenter.precision,
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
    if args.json == "-":
        print(json.dumps(report, indent=1))
    elif args.json:
        write_file(Path(args.json), json.dumps(report, indent=1).encode())
    # With --json - the JSON has stdout to itself.
    print(_line(report, masks, args.out), file=sys.stderr if args.json == "-" else sys.stdout)
    return 0


def describe(prompt: "Prompt", masks: "Masks") -> dict[str, Any]:
    """Collect what is worth keeping about an answer, as plain numbers and strings."""
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
    """Make the prompts and the names of what they point at, of a detector's boxes or of one."""
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


def read_prompt(args: argparse.Namespace, image_hw: tuple[int, int]) -> "Prompt":
    """Make a prompt of ``--point`` and ``--box``, refusing what lies outside the photo."""
    from esam_core.prompts import Prompt

    if not args.point and args.box is None:
        raise InvalidPrompt("nothing to segment: give --point X,Y, --box X0,Y0,X1,Y1 or both.")
    height, width = image_hw
    for x, y, _ in args.point:
        if not (0 <= x < width and 0 <= y < height):
            raise InvalidPrompt(
                f"point ({x:g}, {y:g}) lies outside the photo, which is {width} x {height} pixels "
                f"(x from 0 to {width - 1}, y from 0 to {height - 1})."
            )
    if args.box is not None:
        x0, y0, x1, y1 = args.box
        if min(x0, y0) < 0 or x1 > width or y1 > height:
            raise InvalidPrompt(
                f"box ({x0:g}, {y0:g}, {x1:g}, {y1:g}) reaches outside the photo, which is "
                f"{width} x {height} pixels."
            )
    return Prompt(
        tuple((x, y) for x, y, _ in args.point),
        tuple(label for _, _, label in args.point),
        args.box,
    )


def parse_point(text: str) -> tuple[float, float, int]:
    """Read ``X,Y`` or ``X,Y,LABEL``."""
    numbers = _numbers(text)
    if len(numbers) not in (2, 3) or (len(numbers) == 3 and numbers[2] not in (0, 1)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not X,Y or X,Y,LABEL with LABEL 1 (the object) or 0 (not the object)"
        )
    return numbers[0], numbers[1], int(numbers[2]) if len(numbers) == 3 else 1


def parse_box(text: str) -> tuple[float, float, float, float]:
    """Read ``X0,Y0,X1,Y1``."""
    numbers = _numbers(text)
    if len(numbers) != 4:
        raise argparse.ArgumentTypeError(f"{text!r} is not X0,Y0,X1,Y1")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return []


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
