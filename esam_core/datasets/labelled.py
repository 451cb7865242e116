"""Photos with the masks of their objects, in the layouts in which public benchmarks are published.

Beside this project's own ``photos.json``: GrabCut, Berkeley and DAVIS as interactive segmentation
distributes them (a folder of images, one of masks), DAVIS and Pascal VOC as published (JPEGImages
beside Annotations or SegmentationObject), SBD (``inst/*.mat``), and a COCO data set as JSON.
"""

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from esam_core.datasets.annotated import AnnotatedPhoto, annotated_photos
from esam_core.errors import InvalidImage
from esam_core.images import load_rgb

IMAGE_FOLDERS = ("data_GT", "images", "img", "JPEGImages")
MASK_FOLDERS = ("boundary_GT", "masks", "gt", "SegmentationObject", "inst", "Annotations")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
MASK_SUFFIXES = (".png", ".bmp", ".gif", ".tif", ".tiff", ".jpg", ".mat")
SPLITS = ("val.txt", "ImageSets/Segmentation/val.txt")
UNKNOWN = 128  # GrabCut's border between object and background
VOID = 255  # of a map of ids: Pascal VOC's borders
MOST_IDS = 100  # a grey mask with larger values is one object, not a map of ids


class Truth(NamedTuple):
    """The objects of one photo.

    Args:
        masks: (n, h, w) bool.
        ignored: (h, w) bool, pixels of which nobody says what they are; they never count.
        names: The n class names; empty where a benchmark has none.
    """

    masks: np.ndarray
    ignored: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo whose objects are known; nothing is read before a method is called.

    Args:
        key: Its name in the data set.
        path: File of the photo.
        reader: Reads the objects, given height and width of the photo.
    """

    key: str
    path: Path
    reader: Callable[[tuple[int, int]], Truth]

    def read(self) -> tuple[np.ndarray, Truth]:
        """Read the photo (h, w, 3) uint8 RGB and its objects.

        Raises:
            InvalidImage: A file cannot be read, or masks of another size.
        """
        image = load_rgb(self.path)
        truth = self.reader(image.shape[:2])
        if truth.masks.shape[1:] != image.shape[:2]:
            raise InvalidImage(
                f"the masks of {self.path.name} have {truth.masks.shape[2]} x "
                f"{truth.masks.shape[1]} pixels, the photo {image.shape[1]} x {image.shape[0]}."
            )
        return image, truth


def labelled_photos(data: Path | str, images: Path | str | None = None) -> list[LabelledPhoto]:
    """Return the photos of a data set, in its order.

    Args:
        data: A folder in one of the layouts above, or a COCO data set's JSON.
        images: Folder of the photos of a COCO data set; by default looked for beside the file.

    Raises:
        InvalidImage: No such data, or of no known layout.
    """
    data = Path(data)
    if data.is_file():
        return _coco_photos(data, None if images is None else Path(images))
    if (data / "photos.json").is_file():
        return [LabelledPhoto(p.path.stem, p.path, _reader(p)) for p in annotated_photos(data)]
    found = _pairs(data)
    if not found:
        raise InvalidImage(
            f"{data} is no data set that can be read: give a folder with photos.json, or with one "
            f"of {', '.join(IMAGE_FOLDERS)} beside one of {', '.join(MASK_FOLDERS)}, each mask "
            "named as its photo, or the JSON of a COCO data set."
        )
    return found


def read_id_map(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read a mask file of a benchmark.

    A palette picture is a map of ids whose 255 is void, as Pascal VOC and DAVIS have it. So is a
    grey one with several values up to 100 or with more than 8 bits. Any other picture is one
    object: what is brighter than half, where exactly 128 beside 0 and 255 is void.

    Returns:
        The object of every pixel (h, w) int, 0 is none, and the void pixels (h, w) bool.

    Raises:
        InvalidImage: The file cannot be read.
    """
    try:
        if path.suffix == ".mat":
            from scipy.io import loadmat

            ids = loadmat(path)["GTinst"]["Segmentation"][0, 0].astype(int)
            return np.where(ids == VOID, 0, ids), ids == VOID
        with Image.open(path) as picture:
            return id_map_of(picture)
    except (OSError, KeyError, ValueError, UnidentifiedImageError) as error:
        raise InvalidImage(f"the mask {path.name} cannot be read: {error}") from error


