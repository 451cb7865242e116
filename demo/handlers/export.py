"""The files that a page's objects can become."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from esam_core import export
from esam_core.masks import Masks


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file.

    Args:
        suffix: Of its name.
        media: Its type on the web.
        make: Takes the photo, the masks and their names, gives its bytes.
    """

    suffix: str
    media: str
    make: Callable[[np.ndarray, Masks, Sequence[str]], bytes]


def _coco(style: str) -> Callable[[np.ndarray, Masks, Sequence[str]], bytes]:
    def make(_: np.ndarray, masks: Masks, names: Sequence[str]) -> bytes:
        return json.dumps(export.export_coco(masks, style=style, names=names)).encode()

    return make


KINDS = {
    "mask": FileKind(
        "png", "image/png", lambda _, masks, __: export.export_mask_png(masks.data.any(0))
    ),
    "cutout": FileKind(
        "png",
        "image/png",
        lambda image, masks, _: export.export_cutout_png(image, masks.data.any(0)),
    ),
    "labels": FileKind("png", "image/png", lambda _, masks, __: export.export_label_map_png(masks)),
    "coco": FileKind("json", "application/json", _coco("rle")),
    "polygons": FileKind("json", "application/json", _coco("polygons")),
    "svg": FileKind(
        "svg",
        "image/svg+xml",
        lambda _, masks, names: export.export_svg(masks, names=names).encode(),
    ),
}
