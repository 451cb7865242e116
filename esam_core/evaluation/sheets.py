"""A sheet of many photos with their masks, to look at."""

import math
from pathlib import Path

import numpy as np
from PIL import Image

from esam_core.files import writing
from esam_core.masks import Masks
from esam_core.visualize import draw_masks

TILE = 320  # pixels of a photo's longer side


class Sheet:
    """Collects pictures in rows.

    Args:
        path: File of the sheet, or None to collect nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.tiles: list[Image.Image] = []

    def add(self, image: np.ndarray, masks: Masks) -> None:
        """Add an image (h, w, 3) uint8 RGB with its masks."""
        if self.path is None:
            return
        tile = Image.fromarray(draw_masks(image, masks))
        tile.thumbnail((TILE, TILE))
        self.tiles.append(tile)

    def write(self) -> None:
        """Write the sheet.

        Raises:
            EsamError: The file cannot be written.
        """
        if self.path is None or not self.tiles:
            return
        columns = math.ceil(math.sqrt(len(self.tiles)))
        rows = math.ceil(len(self.tiles) / columns)
        sheet = Image.new("RGB", (columns * TILE, rows * TILE), "white")
        for number, tile in enumerate(self.tiles):
            sheet.paste(tile, (number % columns * TILE, number // columns * TILE))
        with writing(self.path):
            sheet.save(self.path)
