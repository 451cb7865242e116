"""Figure 6: text prompts."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain

import numpy as np

from esam_core.datasets.annotated import AnnotatedPhoto
from esam_core.datasets.examples import examples
from esam_core.errors import InvalidSettings, UnknownWord
from esam_core.everything import GridSettings, preset
from esam_core.figures.annotation import example_photos, objects_named, refuse_none
from esam_core.figures.captions import measured, signed
from esam_core.figures.drawing import draw_page
from esam_core.figures.figure import PaperFigure
from esam_core.figures.layout import Example, Panel
from esam_core.figures.models import Models, as_models
from esam_core.figures.progress import Progress, Stopwatch, tick
from esam_core.figures.registry import figure
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.segmenter import Segmenter
from esam_core.text import (
    TextEncoder,
    TextRanking,
    embed_regions,
    propose,
    rank_masks,
    split_texts,
)
from esam_core.visualize import palette
from esam_core.visualize.axes import OPACITY, Container, show_masks

UNKNOWN = "unknown to this encoder"
MEASURED = "IoU: with the annotated object of that class, or all of them, whichever fits better."


@figure("fig6")
def fig6_text_prompts(
    segmenters: Models,
    encoders: TextEncoder | Sequence[TextEncoder],
    texts: Mapping[str, str | Sequence[str]] | None = None,
    grid: str | GridSettings = "fast",
    *,
    into: Container | None = None,
    progress: Progress | None = None,
) -> PaperFigure:
    """Show text prompts: a photo and the most similar mask for each of its texts.

    Args:
        segmenters: The model that proposes masks, see ``esam_core.text.propose``, or several.
        encoders: The model that ranks them by a text, or several: a row for each pair.
        texts: Texts per photo, by the photo's number, also as one text with commas; by default
            those of ``datasets.examples``. One that only some encoders know is marked in the panels
            of the others, and named by the figure as left out.
        grid: Grid and filters of the proposals, or the name of a preset.
        into: Axes or a figure where it is drawn, too.
        progress: Called with (done, total) photos.

    Raises:
        InvalidSettings: No photo, or no encoder.
        InvalidPrompt: No text for a photo, or more than are read at once.
        UnknownWord: A text that no encoder knows; said before any model runs.
    """
    models = as_models(segmenters)
    readers = list(encoders) if isinstance(encoders, Sequence) else [encoders]
    if not readers:
        raise InvalidSettings("a figure of texts needs at least one encoder.")
    watch = Stopwatch()
    examples: list[Example] = []
    shown, why = _texts(texts)
    chosen = example_photos(tuple(shown))
    wanted = {name: split_texts(_joined(texts)) for name, texts in shown.items()}
    unknown = {reader.name: _unknown(reader, wanted.values()) for reader in readers}
    _refuse_unknown(list(unknown.values()))
    for done, (photo, words) in enumerate(zip(chosen, wanted.values(), strict=True)):
        tick(progress, done, len(chosen))
        image = photo.image()
        for model in models:
            settings = preset(grid, model.name) if isinstance(grid, str) else grid
            with watch.running():
                masks = propose(model, image, settings=settings)
            for reader in readers:
                several = len(models) * len(readers) > 1
                first = _named(model, reader) if several else f"{len(masks)} proposals"
                known = [word for word in words if word not in unknown[reader.name]]
                panels = {word: Panel(image, title=f"“{word}”", note=UNKNOWN) for word in words}
                if known:
                    with watch.running():
                        ranking = rank_masks(embed_regions(image, masks, reader), known, reader)
                    panels |= dict(zip(known, _panels(photo, image, masks, ranking), strict=True))
                examples.append([Panel(image, note=first), *panels.values()])
    tick(progress, len(chosen), len(chosen))
    about = " ".join(map(_about, readers))
    text = signed(
        "Figure 6. Text prompts: of all masks (what stands out, and everything), the one most like "
        "each text, with its score; only its outline where that does not count as found. "
        f"{about} {MEASURED}{why}",
        models,
        watch.seconds,
    )
    left_out = [
        f"{reader.title}: {error}" for reader in readers for error in unknown[reader.name].values()
    ]
    return draw_page("fig6_text_prompts", examples, text, left_out=left_out, columns=1, into=into)


def _texts(
    texts: Mapping[str, str | Sequence[str]] | None,
) -> tuple[Mapping[str, str | Sequence[str]], str]:
    """Return the texts by photo, and a sentence for the caption on who chose them."""
    if texts is not None:
        refuse_none("fig6", texts)
        return texts, ""
    chosen = examples("fig6")
    shown = {each.photo: [item.name for item in each.items] for each in chosen.chosen}
    return shown, f" {chosen.sentence}"


def _joined(texts: str | Sequence[str]) -> str:
    return texts if isinstance(texts, str) else ",".join(texts)


def _unknown(reader: TextEncoder, texts: Iterable[Sequence[str]]) -> dict[str, UnknownWord]:
    """Return why an encoder cannot look for some of the texts, by text."""
    reasons = {}
    for text in dict.fromkeys(chain.from_iterable(texts)):
        try:
            reader.parse(text)
        except UnknownWord as error:
            reasons[text] = error
    return reasons


def _refuse_unknown(unknown: Sequence[Mapping[str, UnknownWord]]) -> None:
    """Raise the error of a text that no encoder knows."""
    for text, error in unknown[0].items():
        if all(text in reasons for reasons in unknown):
            raise error


def _panels(
    photo: AnnotatedPhoto, image: np.ndarray, masks: Masks, ranking: TextRanking
) -> list[Panel]:
    panels = []
    for i, (text, colour) in enumerate(
        zip(ranking.texts, palette(len(ranking.texts)), strict=True)
    ):
        best = ranking.order[i][:1]
        fill = OPACITY if len(best) and ranking.scores[best[0], i] >= ranking.threshold else 0
        draw = partial(show_masks, masks=masks[best], colours=[colour], opacity=fill)
        wanted = objects_named(photo, text.text)
        iou = float(mask_iou(masks.data[best], wanted).max(initial=0)) if len(wanted) else None
        notes = [_score(ranking, best, i), measured(iou)]
        panels.append(Panel(image, draw, f"“{text.text}”", ", ".join(filter(None, notes))))
    return panels


def _named(model: Segmenter, reader: TextEncoder) -> str:
    return f"{model.title}, {reader.title}"


def _about(reader: TextEncoder) -> str:
    return (
        f"Texts are read by {reader.title} ({reader.provenance}); a score from "
        f"{reader.threshold:g} on counts as found."
    )


def _score(ranking: TextRanking, best: np.ndarray, text: int) -> str:
    if not len(best):
        return "no proposal"
    score = float(ranking.scores[best[0], text])
    return f"{score:.2f}" if score >= ranking.threshold else f"{score:.2f}, not found"
