"""``text``: segment what a text names in a photo, into a mask file."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esam_core.commands._boxes import add_names_argument, names_of
from esam_core.commands._common import (
    about_model,
    about_run,
    add_json_argument,
    add_model_arguments,
    load,
    write_report,
)
from esam_core.commands._files import Facts, add_file_arguments, in_colours, write_files
from esam_core.commands._outputs import LOSSLESS, check_outputs, write_file, write_picture
from esam_core.commands._photo import (
    add_image_id_argument,
    add_photo_argument,
    image_id,
    open_photo,
)
from esam_core.commands._texts import classes_of, understood
from esam_core.text import OFFLINE, TEXT_ENCODERS

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
        "texts. A plural selects all masks that match, a singular the best one. Texts that are not "
        "understood are left out and named, and the exit code is then 3.",
    )
    add_photo_argument(parser)
    parser.add_argument("text", metavar="TEXT", help='such as "a bear" or "dogs, car"')
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="what was found (PNG)"
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="refuse texts that are not understood instead of leaving them out",
    )
    parser.add_argument("--overlay", type=Path, metavar="FILE", help="photo, one colour per text")
    add_file_arguments(parser)
    add_image_id_argument(parser)
    add_names_argument(parser, "the texts' subjects")
    add_json_argument(parser, "scores and parsed texts")
    parser.add_argument("--encoder", default=OFFLINE, help=", ".join(TEXT_ENCODERS))
    parser.add_argument(
        "--encoder-weights",
        type=Path,
        metavar="FILE",
        help="a local weights file of the encoder: open_clip's, or OpenAI's own ViT-B-32.pt",
    )
    parser.add_argument("--download", action="store_true", help="download missing CLIP weights")
    parser.add_argument(
        "--threshold",
        type=float,
        help="lowest score that counts as found, 0 to 1; lower finds more (offline .2, CLIP .5)",
    )
    parser.add_argument(
        "--compete",
        action="store_true",
        help="CLIP: texts also compete with each other for a mask, not only with “background”",
    )
    add_model_arguments(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Rank, write the files and print one line per text; 3 if a text was left out."""
    from esam_core.text import (
        embed_regions,
        load_text_encoder,
        propose,
        rank_masks,
        split_texts,
    )

    check_outputs(args, LOSSLESS)
    wanted = split_texts(args.text)
    names = names_of(args)
    photo = open_photo(args)
    encoder = load_text_encoder(
        args.encoder,
        weights=args.encoder_weights,
        device=args.device,
        precision=args.precision,
        download=args.download,
    )
    texts, left_out = understood(encoder, wanted, strict=args.strict)  # before the slow part
    segmenter = load(args)
    masks = propose(segmenter, photo.image)
    regions = embed_regions(photo.image, masks, encoder)
    ranking = rank_masks(regions, texts, encoder, threshold=args.threshold, compete=args.compete)
    about = {"encoder": encoder.name, "encoder_provenance": encoder.provenance}
    info = about_model(segmenter) | about
    union, twins = write(args, photo.image, masks, ranking, facts_of(args, ranking, names, info))
    report = about_run(args.photo, photo, segmenter) | about
    report |= {
        "proposals": len(masks),
        "threshold": ranking.threshold,
        "compete": args.compete,
        "texts": [describe(ranking, masks, i) for i in range(len(texts))],
        "left_out": left_out,
    }
    lines = [_line(ranking, i, len(masks)) for i in range(len(texts))]
    encoded_by = f"{encoder.title} ({encoder.provenance})"
    lines.append(f"{args.out}: {union:.1%} of the photo, {encoded_by}{in_colours(twins)}")
    write_report(args.json, report, "\n".join(lines))
    return 3 if left_out else 0


def write(
    args: argparse.Namespace,
    image: "np.ndarray",
    masks: "Masks",
    ranking: "TextRanking",
    facts: Facts,
) -> tuple[float, list[Path]]:
    """Write the files that the arguments name.

    Returns:
        The share of the photo that was found, and the coloured twins of label maps.
    """
    import numpy as np

    from esam_core.export import export_mask_png

    chosen = [ranking.chosen(i) for i in range(len(ranking.texts))]
    found = masks[np.concatenate(chosen)]
    union = np.logical_or.reduce(found.data)
    write_file(args.out, export_mask_png(union))
    if args.overlay:
        write_picture(args.overlay, _overlay(image, masks, chosen))
    return union.mean(), write_files(args, image, found, facts)


def facts_of(
    args: argparse.Namespace,
    ranking: "TextRanking",
    names: Mapping[Any, str] | None,
    info: dict[str, Any],
) -> Facts:
    """Return class, ids and score of every mask that was found, text by text."""
    subjects = [parsed.subject for parsed in ranking.texts]
    classes = classes_of(subjects, names or {})
    found = [(i, mask) for i in range(len(subjects)) for mask in ranking.chosen(i)]
    return Facts(
        [classes[i][1] for i, _ in found],
        image_id(args),
        [classes[i][0] for i, _ in found],
        [float(ranking.scores[mask, i]) for i, mask in found],
        info,
    )


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
