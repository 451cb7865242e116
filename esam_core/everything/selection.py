"""From decoded candidates to masks: all filters that need no decoding."""

from dataclasses import dataclass

import numpy as np

from esam_core.cleanup import remove_small_regions
from esam_core.errors import InvalidSettings
from esam_core.everything.candidates import GridCandidates
from esam_core.everything.filters import suppress
from esam_core.everything.settings import GridSettings
from esam_core.geometry import masks_to_boxes
from esam_core.masks import Masks


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The candidates that passed all filters, as masks.

    Args:
        masks: k masks (k, h, w), highest predicted IoU first.
        numbers: (k,) the index of each among the candidates.
    """

    masks: Masks
    numbers: np.ndarray


def select(candidates: GridCandidates, settings: GridSettings) -> Masks:
    """Filter candidates and upscale the chosen ones to the image's size.

    See ``select_numbered``, which also tells which candidates they are.
    """
    return select_numbered(candidates, settings).masks


def select_numbered(candidates: GridCandidates, settings: GridSettings) -> Selection:
    """Filter candidates and upscale the chosen ones to the image's size.

    Applies thresholds, NMS, clean-up and ``max_masks``. Settings of the decoding (points, crops,
    stability offset) have no effect here, and candidates that ``decode_grid`` dropped stay dropped.

    Args:
        candidates: From ``decode_grid``.
        settings: The filters.

    Returns:
        The masks (n, h, w), highest predicted IoU first, with their candidates; n may be 0.

    Raises:
        InvalidSettings: ``upstream_rules`` is set; those rules need full-size masks.
    """
    if settings.upstream_rules:
        raise InvalidSettings(
            "upstream_rules judge masks at the image's size, which candidates no longer have; "
            "use segment_everything, or settings without upstream_rules."
        )
    chosen = choose(candidates, settings)
    masks, drawn = _drawn(candidates, chosen)
    numbers = chosen[drawn]
    if settings.min_mask_region_area:
        overlap = max(settings.box_nms_thresh, settings.crop_nms_thresh)
        kept = _clean(masks, settings.min_mask_region_area, overlap)
        masks, numbers = masks[kept], numbers[kept]
    return Selection(masks, numbers)


def choose(candidates: GridCandidates, settings: GridSettings) -> np.ndarray:
    """Return the indices (k,) of the candidates that pass thresholds and NMS, best first."""
    good = np.ones(len(candidates), bool)
    if settings.pred_iou_thresh > 0:
        good &= candidates.predicted_iou > settings.pred_iou_thresh
    if settings.stability_score_thresh > 0:
        good &= candidates.stability_score >= settings.stability_score_thresh
    if settings.best_of_three:
        good &= _best_of_point(candidates)
    boxes, iou = candidates.boxes_xyxy, candidates.predicted_iou
    if candidates.looked:  # their crops say how large they are, not how closely they were seen
        inside = np.flatnonzero(good)
        best = suppress(boxes[inside], iou[inside], settings.box_nms_thresh)
        return inside[best][: settings.max_masks]
    crops, crop_of = np.unique(candidates.crop_boxes_xyxy, axis=0, return_inverse=True)
    crop_of = crop_of.reshape(-1)
    parts = [np.zeros(0, int)]
    for crop in range(len(crops)):
        inside = np.flatnonzero(good & (crop_of == crop))
        parts.append(inside[suppress(boxes[inside], iou[inside], settings.box_nms_thresh)])
    kept = np.concatenate(parts)
    if len(crops) > 1:
        # Prefer smaller crops: they show the same object at a higher resolution.
        sides = (crops[:, 2:] - crops[:, :2]).astype(float)
        closeness = 1 / sides.prod(-1)[crop_of[kept]]
        kept = kept[suppress(boxes[kept], closeness, settings.crop_nms_thresh)]
    return kept[np.argsort(-iou[kept], kind="stable")][: settings.max_masks]


def draw(candidates: GridCandidates, chosen: np.ndarray) -> Masks:
    """Upscale candidates to masks, one at a time and only around each mask.

    Returns:
        Masks (k, h, w); a tiny mask can vanish when resampled to a small image, and is left out.
    """
    return _drawn(candidates, chosen)[0]


def clean(masks: Masks, min_area: int, box_nms_thresh: float) -> Masks:
    """Remove small regions, then duplicates by NMS, which prefers unchanged masks."""
    return masks[_clean(masks, min_area, box_nms_thresh)]


def _clean(masks: Masks, min_area: int, box_nms_thresh: float) -> np.ndarray:
    """Clean masks in place and return the indices (k,) of those to keep."""
    data, changed = masks.data, np.zeros(len(masks), bool)
    if not len(masks):
        return np.zeros(0, int)
    for i, mask in enumerate(data):
        cleaned, changed[i] = remove_small_regions(mask, min_area)
        if changed[i]:
            data[i] = cleaned
    boxes = masks.boxes_xyxy
    boxes[changed] = masks_to_boxes(data[changed])
    return np.sort(suppress(boxes, ~changed, box_nms_thresh))


def _drawn(candidates: GridCandidates, chosen: np.ndarray) -> tuple[Masks, np.ndarray]:
    """Upscale candidates; the masks (k, h, w), and which (n,) bool of the chosen they are."""
    data = np.zeros((len(chosen), *candidates.image_hw), bool)
    boxes = np.zeros((len(chosen), 4), np.float32)
    for row, index in enumerate(chosen):
        x0, y0, x1, y1 = (int(v) for v in candidates.crop_boxes_xyxy[index])
        part, top, left = candidates.upscalings[y1 - y0, x1 - x0].mask(candidates.tiles[index])
        top, left = top + y0, left + x0
        data[row, top : top + part.shape[0], left : left + part.shape[1]] = part
        if part.any():
            boxes[row] = masks_to_boxes(part[None])[0] + np.array([left, top, left, top])
    masks = Masks(
        data,
        boxes,
        candidates.predicted_iou[chosen],
        candidates.stability_score[chosen],
        candidates.point_coords[chosen],
        candidates.crop_boxes_xyxy[chosen].astype(np.float32),
    )
    drawn = boxes[:, 2] > boxes[:, 0]
    return (masks if drawn.all() else masks[drawn]), drawn


def _best_of_point(candidates: GridCandidates) -> np.ndarray:
    """Mark (n,) bool the candidate with the highest predicted IoU per point and crop."""
    keys = np.concatenate([candidates.point_coords, candidates.crop_boxes_xyxy], axis=1)
    _, point_of = np.unique(keys, axis=0, return_inverse=True)
    point_of = point_of.reshape(-1)
    order = np.lexsort((-candidates.predicted_iou, point_of))
    first = np.ones(len(order), bool)
    first[1:] = point_of[order][1:] != point_of[order][:-1]
    best = np.zeros(len(order), bool)
    best[order[first]] = True
    return best
