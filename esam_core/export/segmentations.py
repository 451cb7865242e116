"""Masks as COCO's segmentations: run lengths or polygons, both exact."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from esam_core.errors import InvalidImage
from esam_core.export.cuts import joined_rings


def encode_rle(mask: np.ndarray) -> dict[str, Any]:
    """Return a mask (h, w) bool as COCO's compressed RLE, with counts as a string for JSON."""
    return _as_text(coco_mask.encode(np.asfortranarray(mask, np.uint8)))


def encode_polygons(mask: np.ndarray) -> list[list[float]]:
    """Return a mask (h, w) bool as COCO polygons [x, y, x, y, ...], one per connected region.

    Coordinates are pixel edges. A polygon runs clockwise on screen, around holes the other way, so
    the even-odd rule, the non-zero rule and the shoelace formula agree on it.
    """
    rings = joined_rings(np.asarray(mask, bool))
    return [ring.ravel().astype(float).tolist() for ring in rings]


def segmentation_to_rle(segmentation: Any, image_hw: tuple[int, int]) -> dict[str, Any]:
    """Return any COCO segmentation as compressed RLE, with counts as a string for JSON.

    Args:
        segmentation: Compressed or plain run lengths, or polygons.
        image_hw: Height and width of the image.

    Raises:
        InvalidImage: Run lengths of another size.
    """
    if not isinstance(segmentation, Mapping):
        return _as_text(coco_mask.merge(coco_mask.frPyObjects(segmentation, *image_hw)))
    rle = dict(segmentation)
    if tuple(int(v) for v in rle["size"]) != image_hw:
        raise InvalidImage(f"a mask of size {rle['size']} in an image of {list(image_hw)}.")
    if isinstance(rle["counts"], list):
        rle = coco_mask.frPyObjects(rle, *image_hw)
    return _as_text(rle)


def decode_segmentation(segmentation: Any, image_hw: tuple[int, int]) -> np.ndarray:
    """Return any COCO segmentation as a mask (h, w) bool; see ``segmentation_to_rle``."""
    return coco_mask.decode(segmentation_to_rle(segmentation, image_hw)).astype(bool)


def _as_text(rle: Mapping[str, Any]) -> dict[str, Any]:
    counts = rle["counts"]
    return {
        "size": [int(v) for v in rle["size"]],
        "counts": counts.decode("ascii") if isinstance(counts, bytes) else counts,
    }
