"""A data set for YOLO: one polygon per object, as Ultralytics reads it for segmentation."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from esam_core.errors import InvalidSettings
from esam_core.export.cuts import joined_rings
from esam_core.export.facts import base_name, labels_of
from esam_core.masks import Masks
from esam_core.visualize.draw import as_masks

IMAGES, LABELS = "images/train", "labels/train"
_ABOUT = """# Segmentation labels for Ultralytics YOLO.
# Put the photo {photo} into {images}, beside {labels}.
train: {images}
val: {images}  # better other photos
names:
"""


def export_yolo(
    masks: Masks | np.ndarray,
    *,
    file_name: str = "",
    names: Sequence[str | None] | None = None,
    classes: Sequence[str] | None = None,
) -> dict[str, str]:
    """Convert masks to a data set of one photo, in the segmentation format of Ultralytics YOLO 8.

    Each object is a line: the number of its class, then x and y of a polygon's corners as shares
    of the width and height of the photo as it is shown. The format has one polygon per object.
    Holes are joined to the outline by cuts of no width and pieces to each other by bridges of no
    width: filled by the even-odd rule, the polygon is the mask. Programs that also draw the border,
    as Ultralytics does, make cuts and bridges one pixel wide. There is no room for scores; empty
    masks are left out.

    Args:
        masks: Masks of one image, (n, h, w) bool.
        file_name: File name of the photo; the labels get the same one, with ``.txt``.
        names: Class of each mask; None is "object".
        classes: All classes of the data set in the order of their numbers, so that photos agree;
            by default those of ``names``, in their order.

    Returns:
        Texts by path: the labels and ``data.yaml``, which says where the photo belongs.

    Raises:
        InvalidSettings: Not one name per mask, or a name that is not among ``classes``.
    """
    masks = as_masks(masks)
    labels, name = labels_of(names, len(masks)), base_name(file_name)
    every = list(dict.fromkeys(labels if classes is None else classes))
    unknown = [label for label in labels if label not in every]
    if unknown:
        raise InvalidSettings(f"name {unknown[0]!r} is not among the classes {every}.")
    rows = zip(masks.data, labels, strict=True)
    lines = [_line(mask, every.index(label)) for mask, label in rows if mask.any()]
    head = _ABOUT.format(photo=_quoted(name), images=IMAGES, labels=LABELS)
    classes_yaml = "".join(f"  {i}: {_quoted(label)}\n" for i, label in enumerate(every))
    # Ultralytics cuts a name at its last dot.
    stem = name.rpartition(".")[0] or name
    return {f"{LABELS}/{stem}.txt": "".join(lines), "data.yaml": head + classes_yaml}


def _line(mask: np.ndarray, number: int) -> str:
    height, width = mask.shape
    shares = one_ring(joined_rings(mask)) / (width, height)
    return " ".join([str(number), *(f"{value:.7g}" for value in shares.ravel())]) + "\n"


def one_ring(rings: list[np.ndarray]) -> np.ndarray:
    """Join rings (k, 2) to one, each to the next by a bridge there and back."""
    there, back, entry = [], [], 0
    for ring, after in zip(rings, [*rings[1:], None], strict=True):
        if after is None:
            exit_, landing = entry, 0
        else:
            distances, nearest = cKDTree(after).query(ring)
            exit_ = int(distances.argmin())
            landing = int(nearest[exit_])
        turned = np.roll(ring, -entry, axis=0)
        at = (exit_ - entry) % len(ring)
        # The last ring is walked around; of the others, a part on the way there, the rest back.
        there.append(turned[: at + 1])
        back.append(np.concatenate([turned[at:], turned[:1]]))
        entry = landing
    joined = np.concatenate([*there, *back[::-1]])
    return joined[(joined != np.roll(joined, -1, axis=0)).any(1)]


def _quoted(text: str) -> str:
    """Return a text as YAML's double-quoted scalar; halves of pairs become U+FFFD."""
    plain = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped).join('""')
