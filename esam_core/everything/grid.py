"""Where the points and the crops lie."""

import math
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from esam_core.everything.settings import COARSER, GridSettings


class Crop(NamedTuple):
    """A part of the photo that is searched by itself.

    Its box is in pixels of the photo; its points are pixels of its own.
    """

    box_xyxy: tuple[int, int, int, int]
    points: np.ndarray  # (n, 2), decoded one and all
    if_uncovered: np.ndarray  # (m, 2), decoded only where nothing covers them

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width in pixels."""
        x0, y0, x1, y1 = self.box_xyxy
        return y1 - y0, x1 - x0


def point_grid(points_per_side: int, size_hw: tuple[int, int]) -> np.ndarray:
    """Lay points (n * n, 2), row by row, on the centres of n x n cells, in pixels."""
    height, width = size_hw
    steps = (np.arange(points_per_side) + 0.5) / points_per_side
    return _lay(steps * width, steps * height)


def corner_grid(points_per_side: int, size_hw: tuple[int, int]) -> np.ndarray:
    """Lay points like the notebook of EfficientSAM's authors: half a pixel off the cells' corners.

    The right and bottom strip of the photo, one cell wide, has none.
    """
    height, width = size_hw
    steps = np.arange(points_per_side) / points_per_side
    # On photos of a few pixels the last ones would lie outside.
    return _lay(np.minimum(0.5 + steps * width, width), np.minimum(0.5 + steps * height, height))


def crop_boxes(
    image_hw: tuple[int, int], layer: int, overlap: float
) -> list[tuple[int, int, int, int]]:
    """Cut a photo into 2^layer x 2^layer overlapping boxes (x0, y0, x1, y1), column by column.

    The overlap is a fraction of the shorter side in the first layer and halves with each layer.
    Boxes equal those of segment-anything, ``utils/amg.py``.
    """
    height, width = image_hw
    if layer == 0:
        return [(0, 0, width, height)]
    side = 2**layer
    shared = int(overlap * min(height, width) * 2 / side)
    crop_w, crop_h = (math.ceil((shared * (side - 1) + full) / side) for full in (width, height))
    # On photos of a few pixels rounding up leaves last crops that start beyond the photo.
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
    """List what has to be searched.

    Args:
        image_hw: Height and width of the photo.
        settings: Grid and crops.
        point_grids: Own points per crop layer, (n, 2) as fractions of the crop, instead of grids.
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
