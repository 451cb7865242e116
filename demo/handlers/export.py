"""Export of the page's objects to files."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.errors import Reply, answering
from demo.handlers.pictures import data_url, mask_from_url
from demo.handlers.points import search
from demo.handlers.requests import read_request, text_of, values_of
from demo.handlers.views import photo_of
from demo.texts import errors as texts
from esam_core import export as files
from esam_core.errors import InvalidPrompt
from esam_core.masks import Masks

MAX_OBJECTS = 64
Make = Callable[[np.ndarray, Masks, Sequence[str]], bytes]


@dataclass(frozen=True, slots=True)
class FileKind:
    """A file format.

    Args:
        suffix: File name extension.
        media: Media type.
        make: Turns the photo (h, w, 3), the masks (n, h, w) and their names into bytes.
    """

    suffix: str
    media: str
    make: Make


def _coco(style: str) -> Make:
    def make(_: np.ndarray, masks: Masks, names: Sequence[str]) -> bytes:
        return json.dumps(files.export_coco(masks, style=style, names=names)).encode()

    return make


def _union(masks: Masks) -> np.ndarray:
    return np.logical_or.reduce(masks.data)


KINDS = {
    "mask": FileKind("png", "image/png", lambda _, masks, __: files.export_mask_png(_union(masks))),
    "cutout": FileKind(
        "png",
        "image/png",
        lambda image, masks, _: files.export_cutout_png(image, _union(masks)),
    ),
    "labels": FileKind("png", "image/png", lambda _, masks, __: files.export_label_map_png(masks)),
    "coco": FileKind("json", "application/json", _coco("rle")),
    "polygons": FileKind("json", "application/json", _coco("polygons")),
    "svg": FileKind(
        "svg",
        "image/svg+xml",
        lambda _, masks, names: files.export_svg(masks, names=names).encode(),
    ),
}


@answering
def export(engine: Engine, payload: Any) -> Reply:
    """Export objects to a file, in the full size of the photo.

    Args:
        engine: The engine.
        payload: ``token``, ``kind`` and ``objects``: each a ``png`` that the browser drew, or a
            request with the ``choice`` that was picked; and a ``name``.

    Returns:
        ``file``, a data URL, and its ``name``.
    """
    photo, values = photo_of(engine, payload), values_of(payload)
    kind, objects = text_of(values.get("kind")), values.get("objects")
    if kind not in KINDS:
        raise InvalidPrompt(texts.EXPORT_KIND.format(kind=kind, kinds=list(KINDS)))
    if not isinstance(objects, list) or not 1 <= len(objects) <= MAX_OBJECTS:
        raise InvalidPrompt(texts.EXPORT_NOTHING)
    masks = [_mask(engine, photo, item) for item in objects]
    names = [text_of(item.get("name")) or f"object {i + 1}" for i, item in enumerate(objects)]
    file = KINDS[kind]
    content = file.make(photo.image, Masks.from_data(np.stack(masks)), names)
    name = _slug(text_of(objects[0].get("name")) if len(objects) == 1 else None)
    return {"file": data_url(content, file.media), "name": f"{name}-{kind}.{file.suffix}"}


def _mask(engine: Engine, photo: Photo, item: object) -> np.ndarray:
    if isinstance(item, dict) and "png" in item:
        return mask_from_url(item["png"], photo.image.shape[:2])
    request = read_request(item, photo.image.shape[:2])
    masks = search(engine, photo, request).masks
    return masks.data[min(request.choice, len(masks) - 1)]


def _slug(name: str | None) -> str:
    return re.sub(r"[^\w-]+", "-", name or "").strip("-_")[:40].lower() or "objects"
