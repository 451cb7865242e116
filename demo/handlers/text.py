"""What texts name in a photo, for the page: plain values in and out, no gradio.

Masks of everything and how an encoder sees them belong to the pixels of a photo and are remembered
by the engine: the next text, or another threshold, costs milliseconds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from demo import texts
from demo.engine.engine import Engine
from demo.engine.scheduler import in_its_own_thread
from demo.handlers.pictures import mask_url
from demo.handlers.salient import saliency_of
from demo.handlers.views import Sight, look
from esam_core.errors import InvalidSettings, UnknownWord
from esam_core.masks import Masks
from esam_core.text import (
    OFFLINE,
    TEXT_ENCODERS,
    RegionFeatures,
    TextEncoder,
    TextRanking,
    embed_regions,
    load_text_encoder,
    propose,
    rank_masks,
    split_texts,
)
from esam_core.visualize import draw_masks, palette

Json = dict[str, Any]
SHOWN_PER_TEXT = 4
WORTH_SHOWING = 0.01  # a score below this is nothing to choose from
THUMB = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One thumbnail: which text, which mask, its score, and whether it answers the text."""

    text: int
    mask: int
    score: float
    chosen: bool
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Answers to some texts.

    Args:
        sight: The photo.
        masks: The proposals.
        ranking: Of the texts that were understood, None without any.
        notices: What there is to say, a sentence each.
    """

    sight: Sight
    masks: Masks
    ranking: TextRanking | None
    notices: tuple[str, ...]

    @property
    def hits(self) -> list[Hit]:
        """The thumbnails: per text its answers, then the next most similar masks."""
        listed = []
        for text, parsed in enumerate(self.ranking.texts if self.ranking else ()):
            chosen = self.ranking.chosen(text).tolist()
            others = [
                i
                for i in self.ranking.order[text].tolist()
                if i not in chosen and self.ranking.scores[i, text] >= WORTH_SHOWING
            ]
            for mask in [*chosen, *others][: max(SHOWN_PER_TEXT, len(chosen))]:
                score = float(self.ranking.scores[mask, text])
                listed.append(Hit(text, mask, score, mask in chosen, parsed.text))
        return listed

    @property
    def colours(self) -> list[tuple[int, int, int]]:
        """One colour (r, g, b) per text."""
        return palette(len(self.ranking.texts)) if self.ranking else []


def find(
    engine: Engine, value: object, query: str, threshold: float, encoder: str = OFFLINE
) -> Found:
    """Rank the masks of the photo on the canvas by each text of a query.

    A text that is not understood is said and left out; the others are answered.

    Raises:
        EsamError: No photo, no text, or a model that cannot be loaded.
    """
    asked = split_texts(query)
    sight, reader = look(engine, value), _encoder(engine, encoder)
    understood, notices = [], []
    for text in asked:
        try:
            notices += reader.parse(text).notices
            understood.append(text)
        except UnknownWord as error:
            notices.append(str(error))
    if not understood:
        return Found(sight, Masks.empty(sight.image.shape[:2]), None, tuple(notices))
    masks = _proposals(engine, sight)
    regions = _regions(engine, sight, masks, reader)
    ranking = engine.work(
        lambda: rank_masks(regions, understood, reader, threshold=threshold), "click"
    )
    notices += [
        _no_match(ranking, i) for i in range(len(understood)) if not len(ranking.matches(i))
    ]
    return Found(sight, masks, ranking, tuple(dict.fromkeys(notices)))


def layers(found: Found, shown: list[Hit]) -> Json:
    """Return the layer of the canvas with masks in the colours of their texts."""
    masks = _pictures(found, shown)
    token = found.sight.photo.token
    return {"text-masks": {"kind": "masks", "token": token, "mode": "text", "masks": masks}}


def kept_layers(found: Found, shown: list[Hit], nonce: str) -> Json:
    """Return the layers that turn masks into objects, named by their texts."""
    kept = {"kind": "objects", "token": found.sight.photo.token, "nonce": nonce}
    return {"text-masks": None, "kept": {**kept, "masks": _pictures(found, shown)}}


def thumbnails(found: Found) -> list[tuple[np.ndarray, str]]:
    """Cut a small picture of each hit, its mask in the colour of its text, and caption it."""
    return [(_thumbnail(found, hit), f"{hit.score:.2f} {hit.label[:24]}") for hit in found.hits]


def encoder_menu() -> list[tuple[str, str]]:
    """List the encoders for a menu: title and name."""
    return [
        (f"{row.title}, {row.size_mb} MB" if row.model else row.title, name)
        for name, row in TEXT_ENCODERS.items()
    ]


def _encoder(engine: Engine, name: str) -> TextEncoder:
    if name not in TEXT_ENCODERS:
        raise InvalidSettings(texts.NO_SUCH_ENCODER.format(name=name))
    return engine.tools.get(
        ("encoder", name), lambda: in_its_own_thread(lambda: load_text_encoder(name))
    )


def _proposals(engine: Engine, sight: Sight) -> Masks:
    def make() -> Masks:
        saliency = saliency_of(engine, sight)
        return engine.work(
            lambda: propose(
                sight.segmenter,
                sight.image,
                embedding=sight.embedding,
                saliency=saliency,
                progress=lambda done, total: engine.give_way(),
            )
        )

    return engine.memo.get(("proposals", sight.segmenter.name, sight.photo.digest), make)


def _regions(engine: Engine, sight: Sight, masks: Masks, encoder: TextEncoder) -> RegionFeatures:
    def make() -> RegionFeatures:
        return engine.work(
            lambda: embed_regions(
                sight.image, masks, encoder, progress=lambda done, total: engine.give_way()
            )
        )

    key = ("regions", encoder.name, sight.segmenter.name, sight.photo.digest)
    return engine.memo.get(key, make)


def _no_match(ranking: TextRanking, text: int) -> str:
    best = float(ranking.scores[:, text].max(initial=0))
    return texts.NO_MATCH.format(text=ranking.texts[text].text, best=best)


def _pictures(found: Found, shown: list[Hit]) -> list[Json]:
    return [
        {
            "png": mask_url(found.masks.data[hit.mask]),
            "colour": "#{:02x}{:02x}{:02x}".format(*map(int, found.colours[hit.text])),
            "name": hit.label[:60],
        }
        for hit in shown
    ]


def _thumbnail(found: Found, hit: Hit) -> np.ndarray:
    x0, y0, x1, y1 = found.masks.boxes_xyxy[hit.mask].astype(int).tolist()
    height, width = found.masks.image_hw
    margin = max(8, (x1 - x0 + y1 - y0) // 12)
    rows = slice(max(0, y0 - margin), min(height, y1 + margin))
    columns = slice(max(0, x0 - margin), min(width, x1 + margin))
    drawn = draw_masks(
        found.sight.image[rows, columns],
        Masks.from_data(found.masks.data[hit.mask][rows, columns][None]),
        colours=[found.colours[hit.text]],
    )
    picture = Image.fromarray(drawn)
    picture.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return np.array(picture)
