"""How often the mask that fits a text best is what the text names, per kind of word.

A pair is a photo and the name of a class in it. It counts as right if the best mask has an IoU over
0.5 with one object of the class or with all of them together. Proposals are the annotated masks
themselves, which judges the ranking alone, those of segment everything with the fast preset, and
those of ``esam_core.text.propose``, which the page and the command line use.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from esam_core.errors import UnknownWord
from esam_core.evaluation.scenes import Scene, scenes
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.text.encoders import TEXT_ENCODERS, TextEncoder, load_text_encoder
from esam_core.text.ranking import TextRanking, embed_regions, propose, rank_masks
from esam_core.text.regions import VIEWS, ViewSettings

if TYPE_CHECKING:
    from esam_core.segmenter import Segmenter

HELP = "text to mask: how often the best mask is what the text names, beside chance"
GOOD_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Pair:
    """One photo and one name.

    Args:
        proposals: Where the masks came from.
        kind: How the encoder knows the word: ``known`` or ``approximate``.
        present: Whether the photo has such an object.
        right: Whether the most similar mask is one.
        score: Of that mask.
        chance: Share of masks that would have been right.
    """

    proposals: str
    kind: str
    present: bool
    right: bool = False
    score: float = 0.0
    chance: float = 0.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--data FOLDER`` and what chooses encoder, views and proposals."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="assets/photos")
    parser.add_argument("--encoder", default="offline", help=", ".join(TEXT_ENCODERS))
    parser.add_argument("--encoder-weights", type=Path, metavar="FILE", help="a local file")
    parser.add_argument("--views", default=",".join(ViewSettings().views), help=", ".join(VIEWS))
    parser.add_argument("--context", type=float, default=ViewSettings().context, help="1 to 2")
    parser.add_argument("--background", default=ViewSettings().background)
    parser.add_argument("--threshold", type=float, help="from here on a score counts as found")
    parser.add_argument("--model", default="auto", help="of the proposals by segment everything")
    parser.add_argument("--no-everything", action="store_true", help="annotated masks only")
    parser.add_argument(
        "--min-area", type=float, default=0.0, help="smallest object, as a share of the photo"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N photos")


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    from esam_core.models import load_segmenter

    encoder = load_text_encoder(args.encoder, weights=args.encoder_weights)
    settings = ViewSettings(tuple(args.views.split(",")), args.context, args.background)
    segmenter = None if args.no_everything else load_segmenter(args.model)
    found = list(scenes(args.data, args.min_area))[: args.limit]
    names = sorted({name for scene in found for name in scene.names})
    pairs = [pair for s in found for pair in judged(s, names, encoder, settings, segmenter)]
    threshold = encoder.threshold if args.threshold is None else args.threshold
    print(f"{encoder.title} ({encoder.provenance}), {settings}, threshold {threshold}")
    if segmenter is not None:
        print(f"fast proposals by {segmenter.title} ({segmenter.provenance})")
    print(f"{len(found)} photos, {len(names)} names, objects from {args.min_area:.1%} of the photo")
    print(f"not in the vocabulary: {', '.join(unknown_names(names, encoder)) or 'none'}\n")
    print("\n".join(table(pairs, threshold)))
    return 0


def judged(
    scene: Scene,
    names: list[str],
    encoder: TextEncoder,
    settings: ViewSettings,
    segmenter: "Segmenter | None",
) -> Iterator[Pair]:
    """Ask for every name that the encoder reads, whether the photo has such a thing or not."""
    from esam_core.everything import preset, segment_everything

    proposals = {"annotated": Masks.from_data(scene.truth)}
    if segmenter is not None:
        grid = preset("fast", segmenter.name)
        proposals["fast"] = segment_everything(segmenter, scene.image, grid)
        proposals["propose"] = propose(segmenter, scene.image)
    for source, masks in proposals.items():
        regions = embed_regions(scene.image, masks, encoder, settings)
        for name in names:
            try:
                ranking = rank_masks(regions, [name], encoder)
            except UnknownWord:
                continue
            yield judge(source, scene, name, masks, ranking)


def judge(source: str, scene: Scene, name: str, masks: Masks, ranking: TextRanking) -> Pair:
    """Compare the best mask of one text with the objects of that name."""
    kind = "approximate" if ranking.readings[0].approximate else "known"
    truth = scene.truth[[other == name for other in scene.names]]
    if not len(masks):
        return Pair(source, kind, present=len(truth) > 0)
    best = ranking.order[0][0]
    score = float(ranking.scores[best, 0])
    if not len(truth):
        return Pair(source, kind, present=False, score=score)
    targets = np.concatenate([truth, truth.any(0)[None]])
    right = mask_iou(masks.data, targets).max(1) > GOOD_IOU
    return Pair(source, kind, True, bool(right[best]), score, float(right.mean()))


def unknown_names(names: list[str], encoder: TextEncoder) -> list[str]:
    """Name those that the encoder refuses."""
    refused = []
    for name in names:
        try:
            encoder.read(name)
        except UnknownWord:
            refused.append(name)
    return refused


def table(pairs: list[Pair], threshold: float) -> Iterator[str]:
    """Write one row per source of proposals and kind of word.

    ``possible`` is the share of pairs for which some mask would have been right. ``found`` are
    right and at the threshold, ``false alarms`` the share of names of things that are not in the
    photo for which some mask reaches the threshold.
    """
    yield "| proposals | words | pairs | right | chance | possible | found | false alarms |"
    yield "|---|---|---|---|---|---|---|---|"
    for source in dict.fromkeys(pair.proposals for pair in pairs):
        for kind in ("known", "approximate", "all"):
            rows = [p for p in pairs if p.proposals == source and kind in (p.kind, "all")]
            present = [p for p in rows if p.present]
            absent = [p for p in rows if not p.present]
            if present:
                columns = (
                    _share(p.right for p in present),
                    f"{np.mean([p.chance for p in present]):.0%}",
                    _share(p.chance > 0 for p in present),
                    _share(p.right and p.score >= threshold for p in present),
                    _share(p.score >= threshold for p in absent),
                )
                yield f"| {source} | {kind} | {len(present)} | {' | '.join(columns)} |"


def _share(answers: Iterator[bool]) -> str:
    values = list(answers)
    return f"{np.mean(values):.0%}" if values else "-"
