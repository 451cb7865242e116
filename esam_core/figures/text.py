"""Figure 6: text prompts."""

from collections.abc import Mapping, Sequence

import numpy as np

from esam_core.everything import GridSettings
from esam_core.figures.figure import (
    Figure,
    Progress,
    Stopwatch,
    example_photos,
    signed,
    tick,
)
from esam_core.figures.registry import figure
from esam_core.segmenter import Segmenter
from esam_core.text import TextEncoder, TextRanking, embed_regions, propose, rank_masks
from esam_core.visualize import draw_masks, palette, panel

TEXTS = {
    "423617": ("bus", "taxi", "car"),
    "229997": ("bear", "bird", "vulture"),
}


@figure("fig6")
def fig6_text_prompts(
    segmenter: Segmenter,
    encoder: TextEncoder,
    texts: Mapping[str, Sequence[str]] = TEXTS,
    settings: GridSettings | None = None,
    *,
    progress: Progress | None = None,
) -> Figure:
    """Show text prompts: a photo and the masks for three texts, one row per photo.

    Args:
        segmenter: The model that proposes masks, see ``esam_core.text.propose``.
        encoder: The model that ranks them by a text.
        texts: Three texts per photo, by the photo's number.
        settings: Grid and filters of the proposals, see ``propose``.
        progress: Called with (done, total) photos.
    """
    watch, rows, notes = Stopwatch(), [], []
    chosen = example_photos(tuple(texts))
    for done, (photo, words) in enumerate(zip(chosen, texts.values(), strict=True)):
        tick(progress, done, len(chosen))
        image = photo.image()
        with watch.running():
            masks = propose(segmenter, image, settings=settings)
            ranking = rank_masks(embed_regions(image, masks, encoder), words, encoder)
        row, note = [image], [f"{len(masks)} proposals"]
        for i, word in enumerate(words):
            best = ranking.order[i][:1]
            row.append(draw_masks(image, masks[best], colours=palette(i + 1)[-1:]))
            note.append(f"“{word}”  {_score(ranking, best, i)}")
        rows.append(row)
        notes.append(note)
    tick(progress, len(chosen), len(chosen))
    text = signed(
        "Figure 6. Text prompts: of all masks (what stands out, and everything), the one most like "
        f"each text, with its score; from {encoder.threshold:g} on it counts as found. Texts "
        f"are read by {encoder.title} ({encoder.provenance}).",
        [segmenter],
        watch.seconds,
    )
    return Figure("fig6_text_prompts", panel(rows, captions=notes, footer=text), text)


def _score(ranking: TextRanking, best: np.ndarray, text: int) -> str:
    if not len(best):
        return "no proposal"
    score = float(ranking.scores[best[0], text])
    return f"{score:.2f}" if score >= ranking.threshold else f"{score:.2f}, not found"
