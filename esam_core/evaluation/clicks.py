"""How many clicks an object takes: a patient person clicks into the middle of the largest error.

The clicks are replayed as on the page (``esam_core.replay``): each one corrects the mask that is
shown. NoC@85 is the mean number of clicks to IoU 0.85; an object that never gets there counts as
the most clicks. ``kept`` is the share of objects whose mask after ten clicks is at least as good as
the best one before.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from esam_core.corrections import Step, replay
from esam_core.errors import InvalidSettings
from esam_core.evaluation.results import Journal, add_out_argument, settings_of, title_of
from esam_core.evaluation.targets import (
    SIZES,
    PromptTarget,
    add_target_arguments,
    next_click,
    targets,
)
from esam_core.models import load_segmenter
from esam_core.segmenter import ImageEmbedding, Segmenter
from esam_core.segmenter.protocol import LookAgain

HELP = "clicks to IoU .85 and .90, and IoU after 1, 3, 5, 6 and 10 clicks, as on the page"
GOALS = (0.85, 0.90)
AFTER = (1, 3, 5, 6, 10)
SETTINGS = ("data", "min_area", "limit", "models", "device", "precision", "clicks", "look_again")
KEPT_AT = 10  # "kept" compares this click with the best of those before


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of objects, models and clicks."""
    add_target_arguments(parser)
    parser.add_argument("--models", default="auto", help="names, separated by commas")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--clicks", type=int, default=20, help="at most so many; default 20")
    parser.add_argument(
        "--look-again",
        action=argparse.BooleanOptionalAction,
        default="auto",
        help="a second look at every click, or never; default: where it is worth it",
    )
    add_out_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print one row per model."""
    if args.clicks < 1:
        raise InvalidSettings(f"--clicks is {args.clicks}; give a whole number from 1 on.")
    segmenters = [
        load_segmenter(name, device=args.device, precision=args.precision)
        for name in args.models.split(",")
    ]
    settings = settings_of("clicks", args, SETTINGS, map(title_of, segmenters))
    journal = Journal(args.out, settings)
    for segmenter in segmenters:
        measure(args, segmenter, journal)
    if not journal.rows:
        raise InvalidSettings(f"no object is larger than {args.min_area:.1%} of its photo.")
    summary = {model: summarise(rows, args.clicks) for model, rows in _by_model(journal).items()}
    lines = list(table(journal, args))
    print("\n".join(lines))
    journal.finish(summary, lines)
    return 0


def measure(args: argparse.Namespace, segmenter: Segmenter, journal: Journal) -> None:
    """Click on every object that the journal does not know yet."""
    from tqdm import tqdm

    image: np.ndarray | None = None
    embedding: ImageEmbedding
    encoded = 0.0
    for target in tqdm(targets(args), leave=False, unit="object", desc=segmenter.title):
        key = f"{segmenter.name}:{target.key}"
        if key in journal:
            continue
        if image is not target.image:
            start = time.perf_counter()
            image, embedding = target.image, segmenter.embed(target.image)
            encoded = time.perf_counter() - start
        ious, seconds = click_through(
            segmenter, embedding, target, args.clicks, look_again=args.look_again
        )
        journal.add(
            key,
            {
                "model": title_of(segmenter),
                "megabytes": megabytes(segmenter.device),
                "share": round(target.share, 5),
                "ious": [round(iou, 4) for iou in ious],
                "embed_ms": round(encoded * 1000, 1),
                "click_ms": round(1000 * float(np.median(seconds)), 1),
            },
        )


def click_through(
    segmenter: Segmenter,
    embedding: ImageEmbedding,
    target: PromptTarget,
    clicks: int,
    *,
    look_again: LookAgain = "auto",
) -> tuple[list[float], list[float]]:
    """Click on one object.

    Args:
        segmenter: The model.
        embedding: Of the target's image, by this model.
        target: The object.
        clicks: How many.
        look_again: As for ``Segmenter.predict``.

    Returns:
        The IoU of the shown mask after each click, and the seconds that each took; fewer than
        ``clicks`` if a mask is perfect.
    """
    memory: dict[Any, Any] = {}
    steps: list[Step] = []
    ious: list[float] = []
    seconds: list[float] = []
    mask = np.zeros_like(target.truth)
    for _ in range(clicks):
        click = next_click(mask, target.truth, target.ignored)
        if click is None:
            break
        steps.append(click)
        start = time.perf_counter()
        masks = replay(segmenter, embedding, steps, look_again=look_again, memory=memory)
        seconds.append(time.perf_counter() - start)
        mask = masks.data[0]
        ious.append(float(target.iou(mask[None])[0]))
    return ious, seconds


def summarise(rows: list[dict[str, Any]], clicks: int) -> dict[str, Any]:
    """Return the means over objects: see the module."""
    found: dict[str, Any] = {"objects": len(rows)}
    for goal in GOALS:
        needed = [clicks_to(row["ious"], goal, clicks) for row in rows]
        found[f"NoC@{goal * 100:.0f}"] = float(np.mean([min(n, clicks) for n in needed]))
        found[f"never {goal * 100:.0f}"] = float(np.mean([n > clicks for n in needed]))
    for count in AFTER:
        if count <= clicks:
            found[f"IoU@{count}"] = float(np.mean([_after(row["ious"], count) for row in rows]))
    if clicks >= KEPT_AT:
        found["kept"] = float(np.mean([is_kept(row["ious"]) for row in rows]))
    for name in ("embed_ms", "click_ms"):
        found[name] = float(np.median([row[name] for row in rows]))
    known = [row["megabytes"] for row in rows if row["megabytes"] is not None]
    return found | ({"megabytes": max(known)} if known else {})


def clicks_to(ious: list[float], goal: float, clicks: int) -> int:
    """Return how many clicks reach an IoU; one more than allowed if none does."""
    return next((i + 1 for i, iou in enumerate(ious) if iou >= goal), clicks + 1)


def is_kept(ious: list[float]) -> bool:
    """Return whether the mask after ten clicks is at least the best one after one to nine."""
    return _after(ious, KEPT_AT) >= max(ious[: KEPT_AT - 1])


def megabytes(device: str) -> int | None:
    """Return the memory in use, of the process or a CUDA device; None where psutil is missing."""
    from esam_core.benchmark.memory import PeakMemory

    try:
        return round(PeakMemory(device).now() / 1e6)
    except InvalidSettings:
        return None


def table(journal: Journal, args: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the table: one row per model, then one per model and size of object."""
    groups = _by_model(journal)
    count = len(next(iter(groups.values())))
    yield (
        f"{count} objects over {args.min_area:.1%} of their photo, {args.data}, at most "
        f"{args.clicks} clicks, second look: {args.look_again}"
    )
    yield ""
    header: list[str] = []
    for model, rows in groups.items():
        sizes = {"all": rows} | {
            size: [row for row in rows if low <= row["share"] < high]
            for size, (low, high) in SIZES.items()
        }
        for size, members in sizes.items():
            if not members:
                continue
            cells = summarise(members, args.clicks)
            if not header:
                header = ["model", "size", *cells]
                yield f"| {' | '.join(header)} |"
                yield f"|{'---|' * len(header)}"
            yield f"| {' | '.join([model, size, *map(_cell, cells.items())])} |"


def _cell(item: tuple[str, Any]) -> str:
    name, value = item
    if name.startswith("IoU"):
        return f"{value:.3f}"
    if name.startswith("NoC"):
        return f"{value:.2f}"
    if name == "kept" or name.startswith("never"):
        return f"{value:.0%}"
    return f"{value:.0f}"


def _after(ious: list[float], count: int) -> float:
    return ious[min(count, len(ious)) - 1]


def _by_model(journal: Journal) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in journal.rows.values():
        groups.setdefault(row["model"], []).append(row)
    return groups
