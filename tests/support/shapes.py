"""Small masks that outlines, files and their readers must get right."""

import numpy as np
import pytest


def drawn(text: str) -> np.ndarray:
    """Draw a small mask: # is inside."""
    return np.array([[c == "#" for c in line] for line in text.split()])


def noise(seed: int, height: int, width: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width)) < share


SHAPES = {
    "empty": np.zeros((3, 4), bool),
    "full": np.ones((3, 4), bool),
    "one pixel": drawn("... .#. ..."),
    "single pixel photo": np.ones((1, 1), bool),
    "corner pixels": drawn("#..# .... #..#"),
    "hole": drawn("##### #...# #...# #####"),
    "hole of one pixel": drawn("### #.# ###"),
    "two holes and an island in one": drawn("######### #...##..# #.#.##..# #...##..# #########"),
    "holes that touch at a corner": drawn("##### #.### ##.## ##### #####"),
    "touching at a corner, falling": drawn("##.. ##.. ..## ..##"),
    "touching at a corner, rising": drawn("..## ..## ##.. ##.."),
    "diagonal": np.eye(6, dtype=bool),
    "chess board": np.indices((7, 8)).sum(0) % 2 == 0,
    "ring in a ring": drawn("####### #.....# #.###.# #.#.#.# #.###.# #.....# #######"),
    "comb": drawn("#.#.#.# #.#.#.# #######"),
    "columns at the border": drawn("#.....# #.....#"),
} | {f"noise {s} {p}": noise(s, 17 + s, 23, p) for s in range(6) for p in (0.1, 0.4, 0.6, 0.9)}
one_shape = pytest.mark.parametrize("mask", SHAPES.values(), ids=SHAPES.keys())


def noisy(seed: int, count: int = 4) -> np.ndarray:
    """Masks (count, 40, 60) bool of noise; the first is a frame with an island in its hole."""
    data = np.stack([noise(seed + i, 40, 60, 0.3 + 0.15 * i) for i in range(count)])
    data[0] = False
    data[0, 5:30, 5:40] = True
    data[0, 10:20, 10:20] = False
    data[0, 14:16, 14:16] = True
    return data
