"""Cleaning masks: the largest piece, holes, specks, and the edge."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from esam_core.errors import InvalidSettings
from esam_core.values import number, shown

EIGHT_NEIGHBOURS = np.ones((3, 3), int)
MOST_SMOOTH = 100.0  # pixels


@dataclass(frozen=True, slots=True)
class CleanUp:
    """How a mask is cleaned; the defaults change nothing. Diagonal pixels connect.

    Args:
        largest: Keep only the largest piece.
        holes: Fill holes of fewer than this many pixels.
        specks: Remove pieces of fewer than this many pixels; the largest one stays.
        smooth: Radius in pixels over which the edge is smoothed.

    Raises:
        InvalidSettings: A value of another type or out of range.
    """

    largest: bool = False
    holes: int = 0
    specks: int = 0
    smooth: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.largest, bool):
            raise InvalidSettings(f"largest is {shown(self.largest)}; use true or false.")
        for name in ("holes", "specks"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise InvalidSettings(
                    f"{name} is {shown(value)}; give a whole number of pixels from 0 on."
                )
        radius = number(self.smooth)
        if radius is None or not 0 <= radius <= MOST_SMOOTH:
            raise InvalidSettings(
                f"smooth is {shown(self.smooth)}; give a radius of 0 to {MOST_SMOOTH:g} pixels."
            )

    def to_json(self) -> dict[str, Any]:
        """Return JSON values that ``from_json`` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "CleanUp":
        """Create settings from the output of ``to_json``; missing keys are the defaults.

        Raises:
            InvalidSettings: An unknown key, or the constructor raises it.
        """
        known = asdict(cls())
        unknown = [key for key in record if key not in known]
        if unknown:
            raise InvalidSettings(
                f"cleaning has no setting {shown(unknown[0])}; use {', '.join(known)}."
            )
        return cls(**record)


def clean_up(mask: np.ndarray, settings: CleanUp) -> np.ndarray:
    """Return a cleaned mask (h, w) bool; never one of nothing if there was something.

    The order is: largest piece, holes, specks, edge.

    Args:
        mask: (h, w) bool.
        settings: What to do.
    """
    if settings.largest:
        mask = _largest_piece(mask)
    holes, specks = settings.holes, settings.specks
    if holes or specks:
        mask, _ = _cleaned(mask, holes, specks)
    return _smoothed(mask, settings.smooth) if settings.smooth else mask


def _largest_piece(mask: np.ndarray) -> np.ndarray:
    pieces, count = ndimage.label(mask, EIGHT_NEIGHBOURS)
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return pieces == sizes.argmax()


def _smoothed(mask: np.ndarray, radius: float) -> np.ndarray:
    """Blur a mask (h, w) bool and cut it at one half; the image's border counts as its own."""
    blurred = ndimage.gaussian_filter(mask.astype(np.float32), radius, mode="nearest")
    smooth = blurred >= 0.5
    return smooth if smooth.any() else mask


def remove_small_regions(mask: np.ndarray, min_area: int) -> tuple[np.ndarray, bool]:
    """Fill holes, then drop islands, of fewer than ``min_area`` pixels; diagonals connect.

    If every island is small, the largest stays. The rules are those of segment-anything.

    Args:
        mask: (h, w) bool.
        min_area: In pixels.

    Returns:
        The mask (h, w) bool, a new array if it changed, and whether it changed.
    """
    return _cleaned(mask, min_area, min_area)


def _cleaned(mask: np.ndarray, holes: int, islands: int) -> tuple[np.ndarray, bool]:
    """Fill holes and drop islands of fewer pixels; the mask (h, w), and whether it changed."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return mask, False
    top, bottom, left, right = _surroundings(rows, columns, mask.shape, holes)
    part = mask[top:bottom, left:right]
    outside = (top > 0, bottom < mask.shape[0], left > 0, right < mask.shape[1])
    filled, had_holes = _fill_holes(part, holes, outside)
    cleaned, had_islands = _drop_islands(filled, islands)
    if not (had_holes or had_islands):
        return mask, False
    result = np.zeros_like(mask)
    result[top:bottom, left:right] = cleaned
    return result, True


def remove_regions_at(mask: np.ndarray, places: np.ndarray, min_area: int) -> None:
    """Remove small regions from a mask in place, as ``remove_small_regions`` does, only at places.

    Args:
        mask: (h, w) bool.
        places: (h', w') bool, the same image in another size, true where such regions are.
        min_area: In pixels of ``mask``.
    """
    scale = np.array(mask.shape) / places.shape
    found, _ = ndimage.label(places, EIGHT_NEIGHBOURS)
    for spans in ndimage.find_objects(found):
        ends = np.array([(span.start - 2, span.stop + 2) for span in spans]) * scale[:, None]
        (top, bottom), (left, right) = np.rint(ends).astype(int).clip(0, [*zip(mask.shape)])
        part = mask[top:bottom, left:right]
        outside = (top > 0, bottom < mask.shape[0], left > 0, right < mask.shape[1])
        filled, _ = _fill_holes(part, min_area, outside)
        # An island is a hole of the background; what leaves the window is none.
        background, _ = _fill_holes(~filled, min_area, outside)
        mask[top:bottom, left:right] = ~background


def _surroundings(
    rows: np.ndarray, columns: np.ndarray, image_hw: tuple[int, int], min_area: int
) -> tuple[int, int, int, int]:
    """Find the window around a mask that contains all its holes and islands.

    The window has one pixel of background on each side. It extends to the image's edge where the
    remaining strip is small enough to count as a hole.
    """
    height, width = image_hw
    top, bottom = max(rows[0] - 1, 0), min(rows[-1] + 2, height)
    top = 0 if top * width < min_area else top
    bottom = height if (height - bottom) * width < min_area else bottom
    left, right = max(columns[0] - 1, 0), min(columns[-1] + 2, width)
    left = 0 if left * (bottom - top) < min_area else left
    right = width if (width - right) * (bottom - top) < min_area else right
    return top, bottom, left, right


def _fill_holes(
    part: np.ndarray, min_area: int, outside: tuple[bool, bool, bool, bool]
) -> tuple[np.ndarray, bool]:
    """Fill holes; ``outside``: whether background continues above, below, left and right."""
    regions, count = ndimage.label(~part, EIGHT_NEIGHBOURS)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    sizes[0] = min_area
    edges = (regions[0], regions[-1], regions[:, 0], regions[:, -1])
    for goes_on, edge in zip(outside, edges, strict=True):
        if goes_on:
            sizes[edge] = min_area
    small = sizes < min_area
    return part | small[regions], bool(small.any())


def _drop_islands(part: np.ndarray, min_area: int) -> tuple[np.ndarray, bool]:
    regions, count = ndimage.label(part, EIGHT_NEIGHBOURS)
    sizes = np.bincount(regions.ravel(), minlength=count + 1)
    sizes[0] = 0
    small = sizes < min_area
    if not small[1:].any():
        return part, False
    if small.all():
        small[sizes.argmax()] = False
    small[0] = True
    return ~small[regions], True
