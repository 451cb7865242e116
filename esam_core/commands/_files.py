"""Output formats of masks, shared by the subcommands that make masks."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._outputs import write_file, write_json, write_label_map

if TYPE_CHECKING:
    import numpy as np

    from esam_core.masks import Masks


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about n masks and belongs into their files.

    Args:
        names: The class of each mask.
        image_id: Id of the photo, any JSON value.
        category_ids: Id of the class of each mask, any JSON value; by default counted from 1.
        scores: What found each mask gave it, or None for the model's own estimate.
        info: What made the masks.
    """

    names: Sequence[str]
    image_id: Any = 1
    category_ids: Sequence[Any] | None = None
    scores: Sequence[float | None] | None = None
    info: dict[str, Any] = field(default_factory=dict)

    def coco(self, masks: "Masks", file_name: str, style: str = "rle") -> dict[str, Any]:
        """Return the masks (n, h, w) of a photo as a COCO data set."""
        from esam_core.export import export_coco

        return export_coco(
            masks,
            style=style,
            file_name=file_name,
            image_id=self.image_id,
            names=self.names,
            category_ids=self.category_ids,
            scores=self.scores,
            info=self.info,
        )

    def for_labelling(self, file_name: str) -> dict[str, Any]:
        """Return what files for labelling programs say beside the masks."""
        return {"file_name": file_name, "names": self.names, "scores": self.scores}


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ``write_files`` reads."""
    files = {
        "--cutout": "a cut-out of the photo (RGBA PNG)",
        "--labels": "a label map (grey PNG): each pixel holds the number of its mask; "
        "beside it STEM_colour.png, the same in colours",
        "--coco": "COCO JSON with run lengths",
        "--coco-polygons": "COCO JSON with polygons",
        "--results": "COCO results JSON, as loadRes of pycocotools reads it",
        "--svg": "one path per mask (SVG)",
        "--yolo": "labels for YOLO segmentation and data.yaml (ZIP); one polygon per mask, classes "
        "counted from 0 in this photo",
        "--labelme": "masks for labelme 5.3 and later (JSON)",
        "--label-studio": "pre-annotations for Label Studio, as brush masks (JSON)",
        "--cvat": "masks for CVAT (XML, CVAT for images 1.1)",
    }
    for option, what in files.items():
        parser.add_argument(option, type=Path, metavar="FILE", help=f"also write {what}")


def write_files(
    args: argparse.Namespace, image: "np.ndarray", masks: "Masks", facts: Facts
) -> list[Path]:
    """Write the files named by the arguments, from an image (h, w, 3) uint8 and masks (n, h, w).

    A cut-out contains all masks together.

    Returns:
        The files that no argument names: a label map's twin in colours.
    """
    import numpy as np

    from esam_core import export

    twins = []
    if args.cutout:
        write_file(args.cutout, export.export_cutout_png(image, np.logical_or.reduce(masks.data)))
    if args.labels:
        twins.append(write_label_map(args.labels, masks))
    for path, style in ((args.coco, "rle"), (args.coco_polygons, "polygons")):
        if path:
            write_json(path, facts.coco(masks, args.photo.name, style))
    if args.results:
        write_json(args.results, export.coco_results(facts.coco(masks, args.photo.name)))
    if args.svg:
        write_file(args.svg, export.export_svg(masks, names=facts.names).encode())
    _write_for_labelling(args, masks, facts)
    return twins


def _write_for_labelling(args: argparse.Namespace, masks: "Masks", facts: Facts) -> None:
    from esam_core import export

    about = facts.for_labelling(args.photo.name)
    if args.yolo:
        texts = export.export_yolo(masks, file_name=args.photo.name, names=facts.names)
        files = {path: text.encode() for path, text in texts.items()}
        write_file(args.yolo, export.zip_files(files))
    if args.labelme:
        write_json(args.labelme, export.export_labelme(masks, **about))
    if args.label_studio:
        model = str(facts.info.get("model", ""))
        write_json(args.label_studio, export.export_label_studio(masks, model=model, **about))
    if args.cvat:
        write_file(args.cvat, export.export_cvat(masks, **about).encode())


def in_colours(twins: Sequence[Path]) -> str:
    """Return the end of a command's line that names the coloured twins, or nothing."""
    return f"; in colours: {', '.join(map(str, twins))}" if twins else ""
