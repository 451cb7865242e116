"""``everything``: all masks of a photo, as an overlay, a label map and COCO JSON."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._common import (
    about_model,
    about_photo,
    add_json_argument,
    add_model_arguments,
    load,
    progress_bar,
    write_report,
)
from esam_core.commands._files import Facts, add_file_arguments, in_colours, write_files
from esam_core.commands._outputs import (
    check_outputs,
    twin,
    write_json,
    write_label_map,
    write_picture,
)
from esam_core.commands._photo import (
    add_image_id_argument,
    add_photo_argument,
    image_id,
    open_photo,
)
from esam_core.files import make_folder

if TYPE_CHECKING:
    from esam_core.everything import GridSettings
    from esam_core.masks import Masks

# Settings of GridSettings that are options of the same name: type and help.
OPTIONS = {
    "points_per_side": (int, "points along each side of the photo"),
    "points_per_batch": (int, "points decoded at once"),
    "pred_iou_thresh": (float, "the predicted IoU must be above this"),
    "stability_score_thresh": (float, "the stability score must reach this"),
    "box_nms_thresh": (float, "of two masks whose boxes have a higher IoU, keep the better one"),
    "min_mask_region_area": (int, "holes and islands of fewer pixels are removed"),
    "crop_n_layers": (int, "also search 2^i x 2^i crops of the photo"),
    "max_masks": (int, "keep at most this many"),
}


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``everything PHOTO --out DIR``."""
    parser = subparsers.add_parser(
        "everything",
        help="segment everything in a photo",
        description="Writes overlay.png, labels.png, labels_colour.png and masks.json (COCO) into "
        "a folder.",
    )
    add_photo_argument(parser)
    add_image_id_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    add_file_arguments(parser)
    add_json_argument(parser, "masks, settings and model")
    parser.add_argument("--preset", default="quality", help="fast, quality (default), upstream")
    for name, (kind, text) in OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=text)
    parser.add_argument("--hierarchical", action="store_true", help="coarse grid first; faster")
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Find the masks, write the files and print one line about them."""
    from esam_core.everything import segment_everything

    files = files_in(args.out)
    check_outputs(args, files)
    photo = open_photo(args)
    settings_of(args, "")  # invalid settings are refused before a model is loaded
    segmenter = load(args)
    settings = settings_of(args, segmenter.name)
    make_folder(args.out)
    with progress_bar(unit=" points") as progress:
        masks = segment_everything(segmenter, photo.image, settings, progress=progress)
    info = about_model(segmenter) | {"settings": asdict(settings), "notes": list(photo.notes)}
    facts = Facts(["object"] * len(masks), image_id(args), info=info)
    twins = write(files, photo.image, masks, facts.coco(masks, args.photo.name))
    twins += write_files(args, photo.image, masks, facts)
    line = (
        f"{args.out}: {len(masks)} mask{'' if len(masks) == 1 else 's'}, "
        f"{segmenter.name} ({segmenter.provenance}) on {segmenter.device} {segmenter.precision}"
    )
    advice = "\nno mask passed; lower --pred-iou-thresh or --stability-score-thresh."
    line += in_colours(twins) + ("" if len(masks) else advice)
    write_report(args.json, about_photo(args.photo, photo) | info | describe(masks), line)
    return 0


def settings_of(args: argparse.Namespace, model: str) -> "GridSettings":
    """Return the preset for a model, with the given options replacing its values.

    Raises:
        InvalidSettings: Unknown preset, or a value out of range.
    """
    from esam_core.everything import preset

    given = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    if args.hierarchical:
        given["hierarchical"] = True
    return replace(preset(args.preset, model), **given)


def files_in(folder: Path) -> dict[str, Path]:
    """Return the files that are written into a folder."""
    names = ("overlay.png", "labels.png", "masks.json")
    files = {name: folder / name for name in names}
    return files | {"labels_colour.png": twin(files["labels.png"])}


def write(files: dict[str, Path], image: Any, masks: "Masks", coco: dict[str, Any]) -> list[Path]:
    """Write the files of the folder; return the coloured twin of the label map."""
    from esam_core.visualize import draw_masks

    write_picture(files["overlay.png"], draw_masks(image, masks))
    write_json(files["masks.json"], coco)
    return [write_label_map(files["labels.png"], masks)]


def describe(masks: "Masks") -> dict[str, Any]:
    """Return the masks' scores as JSON values."""
    rows = zip(
        masks.area, masks.boxes_xyxy, masks.predicted_iou, masks.stability_score, strict=True
    )
    return {
        "masks": [
            {
                "area": int(area),
                "box_xyxy": box.tolist(),
                "predicted_iou": round(float(iou), 4),
                "stability_score": round(float(stability), 4),
            }
            for area, box, iou, stability in rows
        ]
    }
