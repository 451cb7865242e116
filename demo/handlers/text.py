"""Objects in a photo by their description: masks of everything, ranked by each text.

The engine caches the masks and their features per photo, so another text or threshold takes
milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.handlers.encoders import OFFLINE, text_encoder
from demo.handlers.errors import Cancel, Progress, Reply, answering
from demo.handlers.kept import kept_mask, known, proposed_mask
from demo.handlers.pictures import crop_picture, mask_url
from demo.handlers.requests import Json
from demo.handlers.salient import saliency_of
from demo.handlers.tasks import part_of
from demo.handlers.views import SCREEN_SIDE, View, view
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
    split_texts,
    trace_proposals,
)
from esam_core.visualize import hex_code, palette

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
    """

    view: View
    proposals: Proposals
    ranking: TextRanking | None
    notices: tuple[str, ...]

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


@answering
def find(
    engine: Engine,
    payload: Any,
    query: str,
    threshold: float,
    encoder: str = OFFLINE,
    *,
    picked: int | None = None,
    max_side: int | None = SCREEN_SIDE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Reply:
    """Find the objects that texts describe.

    Args:
        engine: The engine.
        payload: ``token`` and ``model``.
        query: Texts, separated by commas.
        threshold: Lowest score of a match, in [0, 1].
        encoder: A name of ``TEXT_ENCODERS``.
        picked: Index of a single hit to show instead of all matches.
        max_side: See ``view``.
        progress: Called with the percentage and 100.
        cancel: Called between two steps; returning true stops.

    Returns:
        ``layers``, ``message``, ``hits`` (``label``, ``score``, ``chosen``), their ``thumbnails``
        (h, w, 3) uint8, and ``found``.
    """
    result = _searched(engine, payload, query, threshold, encoder, max_side, progress, cancel)
    shown = result.shown(picked)
    layer = {
        "kind": "masks",
        "token": result.view.photo.token,
        "mode": "text",
        "masks": _pictures(result, shown),
    }
    return {
        "layers": {"text-masks": layer},
        "message": "\n".join(result.notices),
        "hits": [{"label": h.label, "score": h.score, "chosen": h.chosen} for h in result.hits],
        "thumbnails": [_thumbnail(result, hit) for hit in result.hits],
        "found": result.masks[[hit.mask for hit in shown]],
    }


@answering
def keep(
    engine: Engine,
    payload: Any,
    query: str,
    threshold: float,
    encoder: str = OFFLINE,
    *,
    picked: int | None = None,
) -> Reply:
    """Turn the visible masks into objects, named by their texts; ``layers`` and ``message``."""
    result = _searched(engine, payload, query, threshold, encoder)
    shown = result.shown(picked)
    kept = {
        "kind": "objects",
        "token": result.view.photo.token,
        "masks": [_kept(engine, result, hit) for hit in shown],
        "nonce": token_hex(8),
    }
    return {
        "layers": {"text-masks": None, "kept": kept},
        "message": texts.KEPT.format(count=len(shown)),
        "found": result.masks[[hit.mask for hit in shown]],
    }


def search(
    engine: Engine,
    photo_view: View,
    queries: Sequence[str],
    threshold: float,
    encoder: str = OFFLINE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> TextResult:
    """Rank the masks of a view by each text.

    A text that is not understood gets a notice and is left out.

    Raises:
        Cancelled: ``cancel`` returned true.
        EsamError: A model cannot be loaded, or the threshold is outside [0, 1].
    """
    text_model = text_encoder(engine, encoder)
    understood: list[str] = []
    notices: list[str] = []
    for text in queries:
        try:
            notices += text_model.parse(text).notices
            understood.append(text)
        except UnknownWord as error:
            notices.append(str(error))
    if not understood:
        none = Proposals(Masks.empty(photo_view.image_hw), ())
        return TextResult(photo_view, none, None, tuple(notices))
    proposals = _proposals(engine, photo_view, part_of(progress, 0, PROPOSED), cancel)
    regions = _regions(
        engine, photo_view, proposals.masks, text_model, part_of(progress, PROPOSED, 100), cancel
    )
    ranking = engine.work(
        lambda: rank_masks(regions, understood, text_model, threshold=threshold), "click"
    )
    notices += [
        _no_match(ranking, i) for i in range(len(understood)) if not len(ranking.matches(i))
    ]
    return TextResult(photo_view, proposals, ranking, tuple(dict.fromkeys(notices)))


def _searched(
    engine: Engine,
    payload: Any,
    query: str,
    threshold: float,
    encoder: str,
    max_side: int | None = SCREEN_SIDE,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> TextResult:
    queries = split_texts(query)
    photo_view = view(engine, payload, max_side=max_side)
    return search(engine, photo_view, queries, threshold, encoder, progress, cancel)


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


def _pictures(result: TextResult, shown: list[Hit]) -> list[Json]:
    return [{"png": mask_url(result.masks.data[hit.mask]), **_look(result, hit)} for hit in shown]


def _kept(engine: Engine, result: TextResult, hit: Hit) -> Json:
    """Describe a shown mask as an object, in the size of the photo."""
    seen = result.view
    draw = partial(proposed_mask, engine, seen, result.proposals, hit.mask)
    return {
        **kept_mask(seen.photo, seen.segmenter.name, result.masks[hit.mask], draw),
        "score": known(hit.score),
        **_look(result, hit),
    }


def _look(result: TextResult, hit: Hit) -> Json:
    return {"colour": hex_code(result.colours[hit.text]), "name": hit.label[:60]}


def _thumbnail(result: TextResult, hit: Hit) -> np.ndarray:
    mask = result.masks.data[hit.mask]
    return crop_picture(result.view.image, mask, result.colours[hit.text])
