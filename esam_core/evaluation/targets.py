"""The objects that evaluations of prompts segment, and the clicks of a patient person."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from esam_core.corrections import Step
from esam_core.datasets.labelled import labelled_photos
from esam_core.geometry import interior_point, mask_iou, masks_to_boxes
from esam_core.prompts import PointLabel

SMALLEST = 0.005  # of the photo; the default of --min-area
SIZES = {"under 1 %": (0.0, 0.01), "1 to 5 %": (0.01, 0.05), "over 5 %": (0.05, 1.01)}


@dataclass(frozen=True, slots=True, eq=False)
class PromptTarget:
    """One object to segment.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        truth: Mask (h, w) bool of the object.
        box_xyxy: Its tight box in pixels.
        key: Photo and number of the object in it.
        ignored: Pixels (h, w) bool that never count, or None.
    """

    image: np.ndarray
    truth: np.ndarray
    box_xyxy: tuple[float, float, float, float]
    key: str = ""
    ignored: np.ndarray | None = field(default=None)

    @property
    def share(self) -> float:
        """Its area as a share of the photo."""
        return float(self.truth.mean())

    def iou(self, masks: np.ndarray) -> np.ndarray:
        """Return the IoU (n,) of masks (n, h, w) bool with the object."""
        known = masks if self.ignored is None else masks & ~self.ignored
        return mask_iou(known, self.truth[None])[:, 0]


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--data``, ``--images``, ``--limit`` and ``--min-area``, which ``targets`` reads."""
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DATA",
        help="assets/photos; a folder laid out as GrabCut, Berkeley, DAVIS, SBD or Pascal VOC; or "
        "the JSON of a COCO data set",
    )
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="photos of a COCO data set")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N objects")
    parser.add_argument(
        "--min-area", type=float, default=SMALLEST, help="smallest object, as a share of the photo"
    )


def targets(args: argparse.Namespace) -> Iterator[PromptTarget]:
    """Yield the objects that the arguments name; those of one photo share its array."""
    return islice(prompt_targets(args.data, args.min_area, args.images), args.limit)


def prompt_targets(
    data: Path, min_area: float, images: Path | None = None
) -> Iterator[PromptTarget]:
    """Yield the objects of labelled photos that are larger than a share of their photo."""
    for photo in labelled_photos(data, images):
        image, truth = photo.read()
        ignored = truth.ignored if truth.ignored.any() else None
        for number, mask in enumerate(truth.masks):
            if mask.sum() > min_area * mask.size:
                x0, y0, x1, y1 = masks_to_boxes(mask[None])[0].tolist()
                key = f"{photo.key}#{number}"
                yield PromptTarget(image, mask, (x0, y0, x1, y1), key, ignored)


def next_click(
    mask: np.ndarray, truth: np.ndarray, ignored: np.ndarray | None = None
) -> Step | None:
    """Return a click at the centre of a mask's largest error; None if the mask is perfect.

    Args:
        mask: The mask (h, w) bool that is shown.
        truth: The object's mask (h, w) bool.
        ignored: Pixels (h, w) bool that are never wrong.
    """
    missing, extra = truth & ~mask, mask & ~truth
    if ignored is not None:
        missing, extra = missing & ~ignored, extra & ~ignored
    more = missing.sum() >= extra.sum()
    at = interior_point(missing if more else extra)
    label = PointLabel.FOREGROUND if more else PointLabel.BACKGROUND
    return None if at is None else Step(point=at, label=int(label))
