"""``text``: segment what a text names in a photo, into a mask file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._common import (
    about_run,
    add_json_argument,
    add_model_arguments,
    load,
    write_file,
    write_picture,
    write_report,
)

if TYPE_CHECKING:
    import numpy as np

    from esam_core.masks import Masks
    from esam_core.text import TextRanking


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``text PHOTO TEXT --out mask.png``."""
    parser = subparsers.add_parser(
        "text",
        help="segment what a text names",
        description="Segment everything proposes masks and the text ranks them. Commas separate "
        "texts. A plural selects all masks that match, a singular the best one.",
    )
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("text", metavar="TEXT", help='such as "a bear" or "dogs, car"')
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="what was found (PNG)"
    )
    parser.add_argument("--overlay", type=Path, metavar="FILE", help="photo, one colour per text")
    add_json_argument(parser, "scores and parsed texts")
    parser.add_argument(
        "--encoder", default="offline", help="offline, ViT-B-32, ViT-L-14, MobileCLIP-S2, SigLIP"
    )
    parser.add_argument("--encoder-weights", type=Path, metavar="FILE", help="a local weights file")
    parser.add_argument("--download", action="store_true", help="download missing CLIP weights")
    parser.add_argument("--threshold", type=float, help="0 to 1; lower finds more")
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Rank, write the files and print one line per text."""
    import numpy as np

    from esam_core.export import export_mask_png
    from esam_core.images import load_rgb
    from esam_core.text import (
        embed_regions,
        load_text_encoder,
        propose,
        rank_masks,
        split_texts,
    )

    texts = split_texts(args.text)
    image = load_rgb(args.photo)
    encoder = load_text_encoder(
        args.encoder,
        weights=args.encoder_weights,
        device=args.device,
        precision=args.precision,
        download=args.download,
    )
    for text in texts:
        encoder.parse(text)  # raise for an unknown word before the slow part
    segmenter = load(args)
    masks = propose(segmenter, image)
    regions = embed_regions(image, masks, encoder)
    ranking = rank_masks(regions, texts, encoder, threshold=args.threshold)
    chosen = [ranking.chosen(i) for i in range(len(texts))]
    union = np.logical_or.reduce(masks.data[np.concatenate(chosen)])
    write_file(args.out, export_mask_png(union))
    if args.overlay:
        write_picture(args.overlay, _overlay(image, masks, chosen))
    report = about_run(args.photo, segmenter, masks.image_hw) | {
        "encoder": encoder.name,
        "encoder_provenance": encoder.provenance,
        "proposals": len(masks),
        "threshold": ranking.threshold,
        "texts": [describe(ranking, masks, i) for i in range(len(texts))],
    }
    lines = [_line(ranking, i, len(masks)) for i in range(len(texts))]
    encoded_by = f"{encoder.title} ({encoder.provenance})"
    lines.append(f"{args.out}: {union.mean():.1%} of the photo, {encoded_by}")
    write_report(args.json, report, "\n".join(lines))
    return 0


def describe(ranking: "TextRanking", masks: "Masks", text: int) -> dict[str, Any]:
    """Return the ranking of one text as JSON values."""
    parsed = ranking.texts[text]
    return {
        "text": parsed.text,
        "subject": parsed.subject,
        "plural": parsed.plural,
        "notices": list(parsed.notices),
        "found": [
            {
                "score": round(float(ranking.scores[i, text]), 4),
                "similarity": round(float(ranking.similarity[i, text]), 4),
                "area": int(masks.area[i]),
                "box_xyxy": masks.boxes_xyxy[i].tolist(),
            }
            for i in ranking.chosen(text)
        ],
        "best_score": round(float(ranking.scores[:, text].max(initial=0)), 4),
    }


def _line(ranking: "TextRanking", text: int, proposals: int) -> str:
    parsed, chosen = ranking.texts[text], ranking.chosen(text)
    scores = ", ".join(f"{ranking.scores[i, text]:.2f}" for i in chosen)
    best = ranking.scores[:, text].max(initial=0)
    answer = (
        f"{len(chosen)} of {proposals} masks, score {scores}"
        if len(chosen)
        else f"no match among {proposals} masks (best score {best:.2f}, threshold "
        f"{ranking.threshold:.2f})"
    )
    return " ".join([f"{parsed.text}: {answer}.", *parsed.notices])


def _overlay(image: "np.ndarray", masks: "Masks", chosen: list["np.ndarray"]) -> "np.ndarray":
    from esam_core.visualize import draw_masks, palette

    for rows, colour in zip(chosen, palette(len(chosen)), strict=True):
        image = draw_masks(image, masks[rows], colours=[colour] * len(rows))
    return image
