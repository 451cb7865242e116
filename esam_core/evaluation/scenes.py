"""Photos with the objects that an evaluation looks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esam_core.datasets.annotated import annotated_photos


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photo (h, w, 3), the masks (n, h, w) of its objects and their names."""

    image: np.ndarray
    truth: np.ndarray
    names: tuple[str, ...]


def scenes(folder: Path, min_area: float = 0.0) -> Iterator[Scene]:
    """List annotated photos with their objects from a share of the photo on."""
    for photo in annotated_photos(folder):
        truth = photo.masks()
        large = truth.mean((1, 2)) >= min_area
        if large.any():
            names = [item.name for item, kept in zip(photo.objects, large, strict=True) if kept]
            yield Scene(photo.image(), truth[large], tuple(names))
