"""``salient``: segment the salient objects of a photo, into a mask file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._common import (
    about_model,
    about_run,
    add_json_argument,
    add_model_arguments,
    load,
    write_report,
)
from esam_core.commands._files import Facts, add_file_arguments, in_colours, write_files
from esam_core.commands._outputs import LOSSLESS, check_outputs, write_file, write_picture
from esam_core.commands._photo import (
    add_image_id_argument,
    add_photo_argument,
    image_id,
    open_photo,
)

if TYPE_CHECKING:
    import numpy as np

    from esam_core.saliency.masks import SalientMasks
    from esam_core.segmenter import Segmenter


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``salient PHOTO --out mask.png``."""
    parser = subparsers.add_parser(
        "salient",
        help="segment what stands out in a photo",
        description="Points drawn from a saliency map prompt the model, as in the paper.",
    )
    add_photo_argument(parser)
    add_image_id_argument(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="all masks together (PNG)"
    )
    parser.add_argument("--overlay", type=Path, metavar="FILE", help="photo, map, points and masks")
    add_file_arguments(parser)
    parser.add_argument("--map", type=Path, metavar="FILE", help="the saliency map (grey PNG)")
    add_json_argument(parser, "points, scores and models")
    parser.add_argument(
        "--saliency", default="u2netp", help="u2netp (bundled), u2net, isnet-general-use"
    )
    parser.add_argument("--threshold", type=float, default=0.5, help="threshold of the map, 0 to 1")
    parser.add_argument("--points", type=int, default=3, help="points per mask, 1 to 6")
    parser.add_argument("--prompt", default="uniform", help="uniform, spread or box")
    parser.add_argument("--seed", type=int, default=0, help="random seed of the points")
    parser.add_argument("--whole", action="store_true", help="one mask instead of one per instance")
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Segment, write the files and print one line about the result."""
    from esam_core.saliency.maps import load_saliency
    from esam_core.saliency.masks import SalientSettings, salient_masks

    check_outputs(args, LOSSLESS)
    settings = SalientSettings(
        threshold=args.threshold,
        points=args.points,
        prompt=args.prompt,
        seed=args.seed,
        instances=not args.whole,
    )
    photo = open_photo(args)
    saliency = load_saliency(args.saliency).estimate(photo.image)
    segmenter = load(args)
    answer = salient_masks(segmenter, photo.image, saliency=saliency, settings=settings)
    twins = write(args, photo.image, answer, segmenter)
    report = about_run(args.photo, photo, segmenter) | describe(answer)
    write_report(args.json, report, _line(args.out, answer, segmenter) + in_colours(twins))
    return 0


def write(
    args: argparse.Namespace, image: "np.ndarray", answer: "SalientMasks", segmenter: "Segmenter"
) -> list[Path]:
    """Write the files that the arguments name; return the coloured twins of label maps."""
    import numpy as np

    from esam_core.export import export_mask_png

    masks = answer.masks
    write_file(args.out, export_mask_png(np.logical_or.reduce(masks.data)))
    if args.map:
        write_picture(args.map, (answer.saliency.data * 255).round().astype(np.uint8))
    if args.overlay:
        write_picture(args.overlay, _overlay(image, answer, segmenter))
    info = about_model(segmenter) | {"saliency": answer.saliency.provenance}
    facts = Facts(["object"] * len(masks), image_id(args), info=info)
    return write_files(args, image, masks, facts)


def describe(answer: "SalientMasks") -> dict[str, Any]:
    """Return the masks' scores, their prompts and the map's model as JSON values."""
    return {
        "saliency": answer.saliency.provenance,
        "peak": round(answer.saliency.peak, 4),
        "seed": answer.seed,
        "masks": [
            {
                "prompt": prompt.to_json(),
                "area": int(area),
                "box_xyxy": box,
                "predicted_iou": round(float(score), 4),
                "agreement": round(float(agreement), 4),
            }
            for prompt, area, box, score, agreement in zip(
                answer.prompts,
                answer.masks.area,
                answer.masks.boxes_xyxy.tolist(),
                answer.masks.predicted_iou,
                answer.agreement,
                strict=True,
            )
        ],
    }


def _line(out: Path, answer: "SalientMasks", segmenter: "Segmenter") -> str:
    masks = answer.masks
    if not len(masks):
        return f"{out}: nothing stands out in this photo; the mask is empty"
    return (
        f"{out}: {len(masks)} salient, {masks.data.any(0).mean():.1%} of the photo, seed "
        f"{answer.seed}, {answer.saliency.provenance}, {segmenter.name} ({segmenter.provenance})"
    )


def _overlay(image: "np.ndarray", answer: "SalientMasks", segmenter: "Segmenter") -> "np.ndarray":
    from esam_core.visualize import caption, draw_heat, draw_masks, draw_prompt, panel

    prompted = draw_masks(image, answer.masks)
    for prompt in answer.prompts:
        prompted = draw_prompt(prompted, prompt)
    pictures = [image, draw_heat(image, answer.saliency.data), prompted]
    footer = f"Saliency: {answer.saliency.provenance}. Masks: {caption(segmenter)}."
    titles = ["Photo", "Saliency", f"Masks (seed {answer.seed})"]
    return panel([pictures], titles=titles, footer=footer)
