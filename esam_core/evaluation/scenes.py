"""Annotated images and their objects, for evaluations."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esam_core.datasets.annotated import annotated_photos

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


def scenes(folder: Path, min_area: float = 0.0) -> Iterator[Scene]:
    """Yield annotated images with their objects of at least a given size.

    Args:
        folder: See ``annotated_photos``.
        min_area: Minimum object area as a share of the image; images without any are skipped.
    """
    for photo in annotated_photos(folder):
        truth = photo.masks()
        large = truth.mean((1, 2)) >= min_area
        if large.any():
            names = [item.name for item, kept in zip(photo.objects, large, strict=True) if kept]
            yield Scene(photo.image(), truth[large], tuple(names))
