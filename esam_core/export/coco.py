"""COCO JSON: RLE or polygons per mask, as pycocotools and labelling tools read them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.export.outlines import Outline, mask_outlines
from esam_core.geometry import xyxy_to_xywh
from esam_core.masks import Masks
from esam_core.visualize.draw import as_masks

STYLES = ("rle", "polygons")


def export_coco(
    masks: Masks | np.ndarray,
    *,
    style: str = "rle",
    file_name: str = "",
    image_id: int = 1,
    names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Convert masks to a COCO data set of one image, ready for ``json.dumps``.

    Both styles reproduce the masks exactly. An empty mask has no polygon and is written as RLE in
    either style.

    Args:
        masks: Masks of one image, (n, h, w) bool.
        style: ``rle`` (compressed run lengths, compact) or ``polygons`` (outlines along pixel
            edges; a hole is joined to its ring by a zero-width cut).
        file_name: File name of the image.
        image_id: Id of the image.
        names: Class of each of the n masks; "object" by default.

    Returns:
        The keys ``images``, ``annotations`` (``bbox`` is x, y, width, height in pixels) and
        ``categories``.

    Raises:
        InvalidSettings: An unknown style, or not one name per mask.
    """
    masks = as_masks(masks)
    if style not in STYLES:
        raise InvalidSettings(f"style {style!r} is unknown; use {' or '.join(STYLES)}.")
    names = ["object"] * len(masks) if names is None else list(names)
    if len(names) != len(masks):
        raise InvalidSettings(f"{len(names)} names for {len(masks)} masks; give one per mask.")
    height, width = masks.image_hw
    classes = {name: number for number, name in enumerate(dict.fromkeys(names), start=1)}
    return {
        "images": [{"id": image_id, "file_name": file_name, "height": height, "width": width}],
        "annotations": [
            {"id": i + 1, "image_id": image_id, "category_id": classes[names[i]]}
            | _annotation(masks, i, style)
            for i in range(len(masks))
        ],
        "categories": [{"id": number, "name": name} for name, number in classes.items()],
    }


def load_coco(source: Mapping[str, Any] | str | Path, *, image_id: int | None = None) -> Masks:
    """Read the masks (n, h, w) of one image from COCO JSON.

    Args:
        source: The data set, its JSON text, or the path of its file.
        image_id: Id of the image, required if there are several.

    Raises:
        InvalidImage: Not a COCO data set with masks, or several images and no ``image_id``.
    """
    record = _record(source)
    try:
        images = {entry["id"]: entry for entry in record["images"]}
        if image_id is None and len(images) != 1:
            raise InvalidImage(f"the file has {len(images)} images; choose one by image_id.")
        image = images[next(iter(images)) if image_id is None else image_id]
        image_hw = int(image["height"]), int(image["width"])
        rows = [row for row in record["annotations"] if row["image_id"] == image["id"]]
        data = np.array([_decode(row["segmentation"], image_hw) for row in rows], bool)
        scores = [
            np.array([row.get(key, row.get("score", 1)) for row in rows], np.float32)
            for key in ("predicted_iou", "stability_score")
        ]
        return Masks.from_data(data.reshape(-1, *image_hw), *scores)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        if isinstance(error, InvalidImage):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise InvalidImage(f"this is not a COCO data set with masks ({reason}).") from error


def encode_rle(mask: np.ndarray) -> dict[str, Any]:
    """Return a mask (h, w) bool as COCO's compressed RLE, with counts as a string for JSON."""
    rle = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": [int(v) for v in rle["size"]], "counts": rle["counts"].decode("ascii")}


def encode_polygons(mask: np.ndarray) -> list[list[float]]:
    """Return a mask (h, w) bool as COCO polygons [x, y, x, y, ...], one per connected region."""
    return [_joined(outline).ravel().astype(float).tolist() for outline in mask_outlines(mask)]


def _annotation(masks: Masks, i: int, style: str) -> dict[str, Any]:
    mask = masks.data[i]
    polygons = encode_polygons(mask) if style == "polygons" else []
    return {
        "segmentation": polygons or encode_rle(mask),
        "area": int(masks.area[i]),
        "bbox": xyxy_to_xywh(masks.boxes_xyxy[i]).tolist(),
        "iscrowd": 0,
        "score": float(masks.predicted_iou[i]),
        "predicted_iou": float(masks.predicted_iou[i]),
        "stability_score": float(masks.stability_score[i]),
    }


def _joined(outline: Outline) -> np.ndarray:
    """Return a region with holes as one ring (k, 2), with a cut to each hole and back."""
    start = outline.outer[:1]
    parts = [outline.outer]
    for hole in outline.holes:
        parts += [start, hole, hole[:1]]
    return np.concatenate([*parts, start] if outline.holes else parts)


def _decode(segmentation: Any, image_hw: tuple[int, int]) -> np.ndarray:
    if isinstance(segmentation, Mapping):
        rle = dict(segmentation)
        if tuple(int(v) for v in rle["size"]) != image_hw:
            raise InvalidImage(f"a mask of size {rle['size']} in an image of {list(image_hw)}.")
        if isinstance(rle["counts"], list):
            rle = coco_mask.frPyObjects(rle, *image_hw)
    else:
        rle = coco_mask.merge(coco_mask.frPyObjects(segmentation, *image_hw))
    return coco_mask.decode(rle).astype(bool)


def _record(source: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    if isinstance(source, Mapping):
        return source
    try:
        text = source if isinstance(source, str) and source.lstrip()[:1] == "{" else None
        record = json.loads(Path(source).read_text(encoding="utf-8") if text is None else text)
    except (OSError, ValueError) as error:
        raise InvalidImage(f"this is not COCO JSON: {error}") from error
    if not isinstance(record, Mapping):
        raise InvalidImage("this is not a COCO data set: it must have images and annotations.")
    return record
