"""Mean IoU of a box, one click and three clicks with annotated objects, per model.

The box is the object's tight box. The first click is the object's most interior point. Each further
click is the most interior point of the largest error: foreground for a missing part, background for
an excess part. Only objects larger than a given share of their photo count.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from esam_core.datasets.annotated import annotated_photos
from esam_core.errors import EsamError, InvalidSettings
from esam_core.geometry import interior_point, mask_iou, xywh_to_xyxy
from esam_core.masks import Masks, rank_masks_by
from esam_core.models import load_segmenter
from esam_core.prompts import PointLabel, Prompt
from esam_core.segmenter import ImageEmbedding, Segmenter

HELP = "mean IoU of a box, one click and three clicks, per model and for GrabCut"
COLUMNS = (
    "box",
    "box, box rule",
    "box, best of 3",
    "1 click",
    "1 click, best of 3",
    "3 clicks",
    "3 clicks, best of 3",
)


@dataclass(frozen=True, slots=True, eq=False)
class PromptTarget:
    """One object to segment.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        truth: Mask (h, w) bool of the object.
        box_xyxy: Its tight box in pixels.
    """

    image: np.ndarray
    truth: np.ndarray
    box_xyxy: tuple[float, float, float, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--data FOLDER --models A,B``."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="assets/photos")
    parser.add_argument("--models", default="auto", help="names, separated by commas")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N objects")
    parser.add_argument(
        "--min-area", type=float, default=0.005, help="smallest object, as a share of the photo"
    )
    parser.add_argument("--no-grabcut", action="store_true", help="omit the GrabCut baseline")


def run(args: argparse.Namespace) -> int:
    """Measure and print one row per model."""
    segmenters = [
        load_segmenter(name, device=args.device, precision=args.precision)
        for name in args.models.split(",")
    ]
    rows = {
        f"{s.title} ({s.provenance}), {s.device} {s.precision}": _mean(args, model_scorer(s))
        for s in segmenters
    }
    count = sum(1 for _ in _targets(args))
    if not args.no_grabcut:
        rows["GrabCut from the box (OpenCV)"] = _mean(args, score_grabcut)
    print(f"mean IoU over {count} objects larger than {args.min_area:.1%} of their photo\n")
    print(f"| model | {' | '.join(COLUMNS)} |")
    print(f"|---|{'---|' * len(COLUMNS)}")
    for name, scores in rows.items():
        cells = [f"{scores[c]:.3f}" if c in scores else "" for c in COLUMNS]
        print(f"| {name} | {' | '.join(cells)} |")
    return 0


def prompt_targets(folder: Path, min_area: float) -> Iterator[PromptTarget]:
    """Yield the objects of annotated photos that are larger than a share of their photo."""
    for photo in annotated_photos(folder):
        image, masks = photo.image(), photo.masks()
        for item, truth in zip(photo.objects, masks, strict=True):
            if truth.sum() > min_area * truth.size:
                x0, y0, x1, y1 = xywh_to_xyxy(np.array(item.box_xywh)).tolist()
                yield PromptTarget(image, truth, (x0, y0, x1, y1))


def model_scorer(segmenter: Segmenter) -> Callable[[PromptTarget], dict[str, float]]:
    """Return a function that scores a model on a target and encodes each image only once."""
    image: np.ndarray | None = None
    embedding: ImageEmbedding

    def score(target: PromptTarget) -> dict[str, float]:
        nonlocal image, embedding
        if image is not target.image:
            image, embedding = target.image, segmenter.embed(target.image)
        return score_model(segmenter, embedding, target)

    return score


def score_model(
    segmenter: Segmenter, embedding: ImageEmbedding, target: PromptTarget
) -> dict[str, float]:
    """Return the IoU of a model's masks with one object, per column of the table.

    Args:
        segmenter: The model.
        embedding: Embedding of the target's image by this model.
        target: The object.
    """
    boxed = segmenter.predict(embedding, Prompt.box(*target.box_xyxy))
    by_box = rank_masks_by(boxed, "box_iou", box_xyxy=target.box_xyxy)
    ious = _ious(boxed, target.truth)
    scores = {"box": ious[0], "box, box rule": ious[by_box[0]], "box, best of 3": ious.max()}
    prompt = next_click(Prompt(), np.zeros_like(target.truth), target.truth)
    for clicks in (1, 2, 3):
        masks = segmenter.predict(embedding, prompt)
        ious = _ious(masks, target.truth)
        if clicks in (1, 3):
            name = "1 click" if clicks == 1 else "3 clicks"
            scores |= {name: ious[0], f"{name}, best of 3": ious.max()}
        prompt = next_click(prompt, masks.data[0], target.truth)
    return scores


def next_click(prompt: Prompt, mask: np.ndarray, truth: np.ndarray) -> Prompt:
    """Add a click at the centre of a mask's largest error; none if the mask is perfect.

    Args:
        prompt: The clicks so far, in pixels.
        mask: The mask (h, w) bool predicted from them.
        truth: The object's mask (h, w) bool.
    """
    missing, extra = truth & ~mask, mask & ~truth
    wrong, label = (
        (missing, PointLabel.FOREGROUND)
        if missing.sum() >= extra.sum()
        else (extra, PointLabel.BACKGROUND)
    )
    at = interior_point(wrong)
    return prompt if at is None else prompt.with_point(*at, label)


def score_grabcut(target: PromptTarget) -> dict[str, float]:
    """Return the IoU of OpenCV's GrabCut, initialised with the box, after five iterations.

    Raises:
        EsamError: OpenCV is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise EsamError(
            "GrabCut needs OpenCV: pip install opencv-python-headless, or give --no-grabcut."
        ) from error
    x0, y0, x1, y1 = (round(v) for v in target.box_xyxy)
    labels = np.zeros(target.truth.shape, np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    box = (x0, y0, x1 - x0, y1 - y0)
    try:
        cv2.setRNGSeed(0)
        cv2.grabCut(target.image, labels, box, *models, 5, cv2.GC_INIT_WITH_RECT)
        mask = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    except cv2.error:  # a box as large as the image leaves no background samples
        mask = np.zeros_like(target.truth)
        mask[y0:y1, x0:x1] = True
    return {"box": float(mask_iou(mask[None], target.truth[None])[0, 0])}


def _ious(masks: Masks, truth: np.ndarray) -> np.ndarray:
    return mask_iou(masks.data, truth[None])[:, 0]


def _targets(args: argparse.Namespace) -> Iterator[PromptTarget]:
    return islice(prompt_targets(args.data, args.min_area), args.limit)


def _mean(
    args: argparse.Namespace, score: Callable[[PromptTarget], dict[str, float]]
) -> dict[str, float]:
    from tqdm import tqdm

    scores = [score(target) for target in tqdm(_targets(args), leave=False, unit="object")]
    if not scores:
        raise InvalidSettings(f"no object is larger than {args.min_area:.1%} of its photo.")
    return {name: float(np.mean([row[name] for row in scores])) for name in scores[0]}
