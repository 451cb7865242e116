"""Masks out: files that other programs read, and that read back to the same masks."""

from esam_core.export.coco import export_coco, load_coco
from esam_core.export.png import (
    export_cutout_png,
    export_label_map_png,
    export_mask_png,
    load_cutout_png,
    load_label_map_png,
    load_mask_png,
)
from esam_core.export.svg import export_svg, load_svg

__all__ = [
    "export_coco",
    "export_cutout_png",
    "export_label_map_png",
    "export_mask_png",
    "export_svg",
    "load_coco",
    "load_cutout_png",
    "load_label_map_png",
    "load_mask_png",
    "load_svg",
]
