"""Exact outlines of masks along pixel edges: filling them reproduces the mask.

Common libraries do not trace pixel edges: matplotlib and scikit-image interpolate between pixel
centres, OpenCV connects the centres of border pixels. Filling such outlines loses or adds pixels.
rasterio's ``shapes`` is exact but depends on GDAL.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One connected region: its outer ring and the rings of its holes.

    The outer ring runs clockwise as seen on screen (x right, y down), holes run the other way, so
    the even-odd rule, the non-zero rule and signed areas all give the region. An island in a hole
    is a region of its own.

    Args:
        outer: Corners (k, 2) int of the ring, (x, y) in pixels; the first is not repeated. Edges
            are horizontal and vertical in turn, the first one is horizontal.
        holes: Rings of the holes, in the same format.
    """

    outer: np.ndarray
    holes: tuple[np.ndarray, ...]

    @property
    def rings(self) -> tuple[np.ndarray, ...]:
        """The outer ring, then those of the holes, (k, 2) each."""
        return (self.outer, *self.holes)


def mask_outlines(mask: np.ndarray) -> list[Outline]:
    """Trace the outlines of a mask, one per connected region.

    Args:
        mask: (h, w) bool; pixels that touch only at a corner are not connected.
    """
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    if not len(columns):
        return []
    # Tracing only the tight box keeps arrays small; its offset is added at the end.
    left, top = int(columns[0]), int(rows[0])
    part = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    rings, starts = _rings(part)
    owners = _owners(part, starts)
    moved = [ring + (left, top) for ring in rings]
    return [
        Outline(moved[i], tuple(moved[j] for j, other in enumerate(owners) if other == i != j))
        for i, owner in enumerate(owners)
        if owner == i
    ]


def fill_rings(rings: list[np.ndarray], image_hw: tuple[int, int]) -> np.ndarray:
    """Fill rings by the even-odd rule.

    Args:
        rings: Corners (k, 2) int each, (x, y) in pixels; edges are horizontal or vertical.
        image_hw: Height and width of the mask.

    Returns:
        The mask (h, w) bool.
    """
    crossings = np.zeros((image_hw[0], image_hw[1] + 1), bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if x0 == x1:
                crossings[min(y0, y1) : max(y0, y1), x0] ^= True
    return np.logical_xor.accumulate(crossings, axis=1)[:, :-1]


def _rings(mask: np.ndarray) -> tuple[list[np.ndarray], list[tuple[int, int]]]:
    """Trace all rings; also return each ring's topmost, then leftmost corner as (row, column).

    All run with the mask on their right: outer rings clockwise on screen, holes the other way.
    """
    rows, columns, order = _corners(mask)
    count = len(rows)
    # In each row and each column of corners, every second gap is an edge.
    across = _partners(np.arange(count))
    down = _partners(np.lexsort((order, rows, columns)))
    corners = np.stack([columns, rows], -1)
    seen = np.zeros(count, bool)
    rings, starts = [], []
    for start in range(count):
        if seen[start]:
            continue
        ring, at = [], start
        while not seen[at]:
            other = across[at]
            seen[at] = seen[other] = True
            ring += [at, other]
            at = down[other]
        # Every ring is traced clockwise. Turned round, a hole still starts with a horizontal edge.
        if not mask[rows[start], columns[start]]:
            ring = [ring[1], ring[0], *ring[:1:-1]]
        rings.append(corners[ring])
        starts.append((int(rows[start]), int(columns[start])))
    return rings, starts


def _corners(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows and columns of all corners in reading order, and which duplicate goes upwards.

    A corner is where one or three of the four pixels around it are set. Where two diagonal ones
    are, two rings touch and the corner is listed twice: once for the ring on its left, once for the
    one on its right.
    """
    p = np.pad(mask, 1)
    a, b, c, d = p[:-1, :-1], p[:-1, 1:], p[1:, :-1], p[1:, 1:]
    single = a ^ b ^ c ^ d
    falling, rising = a & d & ~b & ~c, b & c & ~a & ~d
    copies = single + 2 * (falling | rising).astype(np.int8)
    rows, columns = np.nonzero(copies)
    repeats = copies[rows, columns]
    twin = np.repeat(rising[rows, columns], repeats).astype(np.int8)
    rows, columns = np.repeat(rows, repeats), np.repeat(columns, repeats)
    second = np.zeros(len(rows), np.int8)
    second[1:] = (rows[1:] == rows[:-1]) & (columns[1:] == columns[:-1])
    # Falling diagonal: the left duplicate turns up, the right one down. Rising: the reverse.
    return rows, columns, second ^ twin


def _partners(order: np.ndarray) -> list[int]:
    partners = np.empty(len(order), np.int64)
    partners[order[0::2]], partners[order[1::2]] = order[1::2], order[0::2]
    return partners.tolist()


def _owners(mask: np.ndarray, starts: list[tuple[int, int]]) -> list[int]:
    """Return for each ring the index of its region's outer ring (its own index if it is outer)."""
    outer = [bool(mask[start]) for start in starts]
    if all(outer):
        return list(range(len(starts)))
    labels, _ = ndimage.label(mask)
    # A ring's first pixel is in its region, or, for a hole, just below a pixel of its region.
    regions = [labels[y if own else y - 1, x] for (y, x), own in zip(starts, outer, strict=True)]
    outer_of = {region: i for i, region in enumerate(regions) if outer[i]}
    return [outer_of[region] for region in regions]
