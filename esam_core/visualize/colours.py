"""Colours: a palette for a few objects, and colours that stay with their mask among many."""

import colorsys

import numpy as np

from esam_core.masks import Masks

Colour = tuple[int, int, int]

# The page's own colours, so that a figure and the page look alike.
FIRST = ("5b7cfa", "f2733f", "23b08a", "d64f8a", "e0a91b", "8a63d2", "2ba3c6", "86a832")
GOLDEN = 0.618034  # steps of this share of the colour circle never come close to each other
CELLS = 24  # a mask keeps its colour while its centre stays in the same cell of the photo


def palette(n: int) -> list[Colour]:
    """Return n colours that are easy to tell apart; the first ones are always the same."""
    first = [tuple(bytes.fromhex(code)) for code in FIRST[:n]]
    return first + [_wheel(i) for i in range(n - len(first))]


def stable_colours(masks: Masks) -> list[Colour]:
    """Return a colour per mask that depends on its place and size, not on its number.

    The same mask has the same colour in another order, among other masks and after small changes.
    """
    height, width = masks.image_hw
    colours = []
    for mask, (x0, y0, x1, y1) in zip(masks.data, masks.boxes_xyxy.astype(int), strict=True):
        rows, columns = np.nonzero(mask[y0:y1, x0:x1])
        if not len(rows):
            colours.append(_wheel(0))
            continue
        row = int((y0 + rows.mean()) / height * CELLS)
        column = int((x0 + columns.mean()) / width * CELLS)
        octave = int(np.log2(len(rows)))
        colours.append(_wheel(octave + 7 * (column + CELLS * row)))
    return colours


def _wheel(step: int) -> Colour:
    hue, value = (0.11 + step * GOLDEN) % 1, (0.95, 0.78, 0.88)[step % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, (0.72, 0.62, 0.8)[step % 3], value)
    return round(255 * red), round(255 * green), round(255 * blue)
