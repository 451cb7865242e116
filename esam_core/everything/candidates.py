"""Compact storage of decoded candidates: low-resolution 8-bit logits around each mask."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import ndimage

from esam_core.everything.settings import GridSettings

LEVELS_PER_LOGIT = 8  # stored logits range from -16 to 16 in steps of 1/8
COLUMNS = (
    "boxes_xyxy",
    "predicted_iou",
    "stability_score",
    "point_coords",
    "crop_boxes_xyxy",
)  # of GridCandidates, one row per candidate
MARGIN = 3  # low-resolution cells around a mask that bicubic interpolation at its edge reads


@dataclass(frozen=True, slots=True, eq=False)
class LogitsTile:
    """One candidate's logits, cropped around its mask.

    Args:
        levels: (h, w) int8; the logit is (level + 0.5) / 8, so quantisation never flips a sign.
        top: First row in the low-resolution map of its crop.
        left: First column.
    """

    levels: np.ndarray
    top: int
    left: int

    @classmethod
    def cut(cls, logits: np.ndarray, box_xyxy: Sequence[int]) -> "LogitsTile":
        """Crop logits (h', w') float32 to a box (x0, y0, x1, y1) plus ``MARGIN`` and quantise."""
        x0, y0, x1, y1 = box_xyxy
        top, left = max(y0 - MARGIN, 0), max(x0 - MARGIN, 0)
        part = logits[top : y1 + MARGIN, left : x1 + MARGIN] * LEVELS_PER_LOGIT
        return cls(np.floor(part).clip(-128, 127).astype(np.int8), top, left)

    @property
    def mask(self) -> np.ndarray:
        """The mask within the tile, (h, w) bool."""
        return self.levels >= 0

    def large_pieces(self, share: float) -> "LogitsTile":
        """Return the tile without pieces of its mask smaller than a share of the largest one."""
        pieces, count = ndimage.label(self.mask)
        if count < 2:
            return self
        areas = np.bincount(pieces.ravel())
        small = np.flatnonzero(areas < share * areas[1:].max())
        dropped = np.isin(pieces, small[small > 0])
        return replace(self, levels=np.where(dropped, np.int8(-LEVELS_PER_LOGIT), self.levels))

    @property
    def logits(self) -> np.ndarray:
        """The logits (h, w) float32, exact to 1/16."""
        return (self.levels + np.float32(0.5)) / LEVELS_PER_LOGIT


@dataclass(frozen=True, slots=True, eq=False)
class Upscaling:
    """Separable upscaling of a low-resolution crop to image pixels: one matrix per axis.

    Interpolation along rows and along columns is one matrix product each, so it can be limited to
    the part of the image that a mask covers.

    Args:
        rows: (height, h') float32.
        columns: (width, w') float32.
    """

    rows: np.ndarray
    columns: np.ndarray

    def mask(self, tile: LogitsTile) -> tuple[np.ndarray, int, int]:
        """Upscale a tile: its mask (h, w) bool, and its first row and column in the crop."""
        top, bottom = self._span(self.rows, tile.top, tile.levels.shape[0])
        left, right = self._span(self.columns, tile.left, tile.levels.shape[1])
        rows = self.rows[top:bottom, tile.top : tile.top + tile.levels.shape[0]]
        columns = self.columns[left:right, tile.left : tile.left + tile.levels.shape[1]]
        return (rows @ tile.logits @ columns.T) >= 0, top, left

    def box_of(self, tile: LogitsTile) -> np.ndarray:
        """Return the box (4,) of a tile's mask in pixels of the crop, at its own accuracy."""
        rows, columns = tile.mask.any(1).nonzero()[0], tile.mask.any(0).nonzero()[0]
        low = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
        low += (tile.left, tile.top, tile.left, tile.top)
        (height, low_height), (width, low_width) = self.rows.shape, self.columns.shape
        return low * np.array([width / low_width, height / low_height] * 2)

    def placed(self, tile: LogitsTile) -> np.ndarray:
        """Upscale a tile to the whole crop, (h, w) bool."""
        part, top, left = self.mask(tile)
        crop = np.zeros((self.rows.shape[0], self.columns.shape[0]), bool)
        crop[top : top + part.shape[0], left : left + part.shape[1]] = part
        return crop

    @staticmethod
    def _span(matrix: np.ndarray, start: int, length: int) -> tuple[int, int]:
        """Return the range of pixels [first, last) whose interpolation reads only tile cells."""
        full, low = matrix.shape
        end, edge = start + length, MARGIN - 1
        first = 0 if start == 0 else int(np.ceil((start + edge) * full / low))
        last = full if end == low else int((end - edge) * full / low)
        return first, max(last, first)


@dataclass(frozen=True, slots=True, eq=False)
class GridCandidates:
    """All n candidates of a grid, before the filters that ``select`` applies.

    Args:
        image_hw: Height and width of the image.
        points: Number of points decoded.
        tiles: Low-resolution logits of each candidate.
        boxes_xyxy: (n, 4) float32 in pixels of the image, at low-resolution accuracy.
        predicted_iou: (n,) float32.
        stability_score: (n,) float32, at low resolution.
        point_coords: (n, 2) float32 in pixels of the image.
        crop_boxes_xyxy: (n, 4) int32 in pixels of the image, the crop each was found in.
        upscalings: The upscaling for each crop size (height, width).
        looked: Whether each has a crop of its own, from a second look.
    """

    image_hw: tuple[int, int]
    points: int
    tiles: tuple[LogitsTile, ...]
    boxes_xyxy: np.ndarray
    predicted_iou: np.ndarray
    stability_score: np.ndarray
    point_coords: np.ndarray
    crop_boxes_xyxy: np.ndarray
    upscalings: dict[tuple[int, int], Upscaling]
    looked: bool = False

    def __len__(self) -> int:
        return len(self.tiles)

    @property
    def nbytes(self) -> int:
        """Bytes of the stored logits."""
        return sum(tile.levels.nbytes for tile in self.tiles)

    def take(self, numbers: np.ndarray) -> "GridCandidates":
        """Return the candidates at these indices (k,) only, in this order."""
        columns: dict[str, Any] = {name: getattr(self, name)[numbers] for name in COLUMNS}
        return replace(
            self,
            tiles=tuple(self.tiles[number] for number in numbers),
            **columns,
        )

    def followed_by(self, others: "GridCandidates") -> "GridCandidates":
        """Return these candidates and then others of the same image."""
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(others, name)]) for name in COLUMNS
        }
        upscalings = others.upscalings | self.upscalings
        return replace(self, tiles=self.tiles + others.tiles, upscalings=upscalings, **columns)


