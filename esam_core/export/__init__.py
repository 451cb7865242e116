"""Export of masks to common file formats and back, and of a model to ONNX."""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.export.archive import zip_files
    from esam_core.export.coco import export_coco
    from esam_core.export.coco_merge import coco_results, merge_coco
    from esam_core.export.coco_read import load_coco
    from esam_core.export.cvat import export_cvat
    from esam_core.export.label_studio import export_label_studio
    from esam_core.export.labelme import export_labelme
    from esam_core.export.onnx import export_onnx
    from esam_core.export.png import (
        export_cutout_png,
        export_label_colours_png,
        export_label_map_png,
        export_mask_png,
        load_cutout_png,
        load_label_map_png,
        load_mask_png,
    )
    from esam_core.export.segmentations import encode_polygons, encode_rle
    from esam_core.export.svg import export_svg, load_svg
    from esam_core.export.yolo import export_yolo

# Imported on first use: only onnx needs torch, and only COCO needs pycocotools.
_MODULE_OF = {
    "zip_files": "archive",
    "export_coco": "coco",
    "coco_results": "coco_merge",
    "merge_coco": "coco_merge",
    "load_coco": "coco_read",
    "export_cvat": "cvat",
    "export_label_studio": "label_studio",
    "export_labelme": "labelme",
    "export_onnx": "onnx",
    "export_cutout_png": "png",
    "export_label_colours_png": "png",
    "export_label_map_png": "png",
    "export_mask_png": "png",
    "load_cutout_png": "png",
    "load_label_map_png": "png",
    "load_mask_png": "png",
    "encode_polygons": "segmentations",
    "encode_rle": "segmentations",
    "export_svg": "svg",
    "load_svg": "svg",
    "export_yolo": "yolo",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
