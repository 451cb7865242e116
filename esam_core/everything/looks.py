"""A second look at the masks that a grid found: each again by its box, in a crop around it.

A click in a grid finds about where an object is; its box then says which object is meant, and in a
crop the model sees it larger. A model that understands masks is given the found one, too. On the
example photos ESAM-mini finds a quarter more of the annotated objects that way (``eval
everything``).
"""

from dataclasses import replace

import numpy as np
import torch

from esam_core.everything.candidates import (
    CandidateList,
    GridCandidates,
    LogitsTile,
    Upscaling,
    gathered,
)
from esam_core.everything.edges import invented_edges
from esam_core.everything.progress import Partial, ProgressReport
from esam_core.everything.resize import upscaling_to
from esam_core.everything.search import low_boxes_of
from esam_core.everything.selection import choose
from esam_core.everything.settings import GridSettings
from esam_core.segmenter import ImageEmbedding, Segmenter, stability_score
from esam_core.segmenter.look import AROUND_BOX, crop_embedding, grown_box
from esam_core.segmenter.mask_inputs import mask_to_logits

LIKENESS = 1.0  # weight of a candidate's likeness with the found mask beside its predicted IoU
SAME = 0.5  # IoU with the found mask below which the box means something else, such as its inside
LARGE = 0.5  # of a mask's pieces, those stay that are at least this large beside the largest
INVENTED = 0.06  # share of an outline; a mask with more straight cuts without an edge is dropped


def look_again(
    segmenter: Segmenter,
    embedding: ImageEmbedding,
    candidates: GridCandidates,
    settings: GridSettings,
    report: ProgressReport,
    partial: Partial | None = None,
) -> GridCandidates:
    """Return the best candidates, each decoded again in a crop around it.

    Masks with edges that the model invented are left out, see ``invented_edges``.

    Args:
        segmenter: The model.
        embedding: Of the whole image, with its pixels.
        candidates: All that a grid found.
        settings: At most ``looks`` candidates that pass its thresholds are looked at and kept.
        report: Goes on by one step per look.
        partial: Called after every look with a function that returns the candidates so far: those
            looked at, and after them the others as they were found.

    Raises:
        Cancelled: The report's ``cancel`` returned True.
    """
    chosen = choose(candidates, replace(settings, max_masks=settings.looks))
    looked, upscalings = CandidateList(settings, 0), dict(candidates.upscalings)
    done = 0

    def so_far() -> GridCandidates:
        seen = gathered(looked, candidates.image_hw, candidates.points, upscalings)
        return replace(seen.followed_by(candidates.take(chosen[done:])), looked=True)

    for index in chosen:
        report.check()
        crop_xyxy, tile, scores = _looked_at(segmenter, embedding, candidates, int(index), settings)
        if tile is None:  # the first look was the better one
            tile, crop_xyxy = candidates.tiles[index], candidates.crop_boxes_xyxy[index]
            scores = candidates.predicted_iou[index], candidates.stability_score[index]
        tile = tile.large_pieces(LARGE)
        x0, y0, x1, y1 = (int(side) for side in crop_xyxy)
        size = y1 - y0, x1 - x0
        if size not in upscalings:
            upscalings[size] = upscaling_to(segmenter, segmenter.low_res_hw(size), size)
        report.step(1)
        assert embedding.image is not None, "embedded() asks for the image"
        seen = upscalings[size].placed(tile)
        if invented_edges(seen, embedding.image[y0:y1, x0:x1]) <= INVENTED:
            box = upscalings[size].box_of(tile) + (x0, y0, x0, y0)
            looked.add(tile, *box, *scores, *candidates.point_coords[index], *crop_xyxy)
        done += 1
        if partial is not None:
            partial(so_far)
    report.step(settings.looks - len(chosen))
    return so_far()


def _looked_at(
    segmenter: Segmenter,
    embedding: ImageEmbedding,
    candidates: GridCandidates,
    index: int,
    settings: GridSettings,
) -> tuple[tuple[int, int, int, int], LogitsTile | None, tuple[float, ...]]:
    """Decode a candidate's box in a crop: the crop, its logits, predicted IoU and stability.

    There are no logits if the model finds something else.
    """
    image_hw = embedding.image_hw
    box = candidates.boxes_xyxy[index].astype(np.float64)
    crop_xyxy = grown_box(box, AROUND_BOX, image_hw, segmenter.low_res_hw(image_hw))
    x0, y0, x1, y1 = crop_xyxy
    crop = embedding
    if crop_xyxy != (0, 0, image_hw[1], image_hw[0]):
        crop = crop_embedding(segmenter, embedding, crop_xyxy)
    corners = (box.reshape(2, 2) - (x0, y0)).clip(0, (x1 - x0, y1 - y0))
    found = _in_crop(candidates, index, crop_xyxy)
    corrected = found[None] if segmenter.understands_mask_input and found.any() else None
    low = segmenter.decode(crop, corners[None].astype(np.float32), np.array([[2, 3]]), corrected)
    logits, scores = low.logits[0].float(), low.predicted_iou[0].float().cpu().numpy()
    likeness = _likeness(logits, found)
    best = int((scores + LIKENESS * likeness).argmax())
    if likeness[best] < SAME:
        return crop_xyxy, None, ()
    stability = stability_score(logits[best], settings.stability_score_offset)
    low_box = low_boxes_of(logits[best : best + 1])[0]
    tile = LogitsTile.cut(logits[best].cpu().numpy(), low_box.tolist())
    return crop_xyxy, tile, (float(scores[best]), float(stability))


def _in_crop(
    candidates: GridCandidates, index: int, crop_xyxy: tuple[int, int, int, int]
) -> np.ndarray:
    """Return a candidate's mask as it is seen in a crop, (h, w) bool in pixels of the image."""
    x0, y0, x1, y1 = (int(side) for side in candidates.crop_boxes_xyxy[index])
    upscaling: Upscaling = candidates.upscalings[y1 - y0, x1 - x0]
    part, top, left = upscaling.mask(candidates.tiles[index])
    top, left = top + y0 - crop_xyxy[1], left + x0 - crop_xyxy[0]
    seen = np.zeros((crop_xyxy[3] - crop_xyxy[1], crop_xyxy[2] - crop_xyxy[0]), bool)
    rows = slice(max(top, 0), max(top + part.shape[0], 0))
    columns = slice(max(left, 0), max(left + part.shape[1], 0))
    inside = seen[rows, columns]
    inside[:] = part[max(-top, 0) :, max(-left, 0) :][: inside.shape[0], : inside.shape[1]]
    return seen


def _likeness(logits: torch.Tensor, mask: np.ndarray) -> np.ndarray:
    """Return the IoU (3,) of candidates' logits (3, h', w') with a mask (h, w) bool."""
    size = logits.shape[-2], logits.shape[-1]
    same = torch.from_numpy(mask_to_logits(mask[None], size)[0] >= 0).to(logits.device)
    inside = logits >= 0
    shared = (inside & same).sum((-1, -2))
    return (shared / (inside | same).sum((-1, -2)).clamp(min=1)).cpu().numpy()
