"""Segment everything by the rules of the notebook of EfficientSAM's authors, streamed in batches.

Source: yformer/EfficientSAM at d525f622, EfficientSAM_segment_everything_example.ipynb. The
notebook decodes all points at once and holds three full-size masks of each. Its rules treat every
mask independently until the last step, so batches give the same result.
"""

import numpy as np
import torch
from pycocotools import mask as rle
from torch import Tensor

from esam_core.cleanup import remove_small_regions
from esam_core.everything.filters import suppress
from esam_core.everything.grid import grid_crops
from esam_core.everything.progress import ProgressReport
from esam_core.everything.settings import GridSettings
from esam_core.geometry import masks_to_boxes
from esam_core.masks import Masks
from esam_core.segmenter import ImageEmbedding, Segmenter, stability_score

FULL_SIZE_BYTES = 64 * 2**20  # full-size logits in memory at a time


def follow_upstream(
    segmenter: Segmenter,
    embedding: ImageEmbedding,
    settings: GridSettings,
    report: ProgressReport,
) -> Masks:
    """Find masks (n, h, w), in the order of the notebook's last step (NMS)."""
    height, width = embedding.image_hw
    points = grid_crops(embedding.image_hw, settings)[0].points
    batch = settings.points_per_batch or segmenter.batch_size
    at_once = max(FULL_SIZE_BYTES // (4 * height * width), 1)
    packed: list[dict] = []
    rows: list[tuple[float, ...]] = []  # box, predicted IoU, stability, point, unchanged

    def wanted(predicted_iou: Tensor) -> Tensor:
        best = predicted_iou.argmax(-1, keepdim=True)
        chosen = torch.zeros_like(predicted_iou, dtype=torch.bool).scatter_(-1, best, True)
        threshold = settings.pred_iou_thresh
        return chosen & (predicted_iou > threshold) if threshold > 0 else chosen

    for start in range(0, len(points), batch):
        report.check()
        part = points[start : start + batch]
        labels = np.ones((len(part), 1), np.int64)
        low, kept = segmenter.decode_if(embedding, part[:, None], labels, wanted)
        chosen = wanted(low.predicted_iou)
        logits, ious = low.logits[chosen], low.predicted_iou[chosen].tolist()
        for first in range(0, len(logits), at_once):
            full = segmenter.upscale(logits[first : first + at_once], embedding.image_hw)
            stability = stability_score(full, settings.stability_score_offset).tolist()
            data = full.ge(0).cpu().numpy()
            for i, mask in enumerate(data, start=first):
                if settings.stability_score_thresh and not (
                    stability[i - first] > settings.stability_score_thresh
                ):
                    continue
                mask, changed = remove_small_regions(mask, settings.min_mask_region_area)
                packed.append(rle.encode(np.asfortranarray(mask, np.uint8)))
                box = masks_to_boxes(mask[None])[0]
                point = part[int(kept[i])]
                rows.append((*box, ious[i], stability[i - first], *point, not changed))
        report.step(len(part))
    return _finish(packed, np.array(rows, np.float32).reshape(-1, 9), settings, (height, width))


def _finish(
    packed: list[dict], table: np.ndarray, settings: GridSettings, image_hw: tuple[int, int]
) -> Masks:
    """Drop duplicates by NMS and unpack the remaining masks."""
    # segment-anything's boxes include their last pixel, which changes overlaps slightly.
    inclusive = table[:, :4] - np.array([0, 0, 1, 1], np.float32)
    inclusive[table[:, 2] == 0] = 0
    kept = suppress(inclusive, table[:, 8], settings.box_nms_thresh)[: settings.max_masks]
    data = np.zeros((len(kept), *image_hw), bool)
    for row, index in enumerate(kept):
        data[row] = rle.decode(packed[index])
    columns = table[kept]
    crops = np.tile(np.array([0, 0, *image_hw[::-1]], np.float32), (len(kept), 1))
    return Masks(data, columns[:, :4], columns[:, 4], columns[:, 5], columns[:, 6:8], crops)
