"""Recall of annotated objects and time of segment everything, per grid.

An object counts as found if some mask has an IoU over 0.5 with it; recall at 0.75 and by size of
object is beside it. A mask is a duplicate if an earlier one has an IoU over 0.8 with it. The loss
by a hierarchical grid is the share of the full grid's masks that it does not find.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from esam_core.errors import InvalidSettings
from esam_core.evaluation.results import Journal, add_out_argument, settings_of, title_of
from esam_core.evaluation.scenes import GOOD_IOU, scenes
from esam_core.evaluation.sheets import Sheet
from esam_core.evaluation.targets import SIZES
from esam_core.geometry import mask_iou
from esam_core.masks import Masks

if TYPE_CHECKING:
    from esam_core.segmenter import ImageEmbedding, Segmenter

HELP = "segment everything: objects found, masks and seconds, per preset, full or hierarchical"
DEFAULT_PRESETS = "fast,quality"
CLOSE_IOU = 0.75
DUPLICATE_IOU = 0.8
SETTINGS = ("data", "model", "presets", "min_area", "limit", "no_hierarchical")


@dataclass(frozen=True, slots=True)
class GridSearch:
    """The result of one grid on one image.

    Args:
        points: Points decoded.
        masks: Masks found.
        seconds: Time for decoding and filtering.
        best: IoU of the best mask with each annotated object (n,) float.
        shares: Area of each object as a share of the photo (n,) float.
        duplicates: Masks that are about the same as a better one.
        again: Share of the full grid's masks with an IoU over 0.5 with one of these; NaN where the
            full grid finds none.
    """

    points: int
    masks: int
    seconds: float
    best: np.ndarray
    shares: np.ndarray
    duplicates: int
    again: float

    def to_json(self) -> dict[str, Any]:
        """Return JSON values that ``from_json`` reads."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values |= {name: values[name].round(4).tolist() for name in ("best", "shares")}
        return values | {"again": None if np.isnan(self.again) else self.again}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "GridSearch":
        """Create a result from the output of ``to_json``."""
        arrays = {name: np.array(record[name], float) for name in ("best", "shares")}
        again = float("nan") if record["again"] is None else record["again"]
        return cls(**{**record, **arrays, "again": again})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--data FOLDER`` and the options of model and grids."""
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="as for eval clicks"
    )
    parser.add_argument("--model", default="auto", help="model that makes the masks")
    parser.add_argument("--presets", default=DEFAULT_PRESETS, help=f"default {DEFAULT_PRESETS}")
    parser.add_argument(
        "--min-area", type=float, default=0.0, help="smallest object, as a share of the photo"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N photos")
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="photos of a COCO data set")
    parser.add_argument("--no-hierarchical", action="store_true", help="full grids only")
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE",
        help="draw the masks of the first preset on all photos as one picture",
    )
    add_out_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    from tqdm import tqdm

    from esam_core.models import load_segmenter

    segmenter = load_segmenter(args.model)
    settings = settings_of("everything", args, SETTINGS, [title_of(segmenter)])
    journal = Journal(args.out, settings)
    sheet = Sheet(args.sheet)
    found = islice(scenes(args.data, args.min_area, args.images), args.limit)
    for number, scene in enumerate(tqdm(found, leave=False, unit="photo")):
        if str(number) in journal and args.sheet is None:
            continue
        embedding = segmenter.embed(scene.image)
        row: dict[str, Any] = {}
        for name in args.presets.split(","):
            for title, search, masks in searches(
                segmenter, embedding, scene.truth, name, hierarchical=not args.no_hierarchical
            ):
                row[title] = search.to_json()
                if title == args.presets.split(",")[0]:
                    sheet.add(scene.image, masks)
        journal.add(str(number), row)
    sheet.write()
    rows: dict[str, list[GridSearch]] = {}
    for row in journal.rows.values():
        for title, record in row.items():
            rows.setdefault(title, []).append(GridSearch.from_json(record))
    if not rows:
        raise InvalidSettings(f"no photo has an object from {args.min_area:.1%} of it.")
    photos = len(journal.rows)
    lines = [
        title_of(segmenter),
        f"{photos} photos, objects from {args.min_area:.1%} of the photo; numbers per photo",
        "",
        *grid_table(rows),
    ]
    print("\n".join(lines))
    journal.finish({title: summarise(found) for title, found in rows.items()}, lines)
    return 0


def searches(
    segmenter: "Segmenter",
    embedding: "ImageEmbedding",
    truth: np.ndarray,
    name: str,
    *,
    hierarchical: bool = True,
) -> Iterator[tuple[str, GridSearch, Masks]]:
    """Yield title, result and masks of a preset's full grid, then of its hierarchical one.

    Args:
        segmenter: The model.
        embedding: Embedding of the image.
        truth: Masks of the annotated objects (n, h, w) bool.
        name: Name of the preset.
        hierarchical: Whether the hierarchical grid is searched, too.
    """
    from esam_core.everything import decode_grid, preset, select

    full: Masks | None = None
    variants = ((name, False), (f"{name}, hierarchical", True))
    for title, coarse_first in variants[: 2 if hierarchical else 1]:
        settings = preset(name, segmenter.name)
        if coarse_first:
            settings = replace(settings, hierarchical=True, crop_n_layers=0)
        start = time.perf_counter()
        candidates = decode_grid(segmenter, embedding, settings)
        masks = select(candidates, settings)
        seconds = time.perf_counter() - start
        full = masks if full is None else full
        yield title, evaluate_grid(candidates.points, masks, seconds, truth, full), masks


def evaluate_grid(
    points: int, masks: Masks, seconds: float, truth: np.ndarray, full: Masks
) -> GridSearch:
    """Compare a grid's masks with an image's objects (n, h, w) bool and the full grid's masks."""
    best = mask_iou(truth, masks.data).max(1) if len(masks) else np.zeros(len(truth))
    again = float("nan")
    if len(full):
        overlaps = mask_iou(full.data, masks.data).max(1) if len(masks) else np.zeros(len(full))
        again = float((overlaps > GOOD_IOU).mean())
    overlap = np.tril(mask_iou(masks.data, masks.data), -1) if len(masks) else np.zeros((1, 1))
    duplicates = int((overlap.max(1) > DUPLICATE_IOU).sum())
    shares = truth.mean((1, 2))
    return GridSearch(points, len(masks), seconds, best, shares, duplicates, again)


