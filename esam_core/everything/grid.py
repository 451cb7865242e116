"""Positions of the grid points and of the crops."""

import math
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from esam_core.everything.settings import COARSER, GridSettings


class Crop(NamedTuple):
    """A part of the image that is embedded and searched separately.

    The box is in pixels of the image, the points (x, y) in pixels of the crop.
    """

    box_xyxy: tuple[int, int, int, int]
    points: np.ndarray  # (n, 2), always decoded
    if_uncovered: np.ndarray  # (m, 2), decoded only where no mask found so far covers them

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width in pixels."""
        x0, y0, x1, y1 = self.box_xyxy
        return y1 - y0, x1 - x0


def point_grid(points_per_side: int, size_hw: tuple[int, int]) -> np.ndarray:
    """Return the centres (n * n, 2) of n x n cells as (x, y) in pixels, row by row."""
    height, width = size_hw
    steps = (np.arange(points_per_side) + 0.5) / points_per_side
    return _lay(steps * width, steps * height)


def corner_grid(points_per_side: int, size_hw: tuple[int, int]) -> np.ndarray:
    """Return the points (n, 2) of the EfficientSAM authors' notebook, as (x, y) in pixels.

    Each lies half a pixel inside the top left corner of its cell, so that a strip one cell wide
    along the right and bottom edge has no points.
    """
    height, width = size_hw
    steps = np.arange(points_per_side) / points_per_side
    # On tiny images the last points would lie outside.
    return _lay(np.minimum(0.5 + steps * width, width), np.minimum(0.5 + steps * height, height))


def crop_boxes(
    image_hw: tuple[int, int], layer: int, overlap: float
) -> list[tuple[int, int, int, int]]:
    """Split an image into 2^layer x 2^layer overlapping boxes (x0, y0, x1, y1), column by column.

    The overlap is a fraction of the shorter side in the first layer and halves with each layer.
    The boxes equal those of segment-anything, ``utils/amg.py``.
    """
    height, width = image_hw
    if layer == 0:
        return [(0, 0, width, height)]
    side = 2**layer
    shared = int(overlap * min(height, width) * 2 / side)
    crop_w, crop_h = (math.ceil((shared * (side - 1) + full) / side) for full in (width, height))
    # On tiny images, rounding up can start the last crops beyond the image.
    lefts = [x for x in ((crop_w - shared) * i for i in range(side)) if x < width]
    tops = [y for y in ((crop_h - shared) * i for i in range(side)) if y < height]
    return [
        (x, y, min(x + crop_w, width), min(y + crop_h, height)) for x, y in product(lefts, tops)
    ]


def grid_crops(
    image_hw: tuple[int, int],
    settings: GridSettings,
    point_grids: Sequence[np.ndarray] | None = None,
) -> list[Crop]:
    """List the crops to search, with their points.

    Args:
        image_hw: Height and width of the image.
        settings: Grid and crops.
        point_grids: Custom points per crop layer instead of grids, (n, 2) as fractions of the crop.
    """
    found = []
    none = np.zeros((0, 2))
    for layer in range(settings.crop_n_layers + 1):
        side = max(settings.points_per_side // settings.crop_n_points_downscale_factor**layer, 1)
        for box in crop_boxes(image_hw, layer, settings.crop_overlap_ratio):
            crop = Crop(box, none, none)
            if point_grids is not None:
                points = point_grids[layer] * crop.size_hw[::-1]
            elif settings.upstream_rules:
                points = corner_grid(side, crop.size_hw)
            else:
                points = point_grid(side, crop.size_hw)
            if settings.hierarchical and side >= COARSER:
                coarse = point_grid(side // COARSER, crop.size_hw)
                found.append(crop._replace(points=coarse, if_uncovered=points))
            else:
                found.append(crop._replace(points=points))
    return found


def _lay(columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    y, x = np.meshgrid(rows, columns, indexing="ij")
    return np.stack([x, y], axis=-1).reshape(-1, 2)