@dataclass(slots=True)
class CandidateList:
    """Collects candidates while a grid is decoded.

    Args:
        settings: Only ``box_nms_thresh`` is used.
        limit: Bytes of logits above which NMS runs early to drop overlapping candidates.
    """

    settings: GridSettings
    limit: int
    tiles: list[LogitsTile] = field(default_factory=list)
    rows: list[tuple[float, ...]] = field(default_factory=list)
    nbytes: int = 0

    def add(self, tile: LogitsTile, *row: float) -> None:
        """Add a candidate: tile, then box (4), predicted IoU, stability, point (2), crop (4)."""
        self.tiles.append(tile)
        self.rows.append(row)
        self.nbytes += tile.levels.nbytes

    def keep(self, indices: np.ndarray) -> None:
        """Drop all candidates except those at ``indices`` (k,)."""
        self.tiles = [self.tiles[i] for i in indices]
        self.rows = [self.rows[i] for i in indices]
        self.nbytes = sum(tile.levels.nbytes for tile in self.tiles)

    def table(self) -> np.ndarray:
        """Return the rows as (n, 12) float32."""
        return np.array(self.rows, np.float32).reshape(-1, 12)


def gathered(
    found: CandidateList,
    image_hw: tuple[int, int],
    points: int,
    upscalings: dict[tuple[int, int], Upscaling],
) -> GridCandidates:
    """Return what was collected so far, as it is now: later additions do not change it."""
    table = found.table()
    return GridCandidates(
        image_hw=image_hw,
        points=points,
        tiles=tuple(found.tiles),
        boxes_xyxy=table[:, :4],
        predicted_iou=table[:, 4],
        stability_score=table[:, 5],
        point_coords=table[:, 6:8],
        crop_boxes_xyxy=table[:, 8:].astype(np.int32),
        upscalings=dict(upscalings),
    )
