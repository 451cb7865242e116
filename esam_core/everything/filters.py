"""Mask filters: NMS, masks cut by a crop's edge, and small regions."""

import numpy as np
import torch
from scipy import ndimage
from torchvision.ops import nms

EIGHT_NEIGHBOURS = np.ones((3, 3), int)
NEAR_EDGE = 20.0  # pixels, segment-anything's tolerance


def suppress(boxes_xyxy: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    """Non-maximum suppression: of boxes whose IoU exceeds ``iou``, keep the best.

    Args:
        boxes_xyxy: (n, 4) in pixels.
        scores: (n,).
        iou: Largest IoU allowed between two kept boxes.

    Returns:
        Indices (k,) of the kept boxes, best first; equal scores keep their order.
    """
    # 64-bit indices and float32 scores; NMS sorts stably, so equal scores keep their order.
    boxes = torch.from_numpy(np.ascontiguousarray(boxes_xyxy, np.float32))
    order = torch.from_numpy(np.ascontiguousarray(scores, np.float32))
    return nms(boxes, order, iou).numpy()


def cut_by_crop(
    boxes_xyxy: np.ndarray, crop_xyxy: np.ndarray, image_hw: tuple[int, int]
) -> np.ndarray:
    """Mark boxes (n, 4) that touch an edge of their crop which is not an edge of the image.

    Such a mask is most likely part of an object that continues in the next crop. Returns (n,) bool.
    """
    height, width = image_hw
    image_box = np.array([0, 0, width, height])
    at_crop = np.abs(boxes_xyxy - crop_xyxy) <= NEAR_EDGE
    at_border = np.abs(boxes_xyxy - image_box) <= NEAR_EDGE
    return (at_crop & ~at_border).any(-1)


def remove_small_regions(mask: np.ndarray, min_area: int) -> tuple[np.ndarray, bool]:
    """Fill holes, then drop islands, of fewer than ``min_area`` pixels; diagonals connect.

    If every island is small, the largest stays. The rules are those of segment-anything.

    Args:
        mask: (h, w) bool.
        min_area: In pixels.

    Returns:
        The mask (h, w) bool, a new array if it changed, and whether it changed.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return mask, False
    top, bottom, left, right = _surroundings(rows, columns, mask.shape, min_area)
    part = mask[top:bottom, left:right]
    outside = (top > 0, bottom < mask.shape[0], left > 0, right < mask.shape[1])
    filled, had_holes = _fill_holes(part, min_area, outside)
    cleaned, had_islands = _drop_islands(filled, min_area)
    if not (had_holes or had_islands):
        return mask, False
    result = np.zeros_like(mask)
    result[top:bottom, left:right] = cleaned
    return result, True


def remove_regions_at(mask: np.ndarray, places: np.ndarray, min_area: int) -> None:
    """Remove small regions from a mask in place, as ``remove_small_regions`` does, only at places.

    Args:
        mask: (h, w) bool.
        places: (h', w') bool, the same image in another size, true where such regions are.
        min_area: In pixels of ``mask``.
    """
    scale = np.array(mask.shape) / places.shape
    found, _ = ndimage.label(places, EIGHT_NEIGHBOURS)
    for spans in ndimage.find_objects(found):
        ends = np.array([(span.start - 2, span.stop + 2) for span in spans]) * scale[:, None]
        (top, bottom), (left, right) = np.rint(ends).astype(int).clip(0, [*zip(mask.shape)])
        part = mask[top:bottom, left:right]
        outside = (top > 0, bottom < mask.shape[0], left > 0, right < mask.shape[1])
        filled, _ = _fill_holes(part, min_area, outside)
        # An island is a hole of the background; what leaves the window is none.
        background, _ = _fill_holes(~filled, min_area, outside)
        mask[top:bottom, left:right] = ~background


def _surroundings(
    rows: np.ndarray, columns: np.ndarray, image_hw: tuple[int, int], min_area: int
) -> tuple[int, int, int, int]:
    """Find the window around a mask that contains all its holes and islands.

    The window has one pixel of background on each side. It extends to the image's edge where the
    remaining strip is small enough to count as a hole.
    """
    height, width = image_hw
    top, bottom = max(rows[0] - 1, 0), min(rows[-1] + 2, height)
    top = 0 if top * width < min_area else top
    bottom = height if (height - bottom) * width < min_area else bottom
    left, right = max(columns[0] - 1, 0), min(columns[-1] + 2, width)
    left = 0 if left * (bottom - top) < min_area else left
    right = width if (width - right) * (bottom - top) < min_area else right
    return top, bottom, left, right


def _fill_holes(
    part: np.ndarray, min_area: int, outside: tuple[bool, bool, bool, bool]
) -> tuple[np.ndarray, bool]:
    """Fill holes; ``outside``: whether background continues above, below, left and right."""
    regions, count = ndimage.label(~part, EIGHT_NEIGHBOURS)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    sizes[0] = min_area
    edges = (regions[0], regions[-1], regions[:, 0], regions[:, -1])
    for goes_on, edge in zip(outside, edges, strict=True):
        if goes_on:
            sizes[edge] = min_area
    small = sizes < min_area
    return part | small[regions], bool(small.any())


def _drop_islands(part: np.ndarray, min_area: int) -> tuple[np.ndarray, bool]:
    regions, count = ndimage.label(part, EIGHT_NEIGHBOURS)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    sizes[0] = 0
    small = sizes < min_area
    if not small[1:].any():
        return part, False
    if small.all():
        small[sizes.argmax()] = False
    small[0] = True
    return ~small[regions], True
