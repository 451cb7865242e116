"""The search of one crop: decode its points, keep the candidates that pass the thresholds."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from esam_core.everything.candidates import CandidateList, LogitsTile
from esam_core.everything.filters import cut_by_crop, suppress
from esam_core.everything.grid import Crop
from esam_core.everything.progress import ProgressReport
from esam_core.everything.settings import GridSettings
from esam_core.modeling.cpu import free_cores
from esam_core.segmenter import ImageEmbedding, Segmenter, stability_score


class CropSearch:
    """Decodes the points of one crop, which may be the whole image.

    Args:
        segmenter: The model.
        embedding: Embedding of the crop.
        crop: Its box in the image and its points.
        image_hw: Height and width of the image in pixels.
        settings: Thresholds and batch size.
        found: Candidates of all crops; this search appends to it.
        report: Progress over all crops.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        embedding: ImageEmbedding,
        crop: Crop,
        image_hw: tuple[int, int],
        settings: GridSettings,
        found: CandidateList,
        report: ProgressReport,
    ):
        self.segmenter, self.embedding, self.crop = segmenter, embedding, crop
        self.image_hw, self.settings, self.found, self.report = image_hw, settings, found, report
        self.low_hw: tuple[int, int] | None = None
        self.covered: np.ndarray | None = None  # low-resolution union of the masks found so far

    def run(self) -> Iterator[int]:
        """Decode all points that need it; yield after every batch how many were decoded."""
        batch = self.settings.points_per_batch or self.segmenter.batch_size
        for points, check in ((self.crop.points, False), (self.crop.if_uncovered, True)):
            waiting = points
            while len(waiting):
                self.report.check()
                left = waiting[~self._is_covered(waiting)] if check else waiting
                part, rest = left[:batch], left[batch:]
                if len(part):
                    self._decode(part)
                self.report.step(len(waiting) - len(rest))
                waiting = rest
                yield len(part)

    @free_cores.computing()
    @torch.inference_mode()
    def _decode(self, points: np.ndarray) -> None:
        labels = np.ones((len(points), 1), np.int64)
        low, kept = self.segmenter.decode_if(self.embedding, points[:, None], labels, self._wanted)
        self.low_hw = low.logits.shape[-2], low.logits.shape[-1]
        if not len(kept):
            return
        wanted = self._wanted(low.predicted_iou)
        logits, predicted_iou = low.logits[wanted], low.predicted_iou[wanted]
        query = wanted.nonzero()[:, 0]
        stability = stability_score(logits, self.settings.stability_score_offset)
        stable = stability >= self.settings.stability_score_thresh
        stable &= logits.amax((-1, -2)) >= 0  # drop empty masks, whatever the thresholds
        stable = stable.nonzero()[:, 0]
        if len(stable) < len(logits):
            logits = logits[stable]
        point_of = kept[query[stable]].cpu().numpy()
        self._collect(
            logits,
            predicted_iou[stable].cpu().numpy(),
            stability[stable].cpu().numpy(),
            points[point_of],
        )

    def _wanted(self, predicted_iou: Tensor) -> Tensor:
        """Mark the candidates (q, 3) bool whose masks are needed, by predicted IoU (q, 3)."""
        wanted = torch.ones_like(predicted_iou, dtype=torch.bool)
        if self.settings.pred_iou_thresh > 0:
            wanted = predicted_iou > self.settings.pred_iou_thresh
        if self.settings.best_of_three:
            best = predicted_iou.argmax(-1, keepdim=True)
            wanted &= torch.zeros_like(wanted).scatter_(-1, best, True)
        return wanted

    def _collect(
        self,
        logits: Tensor,
        predicted_iou: np.ndarray,
        stability: np.ndarray,
        points: np.ndarray,
    ) -> None:
        """Store the tiles of candidates (m, h', w')."""
        low_boxes = low_boxes_of(logits)
        (height, width), (low_h, low_w) = self.crop.size_hw, logits.shape[-2:]
        scale = np.array([width / low_w, height / low_h] * 2)
        crop = np.array(self.crop.box_xyxy)
        corner = np.tile(crop[:2], 2)
        boxes = low_boxes * scale + corner
        points = points + corner[:2]
        inside = ~cut_by_crop(boxes, crop, self.image_hw)
        values = logits.cpu().numpy()
        for i in np.flatnonzero(inside):
            tile = LogitsTile.cut(values[i], low_boxes[i])
            self.found.add(tile, *boxes[i], predicted_iou[i], stability[i], *points[i], *crop)
            self._cover(tile, (low_h, low_w))
        self._shrink()

    def _shrink(self) -> None:
        """Stay within the limit: run NMS on the candidates of this crop."""
        if self.found.nbytes <= self.found.limit:
            return
        table = self.found.table()
        mine = (table[:, 8:] == np.array(self.crop.box_xyxy)).all(-1)
        here = np.flatnonzero(mine)
        best = suppress(table[here, :4], table[here, 4], self.settings.box_nms_thresh)
        self.found.keep(np.sort(np.concatenate([np.flatnonzero(~mine), here[best]])))

    def _cover(self, tile: LogitsTile, low_hw: tuple[int, int]) -> None:
        if not len(self.crop.if_uncovered):
            return
        if self.covered is None:
            self.covered = np.zeros(low_hw, bool)
        h, w = tile.levels.shape
        self.covered[tile.top : tile.top + h, tile.left : tile.left + w] |= tile.mask

    def _is_covered(self, points: np.ndarray) -> np.ndarray:
        if self.covered is None:
            return np.zeros(len(points), bool)
        low = np.array(self.covered.shape)
        cells = (points[:, ::-1] / self.crop.size_hw * low).astype(int).clip(0, low - 1)
        return self.covered[cells[:, 0], cells[:, 1]]


def low_boxes_of(logits: Tensor) -> np.ndarray:
    """Tight boxes (m, 4) of the masks of logits (m, h, w); none is empty."""
    columns, rows = (logits.amax(dim).ge(0).cpu().numpy() for dim in (-2, -1))
    spans = [(line.argmax(1), line.shape[1] - line[:, ::-1].argmax(1)) for line in (columns, rows)]
    (x0, x1), (y0, y1) = spans
    return np.stack([x0, y0, x1, y1], axis=1)
