"""Masks as one picture: a map of labels, and colours that stay with a mask."""

import colorsys
import zlib

import numpy as np

from esam_core.masks import Masks


def label_map(masks: Masks) -> np.ndarray:
    """Paint all masks into one map (h, w) uint16, the largest first, so that small ones stay.

    Returns:
        0 where no mask is, and i + 1 where ``masks[i]`` is on top.
    """
    labels = np.zeros(masks.image_hw, np.uint16)
    for index in np.argsort(-masks.area, kind="stable"):
        labels[masks.data[index]] = index + 1
    return labels


def mask_colours(masks: Masks) -> np.ndarray:
    """Give each mask a colour (n, 3) uint8 that depends on nothing but its box.

    The same mask has the same colour whatever else was found and in whatever order, so that moving
    a threshold does not repaint the picture.
    """
    colours = np.zeros((len(masks), 3), np.uint8)
    for row, box in enumerate(masks.boxes_xyxy.round().astype("<i4")):
        number = zlib.crc32(box.tobytes())
        hue = (number & 0xFFFF) / 0x10000
        lightness = 0.45 + 0.2 * ((number >> 16) & 0xFF) / 0xFF
        saturation = 0.65 + 0.3 * (number >> 24) / 0xFF
        colours[row] = np.multiply(colorsys.hls_to_rgb(hue, lightness, saturation), 255).round()
    return colours
