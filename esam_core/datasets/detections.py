"""Detector boxes in COCO results JSON, the format of ViTDet and most detectors."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esam_core.datasets.annotated import AnnotatedPhoto
from esam_core.errors import InvalidPrompt
from esam_core.geometry import xywh_to_xyxy
from esam_core.prompts import Prompt

# COCO's class names by number; ten numbers are not used.
_NAMES = """person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,,
stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,,backpack,
umbrella,,,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,
skateboard,surfboard,tennis racket,bottle,,wine glass,cup,fork,knife,spoon,bowl,banana,apple,
sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,,dining table,
,,toilet,,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,,book,
clock,vase,scissors,teddy bear,hair drier,toothbrush"""
CATEGORIES = {
    number: name for number, name in enumerate(_NAMES.replace("\n", "").split(","), start=1) if name
}


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The boxes of one photo, best score first.

    Args:
        boxes_xyxy: Corners (n, 4) float64 in pixels; they may extend beyond the image.
        scores: (n,) float64.
        category_ids: (n,) int, COCO class numbers, see ``CATEGORIES``.
    """

    boxes_xyxy: np.ndarray
    scores: np.ndarray
    category_ids: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def top(self, count: int | None) -> "Detections":
        """Return the best ``count`` boxes, or all if it is None."""
        return Detections(self.boxes_xyxy[:count], self.scores[:count], self.category_ids[:count])

    @property
    def names(self) -> list[str]:
        """The class of each box; an unknown number becomes "class 17"."""
        return [CATEGORIES.get(int(i), f"class {int(i)}") for i in self.category_ids]

    def prompts(self) -> list[Prompt]:
        """Return n box prompts in pixels, for ``Segmenter.predict_batch``."""
        # Detector boxes may extend beyond the top and left border; prompts must not be negative.
        return [Prompt.box(*box) for box in np.clip(self.boxes_xyxy, 0, None).tolist()]


def load_detections(path: str | Path) -> dict[int, Detections]:
    """Read boxes per photo from a COCO results file.

    Args:
        path: JSON, a list of ``{"image_id", "category_id", "bbox": [x, y, width, height],
            "score"}``, in pixels.

    Returns:
        The boxes by ``image_id``, sorted by score, best first.

    Raises:
        InvalidPrompt: The file is missing or unreadable, or an entry is not a box.
    """
    path = Path(path)
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidPrompt(f"{path.name} cannot be read as JSON: {error}") from error
    if not isinstance(rows, list):
        raise InvalidPrompt(
            f"{path.name} holds {type(rows).__name__}; COCO results are a list of boxes, each "
            "with image_id, category_id, bbox and score."
        )
    found: dict[int, list[tuple[float, ...]]] = {}
    for i, row in enumerate(rows):
        number, *values = _row(row, f"entry {i} of {path.name}")
        found.setdefault(int(number), []).append(tuple(values))
    return {number: _sorted(np.array(boxes)) for number, boxes in found.items()}


def detections_of(detections: Mapping[int, Detections], photo: str | Path) -> Detections:
    """Return the boxes of a photo by its file name: ``image_id`` 285 is 000000000285.jpg.

    Raises:
        InvalidPrompt: The file has no boxes for it.
    """
    stem = Path(photo).stem
    number = int(stem) if stem.isdecimal() else None
    if number is None or number not in detections:
        known = ", ".join(map(str, sorted(detections)[:5])) or "none"
        raise InvalidPrompt(
            f"there are no boxes for {Path(photo).name}; the photo's name must be its image_id "
            f"(000000000285.jpg is 285). The file has boxes for {len(detections)} photos: {known}"
            f"{', ...' if len(detections) > 5 else ''}."
        )
    return detections[number]


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


def _row(row: Any, what: str) -> tuple[float, ...]:
    if not isinstance(row, Mapping):
        raise InvalidPrompt(f"{what} is not an object with image_id, category_id, bbox and score.")
    missing = [key for key in ("image_id", "category_id", "bbox", "score") if key not in row]
    if missing:
        raise InvalidPrompt(f"{what} has no {' and no '.join(missing)}.")
    box = row["bbox"]
    if not isinstance(box, Sequence) or isinstance(box, str) or len(box) != 4:
        raise InvalidPrompt(f"{what}: bbox is {box!r}; it must be [x, y, width, height].")
    values = (row["image_id"], row["category_id"], row["score"], *box)
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        numbers = (math.nan,)
    if not all(math.isfinite(number) for number in numbers):
        raise InvalidPrompt(f"{what} holds something that is not a number: {values}.")
    if numbers[5] <= 0 or numbers[6] <= 0:
        raise InvalidPrompt(f"{what}: bbox {list(box)} has no area; it is [x, y, width, height].")
    return numbers


def _sorted(rows: np.ndarray) -> Detections:
    rows = rows[np.argsort(-rows[:, 1], kind="stable")]
    return Detections(xywh_to_xyxy(rows[:, 2:]), rows[:, 1], rows[:, 0].astype(int))
