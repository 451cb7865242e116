"""Colours: a palette for objects and a ramp for heat maps."""

import colorsys

import numpy as np

Colour = tuple[int, int, int]  # red, green, blue from 0 to 255

# Used by both the page and the figures.
FIRST_COLOURS: tuple[Colour, ...] = (
    (91, 124, 250),
    (242, 115, 63),
    (35, 176, 138),
    (214, 79, 138),
    (224, 169, 27),
    (138, 99, 210),
    (43, 163, 198),
    (134, 168, 50),
)
# From cold to hot, in equal steps; lightness increases monotonically, for greyscale print.
HEAT: tuple[Colour, ...] = (
    (36, 20, 92),
    (122, 28, 109),
    (207, 68, 70),
    (247, 142, 40),
    (252, 232, 120),
)
WHITE: Colour = (255, 255, 255)
GOLDEN = 0.618034  # golden ratio: hues at multiples of it stay far apart


def palette(n: int) -> list[Colour]:
    """Return n distinct colours; the first ones are the same for every n."""
    first = FIRST_COLOURS[:n]
    return [*first, *(_wheel(i) for i in range(n - len(first)))]


def heat_ramp(heat: np.ndarray) -> np.ndarray:
    """Return the colour of each value of a heat map.

    Args:
        heat: Values in [0, 1] of any shape (...): 0 is cold, 1 is hot.

    Returns:
        Colours (..., 3) float64, linear between the stops of ``HEAT``.
    """
    at = np.asarray(heat, float) * (len(HEAT) - 1)
    stops = np.array(HEAT, float)
    return np.stack([np.interp(at, range(len(HEAT)), stops[:, c]) for c in range(3)], -1)


def hex_code(colour: Colour) -> str:
    """Return a colour in CSS notation, such as ``#5b7cfa``."""
    return f"#{bytes(colour).hex()}"


def _wheel(step: int) -> Colour:
    hue, value = (0.11 + step * GOLDEN) % 1, (0.95, 0.78, 0.88)[step % 3]
    red, green, blue = colorsys.hsv_to_rgb(hue, (0.72, 0.62, 0.8)[step % 3], value)
    return round(255 * red), round(255 * green), round(255 * blue)
