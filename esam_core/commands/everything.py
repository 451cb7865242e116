"""``everything``: all masks of a photo, as an overlay, a label map and COCO JSON."""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._common import (
    about_model,
    add_model_arguments,
    load,
    progress_bar,
    write_file,
    write_picture,
)
from esam_core.errors import EsamError

if TYPE_CHECKING:
    from esam_core.everything import GridSettings
    from esam_core.masks import Masks
    from esam_core.segmenter import Segmenter

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
        description="Writes overlay.png, labels.png and masks.json (COCO) into a folder.",
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--preset", default="quality", help="fast, quality (default), upstream")
    for name, (kind, text) in OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=text)
    parser.add_argument("--hierarchical", action="store_true", help="coarse grid first; faster")
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Find the masks, write the files and print one line about them."""
    from esam_core.everything import segment_everything
    from esam_core.images import load_rgb

    image = load_rgb(args.photo)
    settings_of(args, "")  # invalid settings are refused before a model is loaded
    segmenter = load(args)
    settings = settings_of(args, segmenter.name)
    make_folder(args.out)
    with progress_bar(unit=" points") as progress:
        masks = segment_everything(segmenter, image, settings, progress=progress)
    write(args.out, image, masks, record(args.photo, segmenter, settings, masks))
    print(
        f"{args.out}: {len(masks)} mask{'' if len(masks) == 1 else 's'}, "
        f"{segmenter.name} ({segmenter.provenance}) on {segmenter.device} {segmenter.precision}"
    )
    if not len(masks):
        print("no mask passed; lower --pred-iou-thresh or --stability-score-thresh.")
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


def record(
    photo: Path, segmenter: "Segmenter", settings: "GridSettings", masks: "Masks"
) -> dict[str, Any]:
    """Return the masks as COCO, with the model and the settings that found them."""
    from esam_core.export import export_coco

    info = about_model(segmenter) | {"settings": asdict(settings)}
    return {"info": info, **export_coco(masks, file_name=photo.name)}


def write(folder: Path, image: Any, masks: "Masks", coco: dict[str, Any]) -> None:
    """Write the three files."""
    from esam_core.export import export_label_map_png
    from esam_core.visualize import draw_masks

    write_picture(folder / "overlay.png", draw_masks(image, masks))
    write_file(folder / "labels.png", export_label_map_png(masks))
    write_file(folder / "masks.json", json.dumps(coco).encode())


def make_folder(folder: Path) -> None:
    """Create the output folder, before the model runs.

    Raises:
        EsamError: The folder cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EsamError(
            f"cannot make the folder {folder}: {error.strerror}. Choose another place."
        ) from error
