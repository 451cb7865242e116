"""Boxes, IoU and interior points.

Boxes are corners (x0, y0, x1, y1) in pixels, x right, y down, x1 and y1 exclusive.
"""

import math

import numpy as np


def xyxy_to_xywh(boxes_xyxy: np.ndarray) -> np.ndarray:
    """Convert corner boxes (..., 4) to boxes (..., 4) as x, y, width, height."""
    boxes = np.asarray(boxes_xyxy)
    return np.concatenate([boxes[..., :2], boxes[..., 2:] - boxes[..., :2]], axis=-1)


def xywh_to_xyxy(boxes_xywh: np.ndarray) -> np.ndarray:
    """Convert boxes (..., 4) as x, y, width, height to corner boxes (..., 4)."""
    boxes = np.asarray(boxes_xywh)
    return np.concatenate([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], axis=-1)


def clip_boxes(boxes_xyxy: np.ndarray, image_hw: tuple[int, int]) -> np.ndarray:
    """Clip boxes (..., 4) to the image; a box outside the image becomes empty."""
    height, width = image_hw
    return np.clip(boxes_xyxy, 0, np.array([width, height, width, height]))


def box_iou(a_xyxy: np.ndarray, b_xyxy: np.ndarray) -> np.ndarray:
    """Return the IoU (n, m) of each box in a (n, 4) with each box in b (m, 4).

    Two empty boxes have an IoU of 0.
    """
    a, b = np.asarray(a_xyxy, np.float64)[:, None], np.asarray(b_xyxy, np.float64)[None]
    shared = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    intersection = shared.clip(min=0).prod(-1)
    area_a, area_b = (np.clip(x[..., 2:] - x[..., :2], 0, None).prod(-1) for x in (a, b))
    return intersection / np.maximum(area_a + area_b - intersection, 1e-9)


def mask_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the IoU (n, m) of each mask in a (n, h, w) with each mask in b (m, h, w).

    Two empty masks have an IoU of 0.
    """
    # float32 counts pixels exactly up to 2**24; the rounding error in larger images is negligible.
    pixels = math.prod(np.shape(b)[1:])
    flat_a, flat_b = (np.reshape(np.asarray(x, bool), (len(x), pixels)) for x in (a, b))
    flat_a, flat_b = flat_a.astype(np.float32), flat_b.astype(np.float32)
    intersection = flat_a @ flat_b.T
    union = flat_a.sum(1)[:, None] + flat_b.sum(1)[None] - intersection
    return intersection / np.maximum(union, 1)


def masks_to_boxes(masks: np.ndarray) -> np.ndarray:
    """Return the tight box (n, 4) float32 of each mask (n, h, w); zeros for an empty mask."""
    masks = np.asarray(masks, bool)
    boxes = np.zeros((len(masks), 4), np.float32)
    for i, mask in enumerate(masks):
        columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
        if len(columns):
            boxes[i] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return boxes


def interior_point(mask: np.ndarray) -> tuple[float, float] | None:
    """Return the pixel of a mask that is farthest from the background.

    Distance is the city-block distance; the area beyond the image's border is background. Of
    several equally distant pixels, the one closest to their centroid is chosen.

    Args:
        mask: (h, w) bool.

    Returns:
        The centre (x, y) of that pixel, in pixels; None for an empty mask.
    """
    from scipy import ndimage  # takes half a second to import

    x0, y0, x1, y1 = masks_to_boxes(mask[None])[0].astype(int)
    if x0 == x1:
        return None
    padded = np.pad(mask[y0:y1, x0:x1], 1)
    distance = ndimage.distance_transform_cdt(padded, metric="taxicab")
    rows, columns = np.nonzero(distance == distance.max())
    i = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return float(x0 + columns[i] - 1 + 0.5), float(y0 + rows[i] - 1 + 0.5)
