"""One ring for a region with holes: each hole is reached by a cut of no width.

The cuts run straight up, inside the region and along pixel edges. Programs that also draw a
polygon's border then draw nothing outside it, and no cut passes through a pixel's centre.
"""

import itertools

import numpy as np

from esam_core.export.outlines import Outline, mask_outlines
from esam_core.geometry import masks_to_boxes


def joined_rings(mask: np.ndarray) -> list[np.ndarray]:
    """Trace a mask (h, w) bool as one ring per connected region, with its holes joined to it.

    Rings keep their directions, so they mean the same under every fill rule.

    Returns:
        Corners (k, 2) int of each ring, (x, y) in pixels; the first is not repeated.
    """
    outlines = mask_outlines(mask)
    if not any(outline.holes for outline in outlines):
        return [outline.outer for outline in outlines]
    left, top, right, bottom = masks_to_boxes(mask[None])[0].astype(int).tolist()
    landings = _landings(mask[top:bottom, left:right]) + top
    rings = []
    for outline in outlines:
        if not outline.holes:
            rings.append(outline.outer)
            continue
        # A hole starts at the right end of its topmost edge: there, both pixels above are set.
        doors = np.array([hole[0] for hole in outline.holes])
        x, y = (doors - (left + 1, top + 1)).T
        rings.append(_joined(outline, np.stack([doors[:, 0], landings[y, x]], -1)))
    return rings


def _landings(mask: np.ndarray) -> np.ndarray:
    """Return the row edge up to which one can go from below each pixel, along its right edge.

    Args:
        mask: (h, w) bool.

    Returns:
        (h, w - 1) int: all pixels left and right of the way are set.
    """
    rows = np.arange(1, len(mask) + 1, dtype=np.int32)[:, None]
    blocked = np.where(mask[:, :-1] & mask[:, 1:], np.int32(0), rows)
    # Row by row: numpy's accumulate goes down the columns, which takes ten times as long.
    for above, row in itertools.pairwise(blocked):
        np.maximum(above, row, out=row)
    return blocked


def _joined(outline: Outline, lands: np.ndarray) -> np.ndarray:
    """Join the holes of a region to its outer ring, each by a cut to its point (x, y) in lands."""
    corners = np.concatenate(outline.rings)
    ends = np.cumsum([len(ring) for ring in outline.rings])
    following = np.arange(1, len(corners) + 1)
    following[ends - 1] = np.append(0, ends[:-1])
    doors, lasts = ends[:-1].tolist(), (ends[1:] - 1).tolist()
    edges = _edges_at(corners, following, lands).tolist()
    points, order, ways = corners.tolist(), following.tolist(), lands.tolist()
    # From right to left, so that cuts from one edge follow each other in its direction.
    for i in np.argsort(-lands[:, 0], kind="stable").tolist():
        # To the hole, around it, back: its last edge is vertical, so no other cut starts there.
        leave = len(points)
        points += [ways[i], points[doors[i]], ways[i]]
        order += [doors[i], leave + 2, order[edges[i]]]
        order[edges[i]], order[lasts[i]] = leave, leave + 1
    ring = np.array(_walk(points, order))
    return ring[(ring != np.roll(ring, 1, axis=0)).any(1)]


def _edges_at(corners: np.ndarray, following: np.ndarray, lands: np.ndarray) -> np.ndarray:
    """Return the index of the first corner of the edge on which each point (x, y) lies.

    Cuts end at edges with the region below, which run to the right; each end lies on just one.
    """
    across = corners[following] - corners
    starts = np.flatnonzero(across[:, 0] > 0)
    width = int(corners[:, 0].max()) + 1
    keys = corners[starts] @ np.array([1, width])
    order = np.argsort(keys)
    found = np.searchsorted(keys[order], lands @ np.array([1, width]), side="right") - 1
    return starts[order[found]]


def _walk(points: list[list[int]], order: list[int]) -> list[list[int]]:
    ring, at = [points[0]], order[0]
    while at != 0:
        ring.append(points[at])
        at = order[at]
    return ring
