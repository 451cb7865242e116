"""COCO JSON: RLE or polygons per mask, as pycocotools and labelling tools read them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from esam_core.errors import InvalidSettings
from esam_core.export.facts import UNNAMED, per_mask, plain_name, plain_score
from esam_core.export.ids import plain_id
from esam_core.export.segmentations import encode_polygons, encode_rle
from esam_core.geometry import masks_to_boxes, xyxy_to_xywh
from esam_core.masks import Masks
from esam_core.values import json_key
from esam_core.visualize.draw import as_masks

STYLES = ("rle", "polygons")
INFO = {"description": "Masks of objects in photos"}


def export_coco(
    masks: Masks | np.ndarray,
    *,
    style: str = "rle",
    file_name: str = "",
    image_id: Any = 1,
    names: Sequence[str | None] | None = None,
    category_ids: Sequence[Any] | None = None,
    scores: Sequence[float | None] | None = None,
    info: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Convert masks to a COCO data set of one image, ready for ``json.dumps``.

    Both styles reproduce the masks exactly. An empty mask has no polygon and is written as RLE in
    either style.

    Args:
        masks: Masks of one image, (n, h, w) bool.
        style: ``rle`` (compressed run lengths, compact) or ``polygons`` (outlines along pixel
            edges; a hole is joined to its ring by a zero-width cut).
        file_name: File name of the image; most readers need it.
        image_id: Id of the image: any JSON value, kept as it is.
        names: Class of each of the n masks. None is no name: "object", or "class ID" for a category
            whose id was given.
        category_ids: Id of each mask's class: any JSON value, kept as it is; 1, 1.0, True and "1"
            are four. By default, classes are numbered from 1 in the order of their names.
        scores: Score of each mask from what found it, such as a detector; None or NaN is unknown.
        info: Facts about the data set, beside a ``description``.

    Returns:
        The keys ``info``, ``licenses``, ``images``, ``annotations`` (``bbox`` is x, y, width,
        height in pixels) and ``categories``. An annotation's ``score`` is the given one or else the
        predicted IoU, which ``predicted_iou`` holds in any case; ``stability_score`` stands beside
        them. Scores that are unknown (not finite) are left out.

    Raises:
        InvalidSettings: An unknown style, not one name, id or score per mask, two names for one id,
            or what JSON cannot hold.
    """
    masks = as_masks(masks)
    if style not in STYLES:
        raise InvalidSettings(f"style {style!r} is unknown; use {' or '.join(STYLES)}.")
    image_id = plain_id(image_id, "image_id")
    count = len(masks)
    classes = _classes(
        per_mask(names, count, "names"), per_mask(category_ids, count, "category_ids"), count
    )
    given = [plain_score(value) for value in per_mask(scores, count, "scores") or [None] * count]
    height, width = masks.image_hw
    boxes, areas = xyxy_to_xywh(masks_to_boxes(masks.data)), masks.area
    return {
        "info": _info(info),
        "licenses": [],
        "images": [{"id": image_id, "file_name": str(file_name), "height": height, "width": width}],
        "annotations": [
            {
                "id": i + 1,
                "image_id": image_id,
                "category_id": classes[i]["id"],
                "segmentation": _segmentation(mask, style),
                "area": int(areas[i]),
                "bbox": boxes[i].tolist(),
                "iscrowd": 0,
            }
            | _scores(masks, i, given[i])
            for i, mask in enumerate(masks.data)
        ],
        "categories": list({json_key(row["id"]): row for row in classes}.values()),
    }


def _classes(names: list[Any] | None, ids: list[Any] | None, count: int) -> list[dict[str, Any]]:
    """Return the category of each mask; masks of one id share it."""
    given = [plain_name(name) for name in names or [None] * count]
    if ids is None:
        words = [name or UNNAMED for name in given]
        numbers = {word: number for number, word in enumerate(dict.fromkeys(words), start=1)}
        return [{"id": numbers[word], "name": word} for word in words]
    ids = [plain_id(value, "category_id") for value in ids]
    name_of: dict[str, str] = {}
    for value, name in zip(ids, given, strict=True):
        known = name_of.setdefault(json_key(value), name) if name else name
        if known != name:
            raise InvalidSettings(
                f"category {value!r} has two names, {known!r} and {name!r}; give one name per id."
            )
    return [{"id": value, "name": name_of.get(json_key(value)) or _of_id(value)} for value in ids]


def _of_id(value: Any) -> str:
    # Readers that find classes by name would take several classes called "object" for one.
    return f"class {value if isinstance(value, str) else json_key(value)}"


def _info(info: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = INFO | dict(info or {})
    try:
        json.dumps(merged, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidSettings(f"info cannot be written as JSON: {error}") from error
    return merged


def _segmentation(mask: np.ndarray, style: str) -> list[list[float]] | dict[str, Any]:
    polygons = encode_polygons(mask) if style == "polygons" else []
    return polygons or encode_rle(mask)


def _scores(masks: Masks, i: int, given: float | None) -> dict[str, float]:
    known = {
        "predicted_iou": plain_score(masks.predicted_iou[i]),
        "stability_score": plain_score(masks.stability_score[i]),
    }
    known = {"score": known["predicted_iou"] if given is None else given} | known
    return {key: value for key, value in known.items() if value is not None}
