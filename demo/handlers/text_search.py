"""Masks of a photo ranked by texts: the work behind the mode ``text``.

The engine caches the masks and their features per photo, so another text or threshold takes
milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from demo.engine import Engine
from demo.handlers.encoders import OFFLINE, text_encoder
from demo.handlers.errors import Cancel, Progress
from demo.handlers.salient import saliency_of
from demo.handlers.tasks import part_of
from demo.handlers.views import View
from demo.texts import text as texts
from esam_core.errors import UnknownWord
from esam_core.masks import Masks
from esam_core.text import (
    Proposals,
    RegionFeatures,
    TextEncoder,
    TextRanking,
    embed_regions,
    rank_masks,
    trace_proposals,
)
from esam_core.visualize import palette

SHOWN_PER_TEXT = 4
WORTH_SHOWING = 0.01  # masks with lower scores are not offered
PROPOSED = 70  # percent of the time spent on finding masks; the rest is encoding


@dataclass(frozen=True, slots=True)
class Hit:
    """A thumbnail: indices of its text and mask, the score, and whether it matches the text."""

    text: int
    mask: int
    score: float
    chosen: bool
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class TextResult:
    """The masks of a photo, ranked by texts.

    Args:
        view: The photo.
        proposals: The proposals (n, h, w), in the size of the view.
        ranking: Ranking by the texts that were understood; None if there are none.
        notices: Messages, one sentence each.
        suggestions: Words to look for instead of those that were not understood.
    """

    view: View
    proposals: Proposals
    ranking: TextRanking | None
    notices: tuple[str, ...]
    suggestions: tuple[str, ...] = ()

    @property
    def masks(self) -> Masks:
        """The proposals (n, h, w), in the size of the view."""
        return self.proposals.masks

    @property
    def hits(self) -> list[Hit]:
        """The thumbnails: per text its matches, then the next most similar masks."""
        return [] if self.ranking is None else _hits(self.ranking)

    @property
    def colours(self) -> list[tuple[int, int, int]]:
        """One colour (r, g, b) per text."""
        return palette(len(self.ranking.texts)) if self.ranking else []

    def shown(self, picked: int | None = None) -> list[Hit]:
        """Return the picked hit, or without one all matches."""
        hits = self.hits
        if picked is not None and 0 <= picked < len(hits):
            return [hits[picked]]
        return [hit for hit in hits if hit.chosen]


def search(
    engine: Engine,
    photo_view: View,
    queries: Sequence[str],
    threshold: float,
    encoder: str = OFFLINE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    *,
    compete: bool = False,
) -> TextResult:
    """Rank the masks of a view by each text; for ``compete`` see ``rank_masks``.

    A text that is not understood gets a notice and is left out.

    Raises:
        Cancelled: ``cancel`` returned true.
        EsamError: A model cannot be loaded, or the threshold is outside [0, 1].
    """
    text_model = text_encoder(engine, encoder)
    understood: list[str] = []
    notices: list[str] = []
    suggestions: list[str] = []
    for text in queries:
        try:
            notices += text_model.parse(text).notices
            understood.append(text)
        except UnknownWord as error:
            notices.append(str(error))
            suggestions += error.suggestions
    instead = tuple(dict.fromkeys(suggestions))
    if not understood:
        none = Proposals(Masks.empty(photo_view.image_hw), ())
        return TextResult(photo_view, none, None, tuple(notices), instead)
    proposals = _proposals(engine, photo_view, part_of(progress, 0, PROPOSED), cancel)
    regions = _regions(
        engine, photo_view, proposals.masks, text_model, part_of(progress, PROPOSED, 100), cancel
    )
    ranking = engine.work(
        lambda: rank_masks(regions, understood, text_model, threshold=threshold, compete=compete),
        "click",
    )
    notices += [
        _no_match(ranking, i) for i in range(len(understood)) if not len(ranking.matches(i))
    ]
    return TextResult(photo_view, proposals, ranking, tuple(dict.fromkeys(notices)), instead)


def _hits(ranking: TextRanking) -> list[Hit]:
    listed = []
    for text, parsed in enumerate(ranking.texts):
        chosen = ranking.chosen(text).tolist()
        others = [
            i
            for i in ranking.order[text].tolist()
            if i not in chosen and ranking.scores[i, text] >= WORTH_SHOWING
        ]
        for mask in [*chosen, *others][: max(SHOWN_PER_TEXT, len(chosen))]:
            score = float(ranking.scores[mask, text])
            listed.append(Hit(text, mask, score, mask in chosen, parsed.text))
    return listed


def _proposals(
    engine: Engine, photo_view: View, progress: Progress, cancel: Cancel | None
) -> Proposals:
    def make() -> Proposals:
        saliency = saliency_of(engine, photo_view)
        polite = engine.polite(cancel)
        return engine.work(
            lambda: trace_proposals(
                photo_view.segmenter,
                photo_view.image,
                embedding=photo_view.embedding,
                saliency=saliency,
                progress=progress,
                cancel=polite,
            )
        )

    key = ("proposals", photo_view.segmenter.name, photo_view.photo.digest, photo_view.image_hw)
    return engine.cache.get_or_make(key, make)


def _regions(
    engine: Engine,
    photo_view: View,
    masks: Masks,
    encoder: TextEncoder,
    progress: Progress,
    cancel: Cancel | None,
) -> RegionFeatures:
    """Encode the masks, once per photo and encoder; clicks have priority."""
    polite = engine.polite(cancel)

    def embed() -> RegionFeatures:
        return embed_regions(photo_view.image, masks, encoder, progress=progress, cancel=polite)

    key = (
        "regions",
        encoder.name,
        photo_view.segmenter.name,
        photo_view.photo.digest,
        photo_view.image_hw,
    )
    return engine.cache.get_or_make(key, lambda: engine.work(embed))


def _no_match(ranking: TextRanking, text: int) -> str:
    best = float(ranking.scores[:, text].max(initial=0))
    return texts.NO_MATCH.format(text=ranking.texts[text].text, best=best)
