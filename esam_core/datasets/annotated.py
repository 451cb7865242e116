"""Annotated photos: a folder of photos, id maps and ``photos.json``."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from esam_core.errors import InvalidImage
from esam_core.images import load_rgb


@dataclass(frozen=True, slots=True)
class AnnotatedObject:
    """One object of a photo.

    Args:
        id: Its value in the photo's id map.
        name: Its class, such as "fire hydrant".
        area: Area in pixels.
        box_xywh: Tight box (x, y, width, height) in pixels.
    """

    id: int
    name: str
    area: int
    box_xywh: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class AnnotatedPhoto:
    """A photo with its objects; pixels are read when a method is called.

    Args:
        path: File of the photo.
        mask_path: File of the id map.
        objects: The annotated objects.
        licence: Licence of the photo.
        source_url: Address where the photo was published.
    """

    path: Path
    mask_path: Path
    objects: tuple[AnnotatedObject, ...]
    licence: str
    source_url: str

    @property
    def number(self) -> str:
        """What it is called in figures and results: its file's name without zeros before it."""
        return self.path.stem.lstrip("0")

    def image(self) -> np.ndarray:
        """Read the photo, (h, w, 3) uint8 RGB."""
        return load_rgb(self.path)

    def image_hw(self) -> tuple[int, int]:
        """Read height and width of the photo in pixels."""
        with Image.open(self.mask_path) as ids:
            return ids.height, ids.width

    def id_map(self) -> np.ndarray:
        """Read the object id of every pixel, (h, w) int; 0 is no object."""
        with Image.open(self.mask_path) as ids:
            return np.asarray(ids)

    def masks(self) -> np.ndarray:
        """Read one mask per object, (n, h, w) bool, in the order of ``objects``."""
        ids = self.id_map()
        numbers = np.array([item.id for item in self.objects], np.int64)
        return ids == numbers[:, None, None]


def annotated_photos(folder: Path | str) -> Iterator[AnnotatedPhoto]:
    """Yield the photos that ``photos.json`` in a folder lists.

    Raises:
        InvalidImage: The folder has no such file.
    """
    folder = Path(folder)
    listing = folder / "photos.json"
    if not listing.is_file():
        raise InvalidImage(
            f"{folder} has no photos.json; give a folder such as assets/photos, with photos, masks "
            "and their list."
        )
    for row in json.loads(listing.read_text(encoding="utf-8"))["photos"]:
        objects = tuple(
            AnnotatedObject(item["id"], item["cls"], item["area"], tuple(item["bbox"]))
            for item in row["instances"]
        )
        yield AnnotatedPhoto(
            folder / row["file"], folder / row["mask"], objects, row["licence"], row["flickr_url"]
        )
