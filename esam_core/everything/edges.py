"""Edges that a model invented: a straight cut along a row or column where the photo shows none.

A box around half an object is often filled to its sides. Such a mask ends in a straight line in the
middle of the object, where the photo has no edge; a window or a screen ends where its photo does.
"""

import numpy as np
from scipy import ndimage

LONG = 0.25  # a straight run is at least this share of the mask's extent along it
SHORTEST = 8  # pixels; shorter runs are the steps of any slanted line
LARGEST_SIDE = 160  # pixels; larger masks are subsampled, which changes no straight line
STRIP = 3  # pixels on either side of an edge whose mean colours are compared
FAINT = 20  # difference of colours, of 255, below which no edge is seen


def invented_edges(mask: np.ndarray, image: np.ndarray) -> float:
    """Return the share of a mask's outline that is straight and not seen in the image.

    The border of the image is no outline.

    Args:
        mask: (h, w) bool.
        image: (h, w, 3) uint8, the pixels that the mask belongs to.

    Returns:
        A share in [0, 1]; 0 for a mask without an outline inside the image.
    """
    rows, columns = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
    if not len(rows):
        return 0.0
    step = max(1, max(np.ptp(rows), np.ptp(columns)) // LARGEST_SIDE)
    around = 2 * STRIP * step
    part = (
        slice(max(rows[0] - around, 0), rows[-1] + around + 1, step),
        slice(max(columns[0] - around, 0), columns[-1] + around + 1, step),
    )
    small, pixels = mask[part], image[part].astype(np.float32)
    length = invented = 0
    for inside, colours in ((small, pixels), (small.T, pixels.transpose(1, 0, 2))):
        outline, hidden = _along_rows(inside, colours)
        length, invented = length + outline, invented + hidden
    return invented / length if length else 0.0


def _along_rows(mask: np.ndarray, image: np.ndarray) -> tuple[int, int]:
    """Count the pixels of horizontal outline, and those in straight runs without an edge."""
    steps = np.diff(mask.astype(np.int8), axis=0)  # row y: between y and y + 1
    mean = ndimage.uniform_filter1d(image, STRIP, axis=0, mode="nearest")
    above, below = mean[:-1], mean[1:]
    reach = STRIP // 2
    above = np.concatenate([above[:1].repeat(reach, 0), above])[: len(steps)]
    below = np.concatenate([below, below[-1:].repeat(reach, 0)])[reach:]
    faint = np.abs(above - below).max(-1) < FAINT
    shortest = max(SHORTEST, round(LONG * np.ptp(mask.any(0).nonzero()[0])))
    line = np.ones((1, shortest), bool)
    straight = ndimage.binary_opening(steps == 1, line) | ndimage.binary_opening(steps == -1, line)
    return int((steps != 0).sum()), int((straight & faint).sum())
