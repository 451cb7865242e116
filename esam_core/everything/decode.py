"""Decoding a grid, chunk by chunk."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from esam_core.errors import Cancelled, InvalidSettings
from esam_core.everything.candidates import Collector, GridCandidates, Stretch, Tile
from esam_core.everything.filters import cut_by_crop, suppress
from esam_core.everything.grid import Frame, frames
from esam_core.everything.selection import select
from esam_core.everything.settings import GridSettings, preset
from esam_core.everything.upstream import follow_upstream
from esam_core.images import check_rgb
from esam_core.masks import Masks
from esam_core.segmenter import ImageEmbedding, Segmenter, stability_score

LOGITS_LIMIT = 128 * 2**20  # bytes of candidates' logits that are kept

Progress = Callable[[int, int], None]
Cancel = Callable[[], bool]


def segment_everything(
    segmenter: Segmenter,
    image_or_embedding: np.ndarray | ImageEmbedding,
    settings: GridSettings | None = None,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Masks:
    """Find the masks of everything in a photo.

    Args:
        segmenter: The model.
        image_or_embedding: The photo (h, w, 3) uint8 RGB, or its embedding.
        settings: Grid and filters; None is the preset ``quality`` for this model.
        progress: Called with the points done and their total after every chunk.
        cancel: Asked before every chunk; true stops.

    Returns:
        Masks in the photo's size, with the point and the crop that each was found by; maybe none.

    Raises:
        Cancelled: ``cancel`` said so.
        InvalidSettings: Crops are asked for, but only an embedding is given.
        InvalidImage: The photo is no RGB array.
    """
    settings = settings or preset("quality", segmenter.name)
    if settings.upstream_rules:
        watch = Watch(progress, cancel, settings.points_per_side**2)
        embedding = _embedded(segmenter, image_or_embedding, settings)
        return follow_upstream(segmenter, embedding, settings, watch)
    candidates = decode_grid(
        segmenter, image_or_embedding, settings, progress=progress, cancel=cancel
    )
    return select(candidates, settings)


def decode_grid(
    segmenter: Segmenter,
    image_or_embedding: np.ndarray | ImageEmbedding,
    settings: GridSettings | None = None,
    *,
    point_grids: Sequence[np.ndarray] | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> GridCandidates:
    """Decode a grid and keep the candidates that reach the settings' thresholds.

    ``select`` may then be called many times with other thresholds. It cannot bring back what was
    below these, so give low ones here. Should the candidates' logits outgrow 128 MiB, those that a
    better candidate covers are let go early.

    Args:
        segmenter: The model.
        image_or_embedding: The photo (h, w, 3) uint8 RGB, or its embedding.
        settings: Grid, crops and lowest thresholds; None is the preset ``quality``.
        point_grids: Own points instead of a grid, for each crop layer (n, 2) as fractions (x, y)
            of the crop.
        progress: Called with the points done and their total after every chunk.
        cancel: Asked before every chunk; true stops.

    Raises:
        Cancelled: ``cancel`` said so.
        InvalidSettings: Crops are asked for, but only an embedding is given.
        InvalidImage: The photo is no RGB array.
    """
    settings = settings or preset("quality", segmenter.name)
    embedding = _embedded(segmenter, image_or_embedding, settings)
    image_hw = embedding.image_hw
    parts = frames(image_hw, settings, point_grids)
    watch = Watch(progress, cancel, sum(len(p.points) + len(p.doubtful) for p in parts))
    found, stretches, decoded = Collector(settings, LOGITS_LIMIT), {}, 0
    for part in parts:
        if part.size_hw != image_hw:
            x0, y0, x1, y1 = part.box_xyxy
            embedding = segmenter.embed(np.ascontiguousarray(image_or_embedding[y0:y1, x0:x1]))
        search = FrameSearch(segmenter, embedding, part, image_hw, settings, found, watch)
        decoded += search.run()
        if search.low_hw and part.size_hw not in stretches:
            stretches[part.size_hw] = _stretch(segmenter, search.low_hw, part.size_hw)
    table = found.table()
    return GridCandidates(
        image_hw=image_hw,
        points=decoded,
        tiles=tuple(found.tiles),
        boxes_xyxy=table[:, :4],
        predicted_iou=table[:, 4],
        stability_score=table[:, 5],
        point_coords=table[:, 6:8],
        crop_boxes_xyxy=table[:, 8:].astype(np.int32),
        stretches=stretches,
    )


class Watch:
    """Tells how far the work is and asks whether to go on."""

    def __init__(self, progress: Progress | None, cancel: Cancel | None, total: int):
        self.progress, self.cancel = progress, cancel
        self.done, self.total = 0, total

    def ask(self) -> None:
        """Stop if the caller wants to.

        Raises:
            Cancelled: It does.
        """
        if self.cancel is not None and self.cancel():
            raise Cancelled(f"stopped after {self.done} of {self.total} points, as asked.")

    def step(self, points: int) -> None:
        """Report that some more points are done."""
        self.done += points
        if self.progress is not None:
            self.progress(self.done, self.total)


class FrameSearch:
    """The search of one frame: the whole photo, or a crop of it."""

    def __init__(
        self,
        segmenter: Segmenter,
        embedding: ImageEmbedding,
        frame: Frame,
        image_hw: tuple[int, int],
        settings: GridSettings,
        found: Collector,
        watch: Watch,
    ):
        self.segmenter, self.embedding, self.frame = segmenter, embedding, frame
        self.image_hw, self.settings, self.found, self.watch = image_hw, settings, found, watch
        self.low_hw: tuple[int, int] | None = None
        self.covered: np.ndarray | None = None  # low-resolution union of the masks found so far

    def run(self) -> int:
        """Decode all points that need it; returns how many did."""
        chunk = self.settings.points_per_batch or self.segmenter.batch_size
        decoded = 0
        for points, check in ((self.frame.points, False), (self.frame.doubtful, True)):
            waiting = points
            while len(waiting):
                self.watch.ask()
                left = waiting[~self._is_covered(waiting)] if check else waiting
                part, rest = left[:chunk], left[chunk:]
                if len(part):
                    self._decode(part)
                decoded += len(part)
                self.watch.step(len(waiting) - len(rest))
                waiting = rest
        return decoded

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
        stable &= logits.amax((-1, -2)) >= 0  # an empty mask is no mask, whatever the thresholds
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
        """Mark the candidates (q, 3) whose masks have to be drawn."""
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
        """Cut out and keep candidates (m, h', w')."""
        low_boxes = _boxes(logits)
        (height, width), (low_h, low_w) = self.frame.size_hw, self.low_hw
        scale = np.array([width / low_w, height / low_h] * 2)
        crop = np.array(self.frame.box_xyxy)
        corner = np.tile(crop[:2], 2)
        boxes = low_boxes * scale + corner
        points = points + corner[:2]
        inside = ~cut_by_crop(boxes, crop, self.image_hw)
        logits = logits.cpu().numpy()
        for i in np.flatnonzero(inside):
            tile = Tile.cut(logits[i], low_boxes[i])
            self.found.add(tile, *boxes[i], predicted_iou[i], stability[i], *points[i], *crop)
            self._cover(tile)
        self._shrink()

    def _shrink(self) -> None:
        """Keep within the limit: drop what a better candidate of the same frame covers."""
        if self.found.nbytes <= self.found.limit:
            return
        table = self.found.table()
        mine = (table[:, 8:] == np.array(self.frame.box_xyxy)).all(-1)
        here = np.flatnonzero(mine)
        best = suppress(table[here, :4], table[here, 4], self.settings.box_nms_thresh)
        self.found.keep(np.sort(np.concatenate([np.flatnonzero(~mine), here[best]])))

    def _cover(self, tile: Tile) -> None:
        if not len(self.frame.doubtful):
            return
        if self.covered is None:
            self.covered = np.zeros(self.low_hw, bool)
        h, w = tile.levels.shape
        self.covered[tile.top : tile.top + h, tile.left : tile.left + w] |= tile.mask

    def _is_covered(self, points: np.ndarray) -> np.ndarray:
        if self.covered is None:
            return np.zeros(len(points), bool)
        low = np.array(self.covered.shape)
        cells = (points[:, ::-1] / self.frame.size_hw * low).astype(int).clip(0, low - 1)
        return self.covered[cells[:, 0], cells[:, 1]]


def _embedded(
    segmenter: Segmenter, image_or_embedding: np.ndarray | ImageEmbedding, settings: GridSettings
) -> ImageEmbedding:
    if not isinstance(image_or_embedding, ImageEmbedding):
        return segmenter.embed(check_rgb(image_or_embedding))
    if settings.crop_n_layers:
        raise InvalidSettings(
            f"crop_n_layers is {settings.crop_n_layers}, but an embedding holds no pixels to crop; "
            "give the photo itself, or set crop_n_layers=0."
        )
    return image_or_embedding


def _boxes(logits: Tensor) -> np.ndarray:
    """Tight boxes (m, 4) of the masks of logits (m, h, w); none is empty."""
    columns, rows = (logits.amax(dim).ge(0).cpu().numpy() for dim in (-2, -1))
    spans = [(line.argmax(1), line.shape[1] - line[:, ::-1].argmax(1)) for line in (columns, rows)]
    (x0, x1), (y0, y1) = spans
    return np.stack([x0, y0, x1, y1], axis=1)


def _stretch(segmenter: Segmenter, low_hw: tuple[int, int], size_hw: tuple[int, int]) -> Stretch:
    """Read the model's interpolation off the way it stretches unit vectors."""
    rows, columns = (
        segmenter.upscale(torch.eye(low)[:, :, None], (full, 1))[..., 0].T.contiguous().numpy()
        for low, full in zip(low_hw, size_hw, strict=True)
    )
    return Stretch(rows, columns)
