"""Mask filters: NMS, and masks cut by a crop's edge."""

import numpy as np
import torch
from torchvision.ops import nms

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
