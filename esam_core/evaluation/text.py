"""Accuracy of text prompts: how often the best mask is the named object, per kind of word.

A pair is a photo and a class name. It is right if the best mask has an IoU over 0.5 with one object
of the class or with all of them together. Proposals are the annotated masks (which tests only the
ranking), those of segment everything with the fast preset, and those of ``esam_core.text.propose``,
which the page and the command line use.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from esam_core.errors import UnknownWord
from esam_core.evaluation.scenes import GOOD_IOU, Scene, scenes
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.text import (
    TEXT_ENCODERS,
    CropSettings,
    TextEncoder,
    TextRanking,
    embed_regions,
    load_text_encoder,
    propose,
    rank_masks,
)
from esam_core.text.regions import CROPS

if TYPE_CHECKING:
    from esam_core.segmenter import Segmenter

HELP = "text to mask: how often the best mask is the named object, compared with chance"


@dataclass(frozen=True, slots=True)
class NamedPair:
    """The result for one photo and one class name.

    Args:
        proposals: Source of the masks.
        kind: Kind of word: ``known`` to the encoder or ``approximate``.
        present: Whether the photo has an object of the class.
        right: Whether the most similar mask is such an object.
        score: Score of that mask.
        chance: Share of the masks that would be right.
    """

    proposals: str
    kind: str
    present: bool
    right: bool = False
    score: float = 0.0
    chance: float = 0.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--data FOLDER`` and the options of encoder, crops and proposals."""
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="assets/photos")
    parser.add_argument("--encoder", default="offline", help=", ".join(TEXT_ENCODERS))
    parser.add_argument("--encoder-weights", type=Path, metavar="FILE", help="a local file")
    parser.add_argument("--crops", default=",".join(CropSettings().crops), help=", ".join(CROPS))
    parser.add_argument("--context", type=float, default=CropSettings().context, help="1 to 2")
    parser.add_argument("--background", default=CropSettings().background)
    parser.add_argument("--threshold", type=float, help="lowest score that counts as found")
    parser.add_argument("--model", default="auto", help="model that proposes the masks")
    parser.add_argument("--no-everything", action="store_true", help="annotated masks only")
    parser.add_argument(
        "--min-area", type=float, default=0.0, help="smallest object, as a share of the photo"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N photos")


def run(args: argparse.Namespace) -> int:
    """Measure and print the table."""
    from esam_core.models import load_segmenter

    encoder = load_text_encoder(args.encoder, weights=args.encoder_weights)
    settings = CropSettings(tuple(args.crops.split(",")), args.context, args.background)
    segmenter = None if args.no_everything else load_segmenter(args.model)
    found = list(scenes(args.data, args.min_area))[: args.limit]
    names = sorted({name for scene in found for name in scene.names})
    pairs = [pair for s in found for pair in evaluate_scene(s, names, encoder, settings, segmenter)]
    threshold = encoder.threshold if args.threshold is None else args.threshold
    print(f"{encoder.title} ({encoder.provenance}), {settings}, threshold {threshold}")
    if segmenter is not None:
        print(f"fast proposals by {segmenter.title} ({segmenter.provenance})")
    print(f"{len(found)} photos, {len(names)} names, objects from {args.min_area:.1%} of the photo")
    print(f"not in the vocabulary: {', '.join(unknown_names(names, encoder)) or 'none'}\n")
    print("\n".join(pair_table(pairs, threshold)))
    return 0


def evaluate_scene(
    scene: Scene,
    names: list[str],
    encoder: TextEncoder,
    settings: CropSettings,
    segmenter: "Segmenter | None",
) -> Iterator[NamedPair]:
    """Rank the masks of a scene by every name the encoder knows, present in the scene or not."""
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
            yield evaluate_ranking(source, scene, name, masks, ranking)


def evaluate_ranking(
    source: str, scene: Scene, name: str, masks: Masks, ranking: TextRanking
) -> NamedPair:
    """Compare the best mask for one text with the objects of that name.

    Args:
        source: Source of the masks.
        scene: The image and its objects.
        name: The class name.
        masks: The n proposals.
        ranking: Ranking of the masks by this name alone.
    """
    kind = "approximate" if ranking.texts[0].approximate else "known"
    truth = scene.truth[[other == name for other in scene.names]]
    if not len(masks):
        return NamedPair(source, kind, present=len(truth) > 0)
    best = ranking.order[0][0]
    score = float(ranking.scores[best, 0])
    if not len(truth):
        return NamedPair(source, kind, present=False, score=score)
    targets = np.concatenate([truth, truth.any(axis=0, keepdims=True)])
    right = mask_iou(masks.data, targets).max(1) > GOOD_IOU
    return NamedPair(source, kind, True, bool(right[best]), score, float(right.mean()))


def unknown_names(names: list[str], encoder: TextEncoder) -> list[str]:
    """Return the names that the encoder does not know."""
    refused = []
    for name in names:
        try:
            encoder.parse(name)
        except UnknownWord:
            refused.append(name)
    return refused


def pair_table(pairs: list[NamedPair], threshold: float) -> Iterator[str]:
    """Yield the lines of a table with one row per source of proposals and kind of word.

    ``possible`` is the share of pairs for which some mask would be right. ``found`` is the share
    that is right and reaches the threshold. ``false alarms`` is the share of names of absent
    objects for which some mask reaches the threshold.
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


def _share(outcomes: Iterator[bool]) -> str:
    values = list(outcomes)
    return f"{np.mean(values):.0%}" if values else "-"