def summarise(found: list[GridSearch]) -> dict[str, float]:
    """Return means over images, and recall over all objects and by size; NaN is left out."""
    best = np.concatenate([search.best for search in found])
    shares = np.concatenate([search.shares for search in found])
    values = {
        "points": np.mean([search.points for search in found]),
        "seconds": np.mean([search.seconds for search in found]),
        "masks": np.mean([search.masks for search in found]),
        "duplicates": np.mean([search.duplicates for search in found]),
        f"recall {GOOD_IOU}": np.mean(best > GOOD_IOU),
        f"recall {CLOSE_IOU}": np.mean(best > CLOSE_IOU),
    }
    sizes = SIZES | {"over 1 %": (0.01, 2.0)}
    for size, (low, high) in sizes.items():
        members = best[(shares >= low) & (shares < high)]
        if len(members):
            values[f"{GOOD_IOU}, {size}"] = np.mean(members > GOOD_IOU)
    again = [search.again for search in found if not np.isnan(search.again)]
    if again:
        values["of full grid"] = np.mean(again)
    return {name: float(value) for name, value in values.items()}


def grid_table(rows: dict[str, list[GridSearch]]) -> Iterator[str]:
    """Yield the lines of a table with one row per grid; see ``summarise``."""
    header = list(dict.fromkeys(name for found in rows.values() for name in summarise(found)))
    yield f"| grid | {' | '.join(header)} |"
    yield f"|---|{'---|' * len(header)}"
    for title, found in rows.items():
        values = summarise(found)
        cells = [_cell(name, values[name]) if name in values else "-" for name in header]
        yield f"| {title} | {' | '.join(cells)} |"


def _cell(name: str, value: float) -> str:
    if name == "points":
        return f"{value:.0f}"
    return f"{value:.1f}" if name in ("seconds", "masks", "duplicates") else f"{value:.0%}"
