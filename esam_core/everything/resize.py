"""Candidates in another size of their image: what was found in a small view, drawn in full."""

from dataclasses import replace

import numpy as np
import torch

from esam_core.cleanup import remove_regions_at
from esam_core.everything.candidates import GridCandidates, Upscaling
from esam_core.everything.selection import choose, draw
from esam_core.everything.settings import GridSettings
from esam_core.masks import Masks
from esam_core.segmenter import Segmenter


def upscaling_to(
    segmenter: Segmenter, low_hw: tuple[int, int], size_hw: tuple[int, int]
) -> Upscaling:
    """Build the matrices from logits (h', w') to pixels (h, w) by upscaling unit vectors."""
    rows, columns = (
        segmenter.upscale(torch.eye(low)[:, :, None], (full, 1))[..., 0].T.contiguous().numpy()
        for low, full in zip(low_hw, size_hw, strict=True)
    )
    return Upscaling(rows, columns)


def resized(
    segmenter: Segmenter, candidates: GridCandidates, image_hw: tuple[int, int]
) -> GridCandidates:
    """Return the same candidates in the pixels of another size of their image.

    A model reads every image at one size of its own, so nothing has to be decoded again.

    Args:
        segmenter: The model that decoded the candidates.
        candidates: Candidates in any size of the image.
        image_hw: Height and width of the wanted size in pixels.
    """
    (old_height, old_width), (height, width) = candidates.image_hw, image_hw
    scale = np.array([width / old_width, height / old_height] * 2, np.float32)
    crops = np.rint(candidates.crop_boxes_xyxy * scale).astype(np.int32)
    upscalings: dict[tuple[int, int], Upscaling] = {}
    for old, new in zip(candidates.crop_boxes_xyxy, crops, strict=True):
        if _size(new) not in upscalings:
            known = candidates.upscalings[_size(old)]
            low_hw = known.rows.shape[1], known.columns.shape[1]
            upscalings[_size(new)] = upscaling_to(segmenter, low_hw, _size(new))
    return replace(
        candidates,
        image_hw=image_hw,
        boxes_xyxy=candidates.boxes_xyxy * scale,
        point_coords=candidates.point_coords * scale[:2],
        crop_boxes_xyxy=crops,
        upscalings=upscalings,
    )


def redraw(
    segmenter: Segmenter,
    candidates: GridCandidates,
    number: int,
    seen: np.ndarray,
    image_hw: tuple[int, int],
    min_area: int = 0,
) -> np.ndarray:
    """Draw a mask of ``select`` again, in another size of its image.

    Small regions are removed where they were removed from ``seen``, and nowhere else: to search a
    mask of 18 megapixels for them takes three times as long as to draw it.

    Args:
        segmenter: The model that decoded the candidates.
        candidates: The candidates.
        number: Index of the mask's candidate.
        seen: The mask (h', w') bool that ``select`` gave, in the candidates' size of the image.
        image_hw: Height and width of the wanted size in pixels.
        min_area: ``min_mask_region_area`` that ``select`` was given.

    Returns:
        The mask (h, w) bool.
    """
    alone = candidates.take(np.array([number]))
    drawn = draw(resized(segmenter, alone, image_hw), np.zeros(1, int))
    mask = drawn.data[0] if len(drawn) else np.zeros(image_hw, bool)
    before = draw(alone, np.zeros(1, int))
    if min_area and len(before):
        share = min_area / seen.size
        remove_regions_at(mask, before.data[0] ^ seen, round(share * mask.size))
    return mask


def sketch(
    segmenter: Segmenter,
    candidates: GridCandidates,
    settings: GridSettings,
    image_hw: tuple[int, int],
) -> Masks:
    """Filter candidates and draw them in a small size of their image, as a quick preview.

    Args:
        segmenter: The model that decoded the candidates.
        candidates: All that was found so far.
        settings: The filters, as for ``select``; small regions are not removed.
        image_hw: Height and width of the preview in pixels.

    Returns:
        Masks (n, h, w), highest predicted IoU first.
    """
    chosen = candidates.take(choose(candidates, settings))
    return draw(resized(segmenter, chosen, image_hw), np.arange(len(chosen)))


def _size(box_xyxy: np.ndarray) -> tuple[int, int]:
    x0, y0, x1, y1 = (int(side) for side in box_xyxy)
    return y1 - y0, x1 - x0
