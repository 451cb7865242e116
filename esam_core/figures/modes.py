"""Figures 3, 4 and 6: segment everything, salient objects, text prompts."""

from collections.abc import Mapping, Sequence

import numpy as np

from esam_core.everything import GridSettings, preset, segment_everything
from esam_core.figures.figure import (
    Figure,
    Progress,
    Stopwatch,
    example_photos,
    signed,
    tick,
)
from esam_core.saliency.maps import load_saliency
from esam_core.saliency.masks import SalientSettings, salient_masks
from esam_core.segmenter import Segmenter
from esam_core.text import TextEncoder, TextRanking, embed_regions, propose, rank_masks
from esam_core.visualize import draw_masks, draw_prompt, palette, panel

EVERYTHING_PHOTOS = ("565778", "418281", "41888", "555705")
SALIENT_PHOTOS = ("565778", "418281", "165518", "41888")
TEXTS = {
    "423617": ("bus", "taxi", "car"),
    "229997": ("bear", "bird", "vulture"),
}


def fig3_segment_everything(
    segmenter: Segmenter,
    photos: Sequence[str] = EVERYTHING_PHOTOS,
    settings: GridSettings | None = None,
    *,
    progress: Progress | None = None,
) -> Figure:
    """Show segment everything: photos above, all masks below, colours that stay with each mask.

    Args:
        segmenter: The model.
        photos: Numbers of example photos.
        settings: Grid and filters; the preset "fast" for this model if not given.
        progress: Called with (done, total) points.
    """
    settings = preset("fast", segmenter.name) if settings is None else settings
    watch, above, below, notes = Stopwatch(), [], [], []
    chosen = example_photos(photos)
    for done, photo in enumerate(chosen):
        image = photo.image()

        def report(points: int, total: int, done: int = done) -> None:
            tick(progress, done * total + points, len(chosen) * total)

        with watch.running():
            masks = segment_everything(segmenter, image, settings, progress=report)
        above.append(image)
        below.append(draw_masks(image, masks, opacity=0.6))
        notes.append(f"{len(masks)} masks")
    side = settings.points_per_side
    text = signed(
        f"Figure 3. Segment everything: {side} x {side} points, masks with predicted IoU above "
        f"{settings.pred_iou_thresh:g} and stability from "
        f"{settings.stability_score_thresh:g}. A mask's colour depends on its place and size.",
        [segmenter],
        watch.seconds,
    )
    page = panel([above, below], captions=[[""] * len(above), notes], footer=text)
    return Figure("fig3_segment_everything", page, text)


def fig4_saliency(
    segmenter: Segmenter,
    photos: Sequence[str] = SALIENT_PHOTOS,
    settings: SalientSettings | None = None,
    *,
    progress: Progress | None = None,
) -> Figure:
    """Show salient objects: photo | mask | overlay with the points that were asked.

    Args:
        segmenter: The model that draws the masks.
        photos: Numbers of example photos.
        settings: How the saliency map becomes points.
        progress: Called with (done, total) photos.
    """
    settings = settings or SalientSettings()
    model, watch, rows = load_saliency(), Stopwatch(), []
    chosen = example_photos(photos)
    for done, photo in enumerate(chosen):
        tick(progress, done, len(chosen))
        image = photo.image()
        with watch.running():
            saliency = model.estimate(image)
            found = salient_masks(segmenter, image, saliency=saliency, settings=settings)
        colours = palette(len(found.masks))
        black = np.zeros_like(image)
        overlay = draw_masks(image, found.masks, colours=colours)
        for prompt in found.prompts:
            overlay = draw_prompt(overlay, prompt)
        rows.append([image, draw_masks(black, found.masks, colours=colours, opacity=1), overlay])
    tick(progress, len(chosen), len(chosen))
    text = signed(
        f"Figure 4. Salient objects. {model.title} ({model.provenance}) says what stands out; "
        f"{settings.points} points per object, drawn at random from it (seed {settings.seed}), "
        "prompt the masks.",
        [segmenter],
        watch.seconds,
    )
    page = panel(rows, titles=["photo", "masks", "overlay with the points"], footer=text)
    return Figure("fig4_saliency", page, text)


def fig6_text_prompts(
    segmenter: Segmenter,
    encoder: TextEncoder,
    texts: Mapping[str, Sequence[str]] = TEXTS,
    settings: GridSettings | None = None,
    *,
    progress: Progress | None = None,
) -> Figure:
    """Show text prompts: a photo and what three texts find in it, a row per photo.

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
