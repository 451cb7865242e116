"""A scene of three squares (two dogs and a cat) that is simple to evaluate by hand."""

import numpy as np

from esam_core.evaluation.scenes import Scene


def square(x: int) -> np.ndarray:
    mask = np.zeros((20, 60), bool)
    mask[5:15, x : x + 10] = True
    return mask


SCENE = Scene(
    np.zeros((20, 60, 3), np.uint8),
    np.stack([square(0), square(20), square(40)]),
    ("dog", "dog", "cat"),
)
