"""Recall of annotated objects and time of segment everything, per grid.

An object counts as found if some mask has an IoU over 0.5 with it. The loss by a hierarchical grid
is measured in objects, and as the share of the full grid's masks that it also finds.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from esam_core.evaluation.scenes import GOOD_IOU, scenes
from esam_core.geometry import mask_iou
from esam_core.masks import Masks

if TYPE_CHECKING:
    from esam_core.segmenter import ImageEmbedding, Segmenter

HELP = "segment everything: objects found, masks and seconds, per preset, full or hierarchical"
DEFAULT_PRESETS = "fast,quality"


@dataclass(frozen=True, slots=True)
class GridSearch:
    """The result of one grid on one image.

    Args:
        points: Points decoded.
        masks: Masks found.
        seconds: Time for decoding and filtering.
        best: IoU of the best mask with each annotated object (n,) float.
        again: Share of the full grid's masks with an IoU over 0.5 with one of these; NaN where the
            full grid finds none.
    """

    points: int
    masks: int
    seconds: float
    best: np.ndarray
    again: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--data FOLDER`` and the options of model and grids."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="assets/photos")
    parser.add_argument("--model", default="auto", help="model that makes the masks")
    parser.add_argument("--presets", default=DEFAULT_PRESETS, help=f"default {DEFAULT_PRESETS}")
    parser.add_argument(
        "--min-area", type=float, default=0.0, help="smallest object, as a share of the photo"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N photos")


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    from esam_core.models import load_segmenter

    segmenter = load_segmenter(args.model)
    rows: dict[str, list[GridSearch]] = {}
    for scene in islice(scenes(args.data, args.min_area), args.limit):
        embedding = segmenter.embed(scene.image)
        for name in args.presets.split(","):
            for title, search in searches(segmenter, embedding, scene.truth, name):
                rows.setdefault(title, []).append(search)
    photos = len(next(iter(rows.values())))
    print(f"{segmenter.title} ({segmenter.provenance}), {segmenter.device}, {segmenter.precision}")
    print(f"{photos} photos, objects from {args.min_area:.1%} of the photo; numbers per photo\n")
    print("\n".join(grid_table(rows)))
    return 0


def searches(
    segmenter: "Segmenter", embedding: "ImageEmbedding", truth: np.ndarray, name: str
) -> Iterator[tuple[str, GridSearch]]:
    """Yield the results of a preset's full grid, then of its hierarchical one.

    Args:
        segmenter: The model.
        embedding: Embedding of the image.
        truth: Masks of the annotated objects (n, h, w) bool.
        name: Name of the preset.
    """
    from esam_core.everything import decode_grid, preset, select

    full: Masks | None = None
    for title, hierarchical in ((name, False), (f"{name}, hierarchical", True)):
        settings = replace(preset(name, segmenter.name), hierarchical=hierarchical)
        start = time.perf_counter()
        candidates = decode_grid(segmenter, embedding, settings)
        masks = select(candidates, settings)
        seconds = time.perf_counter() - start
        full = masks if full is None else full
        yield title, evaluate_grid(candidates.points, masks, seconds, truth, full)


def evaluate_grid(
    points: int, masks: Masks, seconds: float, truth: np.ndarray, full: Masks
) -> GridSearch:
    """Compare a grid's masks with an image's objects (n, h, w) bool and the full grid's masks."""
    best = mask_iou(truth, masks.data).max(1) if len(masks) else np.zeros(len(truth))
    again = float("nan")
    if len(full):
        overlaps = mask_iou(full.data, masks.data).max(1) if len(masks) else np.zeros(len(full))
        again = float((overlaps > GOOD_IOU).mean())
    return GridSearch(points, len(masks), seconds, best, again)


def grid_table(rows: dict[str, list[GridSearch]]) -> Iterator[str]:
    """Yield the lines of a table with one row per grid: means over images, or over objects."""
    yield "| grid | points | seconds | masks | objects found | mean best IoU | masks of full grid |"
    yield "|---|---|---|---|---|---|---|"
    for title, found in rows.items():
        best = np.concatenate([search.best for search in found])
        again = [search.again for search in found if not np.isnan(search.again)]
        columns = (
            f"{np.mean([search.points for search in found]):.0f}",
            f"{np.mean([search.seconds for search in found]):.2f}",
            f"{np.mean([search.masks for search in found]):.1f}",
            f"{np.mean(best > GOOD_IOU):.0%}",
            f"{best.mean():.3f}",
            f"{np.mean(again):.0%}" if again else "-",
        )
        yield f"| {title} | {' | '.join(columns)} |"
