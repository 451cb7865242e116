"""Annotated images and their objects, for evaluations."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esam_core.datasets.labelled import labelled_photos

GOOD_IOU = 0.5  # a mask with a higher IoU than this counts as the object


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """An image with its objects.

    Args:
        image: (h, w, 3) uint8 RGB.
        truth: Masks of its objects (n, h, w) bool.
        names: Their n class names.
    """

    image: np.ndarray
    truth: np.ndarray
    names: tuple[str, ...]


def scenes(data: Path, min_area: float = 0.0, images: Path | None = None) -> Iterator[Scene]:
    """Yield annotated images with their objects of at least a given size.

    Args:
        data: See ``labelled_photos``.
        min_area: Minimum object area as a share of the image; images without any are skipped.
        images: See ``labelled_photos``.
    """
    for photo in labelled_photos(data, images):
        image, truth = photo.read()
        large = truth.masks.mean((1, 2)) >= min_area
        if large.any():
            names = [name for name, kept in zip(truth.names, large, strict=True) if kept]
            yield Scene(image, truth.masks[large], tuple(names))
