"""JSON for Label Studio: one brush region per object, exact, as pre-annotations of a task."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from esam_core.export.facts import base_name, labels_of, scores_of
from esam_core.export.xml_text import xml_attribute
from esam_core.masks import Masks
from esam_core.visualize.draw import as_masks

LOCAL_FILES = "/data/local-files/?d="  # the address of a photo in a local storage
TAG, IMAGE = "label", "image"  # names in the labelling interface
LONGEST = 2**16  # numbers in one run
_CHANNELS = 4  # brush regions are RGBA pictures


def export_label_studio(
    masks: Masks | np.ndarray,
    *,
    file_name: str = "",
    names: Sequence[str | None] | None = None,
    scores: Sequence[float | None] | None = None,
    image_url: str | None = None,
    model: str = "",
) -> list[dict[str, Any]]:
    """Convert masks to one task of Label Studio 1 with a prediction, ready for ``json.dumps``.

    Objects are brush regions (``brushlabels``, run lengths of RGBA pictures in the way of its
    ``rle`` format), so holes, pieces and overlaps stay. Empty masks are left out. The project needs
    the labelling interface that the task's ``meta`` holds under ``labelling_interface``.

    Args:
        masks: Masks of one image, (n, h, w) bool.
        file_name: File name of the photo.
        names: Label of each mask; None is "object".
        scores: Score of each mask; None is the predicted IoU.
        image_url: Where Label Studio finds the photo; by default in a local storage, by its name.
        model: What made the masks, shown as the version of the prediction.

    Raises:
        InvalidSettings: Not one name or score per mask.
    """
    masks = as_masks(masks)
    labels, known = labels_of(names, len(masks)), scores_of(masks, scores)
    url = f"{LOCAL_FILES}{quote(base_name(file_name))}" if image_url is None else image_url
    rows = enumerate(zip(masks.data, labels, known, strict=True), 1)
    regions = [_region(f"mask{i}", *row) for i, row in rows if row[0].any()]
    prediction = {"result": regions} | ({"model_version": model} if model else {})
    return [
        {
            "data": {IMAGE: url},
            "meta": {"file_name": base_name(file_name), "labelling_interface": _interface(labels)},
            "predictions": [prediction],
        }
    ]


def _region(number: str, mask: np.ndarray, label: str, score: float | None) -> dict[str, Any]:
    height, width = mask.shape
    return {
        "id": number,
        "type": "brushlabels",
        "from_name": TAG,
        "to_name": IMAGE,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {"format": "rle", "rle": _runs(mask), "brushlabels": [label]},
    } | ({} if score is None else {"score": score})


def _runs(mask: np.ndarray) -> list[int]:
    """Return a mask (h, w) bool in Label Studio's run lengths, as bytes.

    The bits are: how many numbers (32), bits of a number - 1 (5), four widths of lengths, each - 1
    (4 each); then for each run 1, which width (2), its length - 1 and the number that repeats.
    """
    flat = mask.ravel()
    starts = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)
    lengths = np.diff(np.append(starts, flat.size)) * _CHANNELS
    parts = -(-lengths // LONGEST)
    sizes = np.full(parts.sum(), LONGEST)
    sizes[np.cumsum(parts) - 1] = lengths - (parts - 1) * LONGEST
    values = np.repeat(flat[starts], parts).astype(np.int64) * 255
    runs = 0b111 << 24 | sizes - 1 << 8 | values  # 27 bits: always the fourth width
    head = f"{flat.size * _CHANNELS:032b}{7:05b}" + "".join(f"{n - 1:04b}" for n in (3, 4, 8, 16))
    bits = np.unpackbits(runs.astype(">u4").view(np.uint8)).reshape(-1, 32)[:, 5:]
    return np.packbits(np.append(np.array([*head], np.uint8), bits)).tolist()


def _interface(labels: list[str]) -> str:
    choices = "".join(f"<Label value={xml_attribute(label)}/>" for label in dict.fromkeys(labels))
    return (
        f'<View><Image name="{IMAGE}" value="${IMAGE}" zoom="true"/>'
        f'<BrushLabels name="{TAG}" toName="{IMAGE}">{choices}</BrushLabels></View>'
    )
