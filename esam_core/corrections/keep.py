"""What of a new prediction is believed: a click says where the shown mask is wrong, and how much.

People click in the middle of an error. So the change that a click asks for is the piece of the new
prediction that holds the click, has its sign and is about centred on it; changes elsewhere are most
often the model forgetting what was right. Keeping only that piece of a change is known from
interactive segmentation as progressive merging (Chen et al., "FocalClick", CVPR 2022).
"""

import math

import numpy as np
from scipy import ndimage

EIGHT_NEIGHBOURS = np.ones((3, 3), bool)
# Measured on the example photos by ``eval clicks``.
FREE_STEPS = 4  # so many first steps may still change the whole mask, if centred on the click
CENTRED = 0.7  # depth of the click in a change, as a share of the deepest place
REACH = 3.0  # a change that is not centred ends at this many times the click's depth
# From these steps on, by label, a change ends at twice the click's depth in it, so that it stays
# where the click is surely right: after ten clicks 97 % instead of 83 % of the example photos'
# objects are at least as good as ever before, with a mean IoU .01 lower.
CAREFUL_FROM = {0: 4, 1: 7}
CAREFUL_REACH = 2.0
FAR = 0.1  # without a change, the region taken is at most this share of the mask's size


def kept_change(
    shown: np.ndarray, logits: np.ndarray, at_xy: tuple[float, float], label: int, step: int
) -> np.ndarray:
    """Return the mask (h, w) bool that a click makes of the shown one and a new prediction.

    Args:
        shown: The mask (h, w) bool that was clicked on.
        logits: The new prediction (h, w).
        at_xy: The click, in pixels.
        label: 1 if the click says missing, 0 if it says too much.
        step: How many steps came before.
    """
    new = logits >= 0
    follows = _at(new, at_xy) == bool(label)
    if follows and step < FREE_STEPS:
        depth = _depth(new ^ shown)
        if _at(depth, at_xy) >= CENTRED * max(float(depth.max()), 1.0):
            return new
    free = ~shown if label else shown  # where the click may change something
    if not _at(free, at_xy):
        return shown
    if follows:
        change = _centred(_piece(free & (new if label else ~new), at_xy), at_xy)
    else:
        change = _insisted(shown, free, logits if label else -logits, at_xy)
    if step >= CAREFUL_FROM[label]:
        change = _near(change, at_xy, CAREFUL_REACH)
    return shown ^ change


def _centred(change: np.ndarray, at_xy: tuple[float, float]) -> np.ndarray:
    """Return a change, or if the click is not in its middle, the part of it near the click."""
    depth = _depth(change)
    if _at(depth, at_xy) >= CENTRED * float(depth.max()):
        return change
    return _near(change, at_xy, REACH)


def _near(change: np.ndarray, at_xy: tuple[float, float], reach: float) -> np.ndarray:
    """Return the part of a change within a multiple of the click's depth in it."""
    radius = reach * max(_at(_depth(change), at_xy), 1.0)
    return _piece(change & _disc(change.shape, at_xy, radius), at_xy)


def _insisted(
    shown: np.ndarray, free: np.ndarray, towards: np.ndarray, at_xy: tuple[float, float]
) -> np.ndarray:
    """Return what to change where the prediction does not follow the click.

    It is the region around the click where the prediction is about as near to following as at the
    click, within twice the click's distance to the shown mask's border.

    Args:
        shown: (h, w) bool.
        free: (h, w) bool, where the click may change something.
        towards: Logits (h, w) in the direction of the click.
        at_xy: The click.
    """
    most = FAR * math.sqrt(np.count_nonzero(shown) + 1)
    radius = 2 * min(_at(_depth(free), at_xy), most)
    level = _at(towards, at_xy) * 1.25
    near = free & (towards >= level) & _disc(shown.shape, at_xy, max(radius, 1.0))
    return _piece(near, at_xy)


def _depth(region: np.ndarray) -> np.ndarray:
    """Distance (h, w) of each pixel of a region to the outside; the image's border is outside."""
    return ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]


def _piece(region: np.ndarray, at_xy: tuple[float, float]) -> np.ndarray:
    """Return the connected piece (h, w) bool of a region at a position; empty if it is outside."""
    pieces, _ = ndimage.label(region, EIGHT_NEIGHBOURS)
    number = _at(pieces, at_xy)
    return (pieces == number) & region


def _disc(shape: tuple[int, ...], at_xy: tuple[float, float], radius: float) -> np.ndarray:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (columns + 0.5 - at_xy[0]) ** 2 + (rows + 0.5 - at_xy[1]) ** 2 <= radius**2


def _at(values: np.ndarray, at_xy: tuple[float, float]) -> float:
    """Return the value of an array (h, w) at a position in pixels."""
    height, width = values.shape
    return float(values[min(int(at_xy[1]), height - 1), min(int(at_xy[0]), width - 1)])
