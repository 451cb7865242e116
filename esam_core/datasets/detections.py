"""Detector boxes from COCO JSON: a list of results, as ViTDet writes it, or a data set."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esam_core.datasets.annotated import AnnotatedPhoto
from esam_core.datasets.boxes import Detections, PhotoDetections
from esam_core.datasets.classes import CATEGORIES, load_names, names_of_categories
from esam_core.datasets.identities import FROM_NAME, JsonMap
from esam_core.datasets.photos import image_id_of
from esam_core.datasets.rows import BoxRow, LeftOut, NotABox, image_id_in, is_json, read_row
from esam_core.errors import InvalidPrompt


def load_detections(
    path: str | Path, *, names: Mapping[Any, str] | str | Path | None = None
) -> PhotoDetections:
    """Read boxes per photo from a COCO file.

    Args:
        path: JSON in pixels: a list of ``{"image_id", "category_id", "bbox": [x, y, width,
            height], "score"}``, or a data set with such ``annotations``, where the score may be
            missing, beside its ``images`` and ``categories``.
        names: Class names by class id, or what ``load_names`` reads, such as "coco" for COCO's;
            they come before a data set's own.

    Returns:
        The boxes by ``image_id``, sorted by score, best first. Ids are of any JSON kind.

    Raises:
        InvalidPrompt: The file is missing or unreadable, or an entry is not a box.
        InvalidSettings: The names cannot be read.
    """
    found, left_out = read_detections(path, names=names)
    if left_out:
        first = left_out[0]
        raise InvalidPrompt(f"entry {first.entry} of {Path(path).name}: {first.reason}")
    return found


def read_detections(
    path: str | Path, *, names: Mapping[Any, str] | str | Path | None = None
) -> tuple[PhotoDetections, list[LeftOut]]:
    """Read boxes like ``load_detections``, leaving out the entries that are not boxes.

    Returns:
        The boxes by ``image_id``, where a photo of which nothing is left has none, and what was
        left out.

    Raises:
        InvalidPrompt: The file is missing or unreadable.
        InvalidSettings: The names cannot be read.
    """
    path = Path(path)
    record = _record(path)
    scored = isinstance(record, list)
    entries = record if scored else record["annotations"]
    own = names_of_categories([] if scored else record.get("categories"))
    given = load_names(names) if isinstance(names, str | Path) else names or {}
    named = JsonMap([*own.items(), *given.items()])
    images = [] if scored else [image for image in map(_image, record["images"]) if image]
    kept: list[BoxRow] = []
    left_out: list[LeftOut] = []
    photos = [(image_id, None) for image_id, _ in images]
    for i, row in enumerate(entries):
        try:
            kept.append(read_row(i, row, scored=scored))
        except NotABox as error:
            left_out.append(LeftOut(i, image_id_in(row), str(error)))
        if isinstance(row, Mapping) and "image_id" in row and is_json(row["image_id"]):
            photos.append((row["image_id"], None))
    grouped: JsonMap[list[BoxRow]] = JsonMap((image_id, []) for image_id, _ in photos)
    for box in kept:
        grouped[box.image_id].append(box)
    found = PhotoDetections((i, _detections(i, rows, named)) for i, rows in grouped.items())
    found.file_names = JsonMap(images)
    return found, left_out


def detections_of(
    detections: Mapping[Any, Detections], photo: str | Path, image_id: Any = FROM_NAME
) -> Detections:
    """Return the boxes of a photo, found as by ``image_id_of``.

    Raises:
        InvalidPrompt: The file has no boxes for it, or several photos fit.
    """
    found = detections[image_id_of(detections, photo, image_id)]
    if not len(found):
        raise InvalidPrompt(f"there are no boxes for {Path(photo).name} in this file.")
    return found


def results_of_masks(photos: Iterable[AnnotatedPhoto]) -> list[dict[str, Any]]:
    """Return the tight boxes of annotated objects as COCO results, with score 1.

    Raises:
        InvalidPrompt: A class that COCO does not have.
    """
    numbers = {name: number for number, name in CATEGORIES.items()}
    rows = []
    for photo in photos:
        for item in sorted(photo.objects, key=lambda item: -item.area):
            if item.name not in numbers:
                raise InvalidPrompt(f"COCO has no class {item.name!r} ({photo.path.name}).")
            rows.append(
                {
                    "image_id": int(photo.path.stem),
                    "category_id": numbers[item.name],
                    "bbox": list(item.box_xywh),
                    "score": 1.0,
                }
            )
    return rows


def _record(path: Path) -> Any:
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidPrompt(f"{path.name} cannot be read as JSON: {error}") from error
    data_set = isinstance(record, Mapping) and all(
        isinstance(record.get(key), list) for key in ("images", "annotations")
    )
    if not data_set and not isinstance(record, list):
        raise InvalidPrompt(
            f"{path.name} holds {type(record).__name__}; COCO results are a list of boxes, each "
            "with image_id, category_id, bbox and score, and a COCO data set has images, "
            "annotations and categories."
        )
    return record


def _image(entry: Any) -> tuple[Any, str] | None:
    """Return id and file name of an entry of ``images``, or None if it has no id."""
    if not isinstance(entry, Mapping) or "id" not in entry or not is_json(entry["id"]):
        return None
    return entry["id"], str(entry.get("file_name", ""))


def _detections(image_id: Any, rows: list[BoxRow], names: Mapping[Any, str]) -> Detections:
    scores = np.array([row.score for row in rows], np.float64)
    found = Detections(
        np.array([row.box_xyxy for row in rows], np.float64).reshape(-1, 4),
        scores,
        tuple(row.category_id for row in rows),
        image_id,
        names,
        tuple(row.entry for row in rows),
    )
    return found.rows(np.argsort(-scores, kind="stable").tolist())  # unknown scores come last
