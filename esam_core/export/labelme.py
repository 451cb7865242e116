"""JSON for labelme: one mask per object, exact."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from esam_core.export.facts import base_name, labels_of, scores_of
from esam_core.export.png import png_bytes
from esam_core.geometry import masks_to_boxes
from esam_core.masks import Masks
from esam_core.visualize.draw import as_masks

VERSION = "5.3.0"  # the first with masks


def export_labelme(
    masks: Masks | np.ndarray,
    *,
    file_name: str = "",
    names: Sequence[str | None] | None = None,
    scores: Sequence[float | None] | None = None,
) -> dict[str, Any]:
    """Convert masks to a file of labelme, ready for ``json.dumps``; it belongs beside the photo.

    Objects are shapes of the type ``mask`` (labelme 5.3 and later), so holes, pieces and overlaps
    stay; older versions know only polygons. Like this project, labelme turns a photo as its EXIF
    says. Empty masks are left out.

    Args:
        masks: Masks of one image, (n, h, w) bool.
        file_name: File name of the photo; labelme opens it from the folder of its own file.
        names: Label of each mask; None is "object".
        scores: Score of each mask, the key ``score`` of its shape; None is the predicted IoU.

    Returns:
        The keys of labelme's files; ``points`` are the first and the last pixel of a mask's box,
        both inside, and ``mask`` is that part as a PNG of zeros and ones in base64.

    Raises:
        InvalidSettings: Not one name or score per mask.
    """
    masks = as_masks(masks)
    height, width = masks.image_hw
    rows = zip(masks.data, labels_of(names, len(masks)), scores_of(masks, scores), strict=True)
    return {
        "version": VERSION,
        "flags": {},
        "shapes": [_shape(mask, label, score) for mask, label, score in rows if mask.any()],
        "imagePath": base_name(file_name),
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def _shape(mask: np.ndarray, label: str, score: float | None) -> dict[str, Any]:
    left, top, right, bottom = masks_to_boxes(mask[None])[0].astype(int).tolist()
    part = Image.fromarray(mask[top:bottom, left:right].astype(np.uint8))
    return {
        "label": label,
        "points": [[float(left), float(top)], [float(right - 1), float(bottom - 1)]],
        "group_id": None,
        "description": "",
        "shape_type": "mask",
        "flags": {},
        "mask": base64.b64encode(png_bytes(part)).decode(),
    } | ({} if score is None else {"score": score})
