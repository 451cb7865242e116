"""IoU of salient masks with the dominant object of a photo: the map alone, and prompted masks.

A photo counts if one annotated object has most of the annotated area and is not tiny. "Map alone"
is the union of the components that prompt ``salient_masks``; the masks are also merged. Points are
sampled with several seeds.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from esam_core.datasets.annotated import annotated_photos
from esam_core.geometry import mask_iou
from esam_core.saliency import (
    SALIENCY,
    SalientSettings,
    load_saliency,
    salient_components,
    salient_masks,
)

HELP = "salient object: mean IoU of the map alone and of the prompted masks"
DOMINANT = 0.75  # share of the annotated area
LARGE = 0.02  # share of the photo


@dataclass(frozen=True, slots=True, eq=False)
class SalientTarget:
    """An image with its dominant object.

    Args:
        image: (h, w, 3) uint8 RGB.
        truth: Mask (h, w) bool of the object.
    """

    image: np.ndarray
    truth: np.ndarray


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--data FOLDER`` and the options of models and points."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="assets/photos")
    parser.add_argument("--saliency", default="u2netp", help=", ".join(SALIENCY))
    parser.add_argument("--model", default="auto", help="model that makes the masks")
    parser.add_argument("--threshold", type=float, default=SalientSettings().threshold)
    parser.add_argument("--points", type=int, default=SalientSettings().points)
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds to average over")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N photos")


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    from esam_core.models import load_segmenter

    model, segmenter = load_saliency(args.saliency), load_segmenter(args.model)
    base = SalientSettings(threshold=args.threshold, points=args.points)
    scores: dict[str, list[float]] = {"map alone": []}
    for target in islice(salient_targets(args.data), args.limit):
        saliency, embedding = model.estimate(target.image), segmenter.embed(target.image)
        scores["map alone"].append(_iou(salient_components(saliency, base), target.truth))
        for title, prompt, seeds in _variants(args):
            ious = [
                _iou(
                    salient_masks(
                        segmenter,
                        target.image,
                        embedding=embedding,
                        saliency=saliency,
                        settings=replace(base, prompt=prompt, seed=seed),
                    ).masks.data,
                    target.truth,
                )
                for seed in range(seeds)
            ]
            scores.setdefault(title, []).append(float(np.mean(ious)))
    count = len(scores["map alone"])
    print(
        f"{model.title} ({model.provenance}); masks by {segmenter.title} ({segmenter.provenance})"
    )
    print(f"{count} photos with one dominant object, threshold {args.threshold}\n")
    print("| masks | mean IoU | IoU over 0.5 |\n|---|---|---|")
    for title, ious in scores.items():
        print(f"| {title} | {np.mean(ious):.3f} | {np.mean(np.array(ious) > 0.5):.0%} |")
    return 0


def salient_targets(folder: Path) -> Iterator[SalientTarget]:
    """Yield the photos with one dominant object."""
    for photo in annotated_photos(folder):
        areas = np.array([item.area for item in photo.objects], float)
        image = photo.image()
        if areas.max() >= max(DOMINANT * areas.sum(), LARGE * image.shape[0] * image.shape[1]):
            yield SalientTarget(image, photo.masks()[areas.argmax()])


def _variants(args: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    yield f"{args.points} uniform points", "uniform", args.seeds
    yield f"{args.points} spread points", "spread", args.seeds
    yield "box", "box", 1


def _iou(masks: np.ndarray, truth: np.ndarray) -> float:
    union = np.logical_or.reduce(masks)
    return float(mask_iou(union[None], truth[None])[0, 0])