def id_map_of(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """Read an open picture as ``read_id_map`` reads a file."""
    values = np.asarray(picture)
    if picture.mode == "P":
        return np.where(values == VOID, 0, values).astype(int), values == VOID
    if values.ndim == 3:
        values = values[..., : 3 if values.shape[2] > 2 else 1].max(2)
    known = np.unique(values)
    nothing = np.zeros(values.shape, bool)
    if picture.mode.startswith("I") or (len(known) > 2 and known[-1] <= MOST_IDS):
        return values.astype(int), nothing
    if known.tolist() == [0, UNKNOWN, VOID]:
        return (values == VOID).astype(int), values == UNKNOWN
    return (values > known[-1] / 2).astype(int), nothing


def _reader(photo: AnnotatedPhoto) -> Callable[[tuple[int, int]], Truth]:
    def read(image_hw: tuple[int, int]) -> Truth:
        names = tuple(item.name for item in photo.objects)
        return Truth(photo.masks(), np.zeros(image_hw, bool), names)

    return read


def _files_reader(paths: list[Path]) -> Callable[[tuple[int, int]], Truth]:
    def read(image_hw: tuple[int, int]) -> Truth:
        masks: list[np.ndarray] = []
        ignored = np.zeros(image_hw, bool)
        for path in paths:
            ids, void = read_id_map(path)
            if ids.shape != image_hw:
                raise InvalidImage(
                    f"the mask {path.name} has {ids.shape[1]} x {ids.shape[0]} pixels, its photo "
                    f"{image_hw[1]} x {image_hw[0]}."
                )
            ignored |= void
            masks += [ids == number for number in np.unique(ids[ids > 0])]
        data = np.stack(masks) if masks else np.zeros((0, *image_hw), bool)
        return Truth(data, ignored, ("",) * len(data))

    return read


def _pairs(data: Path) -> list[LabelledPhoto]:
    """Pair the photos of a folder with the masks that have their name, or NAME#1, NAME#2, ..."""
    photos_in = _first(data, IMAGE_FOLDERS)
    masks_in = _first(data, MASK_FOLDERS)
    if photos_in is None or masks_in is None:
        return []
    masks: dict[str, list[Path]] = {}
    for path in _files(masks_in, MASK_SUFFIXES):
        masks.setdefault(_key(path, masks_in).split("#")[0], []).append(path)
    split = next((data / name for name in SPLITS if (data / name).is_file()), None)
    wanted = None if split is None else set(split.read_text(encoding="utf-8").split())
    return [
        LabelledPhoto(key, path, _files_reader(masks[key]))
        for path in _files(photos_in, IMAGE_SUFFIXES)
        if (key := _key(path, photos_in)) in masks and (wanted is None or key in wanted)
    ]


def _first(data: Path, names: tuple[str, ...]) -> Path | None:
    """Return the first folder that is there; of DAVIS the 480p one in it."""
    found = next((data / name for name in names if (data / name).is_dir()), None)
    return found / "480p" if found is not None and (found / "480p").is_dir() else found


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in suffixes)


def _key(path: Path, folder: Path) -> str:
    return _stem(path.relative_to(folder))


def _stem(path: Path | str) -> str:
    """Return a path without its suffix; folders stay, where names repeat."""
    return Path(path).with_suffix("").as_posix()


def _coco_photos(path: Path, images: Path | None) -> list[LabelledPhoto]:
    from pycocotools.coco import COCO

    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it reports its progress there
            data_set = COCO(path)
        rows = [data_set.imgs[i] for i in data_set.getImgIds()]
        names = [row["file_name"] for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise InvalidImage(
            f"{path.name} is no COCO data set with images and annotations: {error!r}."
        ) from error
    folder = _folder_of(path, images, names)
    return [
        LabelledPhoto(_stem(name), folder / name, _coco_reader(data_set, row["id"]))
        for row, name in zip(rows, names, strict=True)
        if (folder / name).is_file()
    ]


def _folder_of(path: Path, images: Path | None, names: list[str]) -> Path:
    """Return the folder with the photos of a COCO file such as annotations/instances_val2017."""
    split = path.stem.split("_")[-1]
    above = path.parent.parent
    places = [path.parent, path.parent / "images", above, above / "images"]
    places += [path.parent / split, above / split, above / "images" / split]
    for folder in places if images is None else [images]:
        if any((folder / name).is_file() for name in names):
            return folder
    raise InvalidImage(f"no photo of {path.name} is where it was looked for; give --images FOLDER.")


def _coco_reader(data_set: Any, image_id: Any) -> Callable[[tuple[int, int]], Truth]:
    def read(image_hw: tuple[int, int]) -> Truth:
        masks, names = [], []
        ignored = np.zeros(image_hw, bool)
        for row in data_set.imgToAnns[image_id]:
            mask = data_set.annToMask(row).astype(bool)
            if mask.shape != image_hw:
                raise InvalidImage(
                    f"the masks of image {image_id} have another size than the photo."
                )
            if row.get("iscrowd"):
                ignored |= mask
            else:
                masks.append(mask)
                names.append(str(data_set.cats.get(row.get("category_id"), {}).get("name", "")))
        data = np.stack(masks) if masks else np.zeros((0, *image_hw), bool)
        return Truth(data, ignored, tuple(names))

    return read
