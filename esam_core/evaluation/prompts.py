"""Mean IoU of a box, one click, three and six clicks with annotated objects, per model.

The box is the object's tight box. The first click is the object's most interior point. Each further
click is the most interior point of the largest error: foreground for a missing part, background for
an excess part; it corrects the mask that is shown, as on the page. Every model is measured without
second looks and with them.
"""

import argparse
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from esam_core.errors import EsamError, InvalidSettings
from esam_core.evaluation.clicks import click_through
from esam_core.evaluation.results import Journal, add_out_argument, settings_of, title_of
from esam_core.evaluation.targets import (
    SIZES,
    PromptTarget,
    add_target_arguments,
    next_click,
    targets,
)
from esam_core.masks import rank_masks_by
from esam_core.models import load_segmenter
from esam_core.prompts import Prompt
from esam_core.segmenter import ImageEmbedding, Segmenter
from esam_core.segmenter.protocol import LookAgain

HELP = "mean IoU of a box, one, three and six clicks, per model, second look and size of object"
COLUMNS = (
    "box",
    "box, box rule",
    "box, best of 3",
    "1 click",
    "1 click, best of 3",
    "3 clicks",
    "6 clicks",
    "best of the 6",
)
SETTINGS = ("data", "min_area", "limit", "models", "device", "precision", "looks", "no_grabcut")
LOOKS: dict[str, LookAgain] = {"one look": False, "second look": True}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of objects and models."""
    add_target_arguments(parser)
    parser.add_argument("--models", default="auto", help="names, separated by commas")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument(
        "--looks", choices=(*LOOKS, "both"), default="both", help="without or with second looks"
    )
    parser.add_argument("--no-grabcut", action="store_true", help="omit the GrabCut baseline")
    add_out_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print one row per model and look, for all objects and by size."""
    from tqdm import tqdm

    segmenters = [
        load_segmenter(name, device=args.device, precision=args.precision)
        for name in args.models.split(",")
    ]
    settings = settings_of("prompts", args, SETTINGS, map(title_of, segmenters))
    journal = Journal(args.out, settings)
    image: np.ndarray | None = None
    embeddings: list[ImageEmbedding] = []
    for target in tqdm(targets(args), leave=False, unit="object"):
        if target.key in journal:
            continue
        if image is not target.image:
            image, embeddings = target.image, [s.embed(target.image) for s in segmenters]
        scores = {
            f"{title_of(s)}, {title}": score_model(s, embedding, target, look_again)
            for s, embedding in zip(segmenters, embeddings, strict=True)
            for title, look_again in LOOKS.items()
            if args.looks in (title, "both")
        }
        if not args.no_grabcut:
            scores["GrabCut from the box (OpenCV)"] = score_grabcut(target)
        journal.add(target.key, {"share": round(target.share, 5), "scores": scores})
    if not journal.rows:
        raise InvalidSettings(f"no object is larger than {args.min_area:.1%} of its photo.")
    lines = list(table(journal.rows.values(), args))
    print("\n".join(lines))
    journal.finish(dict(means(list(journal.rows.values()))), lines)
    return 0


def score_model(
    segmenter: Segmenter,
    embedding: ImageEmbedding,
    target: PromptTarget,
    look_again: LookAgain = "auto",
) -> dict[str, float]:
    """Return the IoU of a model's masks with one object, per column of the table.

    Args:
        segmenter: The model.
        embedding: Embedding of the target's image by this model.
        target: The object.
        look_again: As for ``Segmenter.predict``.
    """
    boxed = segmenter.predict(embedding, Prompt.box(*target.box_xyxy), look_again=look_again)
    by_box = rank_masks_by(boxed, "box_iou", box_xyxy=target.box_xyxy)
    ious = target.iou(boxed.data)
    scores = {"box": ious[0], "box, box rule": ious[by_box[0]], "box, best of 3": ious.max()}
    click = next_click(np.zeros_like(target.truth), target.truth)
    first = Prompt() if click is None or click.point is None else Prompt.point(*click.point)
    clicked = target.iou(segmenter.predict(embedding, first, look_again=look_again).data)
    shown, _ = click_through(segmenter, embedding, target, 6, look_again=look_again)
    scores |= {
        "1 click": clicked[0],
        "1 click, best of 3": clicked.max(),
        "3 clicks": shown[min(3, len(shown)) - 1],
        "6 clicks": shown[-1],
        "best of the 6": max(shown),
    }
    return {name: round(float(score), 4) for name, score in scores.items()}


def table(rows: Iterable[dict[str, Any]], args: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the table: all objects, then those of each size."""
    rows = list(rows)
    yield (
        f"mean IoU over {len(rows)} object{'s' * (len(rows) != 1)} larger than "
        f"{args.min_area:.1%} of their photo, {args.data}"
    )
    yield ""
    yield f"| model | objects | {' | '.join(COLUMNS)} |"
    yield f"|---|---|{'---|' * len(COLUMNS)}"
    for size, (low, high) in {"all": (0.0, 2.0), **SIZES}.items():
        members = [row for row in rows if low <= row["share"] < high]
        for name, scores in means(members):
            cells = [f"{scores[c]:.3f}" if c in scores else "" for c in COLUMNS]
            yield f"| {name} | {size} ({len(members)}) | {' | '.join(cells)} |"


def means(rows: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the mean score per column, by row of the table."""
    for name in rows[0]["scores"] if rows else ():
        columns = rows[0]["scores"][name]
        yield name, {c: float(np.mean([row["scores"][name][c] for row in rows])) for c in columns}


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
    return {"box": round(float(target.iou(mask[None])[0]), 4)}
