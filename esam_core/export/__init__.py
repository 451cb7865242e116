"""Export of masks to common file formats and back, and of a model to ONNX."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.export.coco import encode_polygons as encode_polygons
    from esam_core.export.coco import encode_rle as encode_rle
    from esam_core.export.coco import export_coco as export_coco
    from esam_core.export.coco import load_coco as load_coco
    from esam_core.export.onnx import export_onnx as export_onnx
    from esam_core.export.png import export_cutout_png as export_cutout_png
    from esam_core.export.png import export_label_map_png as export_label_map_png
    from esam_core.export.png import export_mask_png as export_mask_png
    from esam_core.export.png import load_cutout_png as load_cutout_png
    from esam_core.export.png import load_label_map_png as load_label_map_png
    from esam_core.export.png import load_mask_png as load_mask_png
    from esam_core.export.svg import export_svg as export_svg
    from esam_core.export.svg import load_svg as load_svg

# Imported on first use: only onnx needs torch, and only coco needs pycocotools.
_MODULE_OF = {
    "encode_polygons": "coco",
    "encode_rle": "coco",
    "export_coco": "coco",
    "load_coco": "coco",
    "export_onnx": "onnx",
    "export_cutout_png": "png",
    "export_label_map_png": "png",
    "export_mask_png": "png",
    "load_cutout_png": "png",
    "load_label_map_png": "png",
    "load_mask_png": "png",
    "export_svg": "svg",
    "load_svg": "svg",
}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'esam_core.export' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.export.{_MODULE_OF[name]}"), name)
