"""Masks as COCO's segmentations: run lengths or polygons, both exact."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from esam_core.errors import InvalidImage
from esam_core.export.cuts import joined_rings
from esam_core.values import shown

FARTHEST = 2**20  # pixels from the image's corner to that of a polygon


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
        InvalidImage: Neither of them, or run lengths of another size.
    """
    if isinstance(segmentation, Mapping):
        return _as_text(_checked_runs(segmentation, image_hw))
    if not isinstance(segmentation, list | tuple) or not segmentation:
        raise InvalidImage(f"a segmentation is polygons or run lengths, not {shown(segmentation)}.")
    polygons = [_checked_polygon(polygon) for polygon in segmentation]
    return _as_text(coco_mask.merge(coco_mask.frPyObjects(polygons, *image_hw)))


def decode_segmentation(segmentation: Any, image_hw: tuple[int, int]) -> np.ndarray:
    """Return any COCO segmentation as a mask (h, w) bool; see ``segmentation_to_rle``."""
    return coco_mask.decode(segmentation_to_rle(segmentation, image_hw)).astype(bool)


def _as_text(rle: Mapping[str, Any]) -> dict[str, Any]:
    counts = rle["counts"]
    return {
        "size": [int(v) for v in rle["size"]],
        "counts": counts.decode("ascii") if isinstance(counts, bytes) else counts,
    }


def _checked_polygon(polygon: Any) -> list[float]:
    try:
        values = np.array(polygon, float)
    except (TypeError, ValueError):
        values = np.empty(0)
    # pycocotools takes four numbers for a box, and memory by the length of the border.
    if (
        values.ndim != 1
        or len(values) < 6
        or len(values) % 2
        or not (np.abs(values) <= FARTHEST).all()
    ):
        raise InvalidImage(
            f"a polygon is x, y, x, y, ... of three corners or more, at most {FARTHEST} pixels "
            f"away; got {shown(polygon)}."
        )
    return values.tolist()


def _checked_runs(rle: Mapping[str, Any], image_hw: tuple[int, int]) -> Mapping[str, Any]:
    """Return run lengths that fill the image: decoding others reads or writes foreign memory."""
    height, width = image_hw
    if [*rle["size"]] != [height, width]:
        raise InvalidImage(f"a mask of size {rle['size']} in an image of {list(image_hw)}.")
    counts = rle["counts"]
    runs = counts if isinstance(counts, list) else _runs(counts)
    if any(not _is_run(run) for run in runs) or sum(runs) != height * width:
        raise InvalidImage(
            f"the run lengths {shown(counts)} do not fill an image of {width} x {height} pixels."
        )
    whole = {"size": [height, width], "counts": counts}
    return coco_mask.frPyObjects(whole, height, width) if isinstance(counts, list) else whole


def _runs(counts: Any) -> list[int]:
    """Return COCO's compressed run lengths as numbers; none if they are no such text.

    Each character holds five bits, lowest first, and whether the number goes on; from the fourth
    number on, they are differences to the one before the last.
    """
    if isinstance(counts, bytes):
        counts = counts.decode("latin-1")
    if not isinstance(counts, str) or any(not "0" <= char <= "o" for char in counts):
        return []
    runs: list[int] = []
    value = shift = 0
    for char in counts:
        bits = ord(char) - ord("0")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            value -= (bits >> 4 & 1) << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs if shift == 0 else []


def _is_run(value: Any) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and value >= 0
