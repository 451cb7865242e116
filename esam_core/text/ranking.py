"""Text to mask: which of a photo's masks look most like what a text says (the paper's Fig. 6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from esam_core.errors import InvalidPrompt, InvalidSettings
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.text.encoders import TextEncoder
from esam_core.text.regions import ViewSettings, region_views
from esam_core.text.vocabulary import Reading

if TYPE_CHECKING:
    from esam_core.everything import GridSettings
    from esam_core.saliency.maps import SaliencyMap
    from esam_core.segmenter import ImageEmbedding, Segmenter

MAX_CHARACTERS = 200
MAX_TEXTS = 12
MAX_MASKS = 120
SAME_THING = 0.5  # of two masks that share more than this, one is a part of the other
SAME_MASK = 0.8  # of two masks with a higher IoU one is enough


@dataclass(frozen=True, slots=True, eq=False)
class RegionFeatures:
    """The masks of a photo as an encoder sees them; worth keeping, as every next text uses them.

    Args:
        rows: One per mask (n, d) float32.
        encoder: Name of the encoder that made them; no other can read them.
        overlap: (n, n) float32: share of the smaller of two masks that lies in the other.
        settings: What it was shown.
    """

    rows: np.ndarray
    encoder: str
    overlap: np.ndarray
    settings: ViewSettings


@dataclass(frozen=True, slots=True, eq=False)
class TextRanking:
    """How well n masks fit k texts.

    Args:
        readings: The texts as they were understood, with notices about what was not.
        similarity: (n, k): the encoder's own measure; CLIP's cosine, or a probability.
        scores: (n, k) in [0, 1]: against the negative texts and the other texts; equal to
            ``similarity`` where that is a probability already.
        order: (k, n): masks by similarity, the most similar first, as in the paper.
        overlap: (n, n), see ``RegionFeatures``.
        threshold: Scores from here on count as found.
    """

    readings: tuple[Reading, ...]
    similarity: np.ndarray
    scores: np.ndarray
    order: np.ndarray
    overlap: np.ndarray
    threshold: float

    def matches(self, text: int) -> np.ndarray:
        """Name the masks of a text's score from the threshold on, best first; maybe none."""
        order = self.order[text]
        return order[self.scores[order, text] >= self.threshold]

    def chosen(self, text: int) -> np.ndarray:
        """Name the masks that answer a text: the best match, or all that a plural asks for.

        Of several matches on the same thing (a dog, its head, dog and lead) the best one stands.
        """
        matches = self.matches(text)
        if not self.readings[text].plural:
            return matches[:1]
        distinct: list[int] = []
        for mask in matches.tolist():
            if (self.overlap[mask, distinct] <= SAME_THING).all():
                distinct.append(mask)
        return np.array(distinct, int)


def split_texts(query: str) -> tuple[str, ...]:
    """Split what was typed at its commas into texts, without blanks and repetitions.

    Raises:
        InvalidPrompt: Nothing was typed, or too much.
    """
    texts = tuple(dict.fromkeys(filter(None, (" ".join(t.split()) for t in query.split(",")))))
    if not texts:
        raise InvalidPrompt("there is no text; say what to look for, such as: dog, red ball")
    for text in texts:
        if len(text) > MAX_CHARACTERS:
            raise InvalidPrompt(
                f"a text has {len(text):,} characters; at most {MAX_CHARACTERS} are read. Name the "
                "thing in a few words."
            )
    if len(texts) > MAX_TEXTS:
        raise InvalidPrompt(f"{len(texts)} texts given; at most {MAX_TEXTS} are read at once.")
    return texts


def propose(
    segmenter: "Segmenter",
    image: np.ndarray,
    *,
    embedding: "ImageEmbedding | None" = None,
    saliency: "SaliencyMap | None" = None,
    settings: "GridSettings | None" = None,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Masks:
    """Find masks for texts to choose from: what stands out, and everything on the fast grid.

    What a text names is often what stands out. On the example photos (76 pairs of photo and class
    name, from ``eval text``) the best mask is the named one for 38 % of the pairs with the bundled
    model, for 30 % without the salient masks, and for 28 % with twice as many, doubtful grid masks.

    Args:
        segmenter: The model.
        image: The photo (h, w, 3) uint8 RGB.
        embedding: Of this photo by this segmenter, if it is at hand.
        saliency: Map of this photo, if it is at hand; else the bundled model computes it.
        settings: Of the grid; by default those of ``fast`` for this model, at most 120 masks.
        progress: Called with the points done and their total after every chunk.
        cancel: Asked before every chunk; true stops.

    Returns:
        The salient masks, then those of the grid.

    Raises:
        Cancelled: ``cancel`` said so.
        InvalidImage: The photo is no RGB array.
        WeightsNotFound: The bundled saliency model is missing.
    """
    # They bring torch and onnxruntime, which ranking never needs.
    from esam_core.everything import preset, segment_everything
    from esam_core.saliency.maps import load_saliency
    from esam_core.saliency.masks import SalientSettings, salient_masks

    embedding = segmenter.embed(image) if embedding is None else embedding
    saliency = load_saliency().estimate(image) if saliency is None else saliency
    found = [
        salient_masks(
            image,
            segmenter,
            embedding=embedding,
            saliency=saliency,
            settings=SalientSettings(prompt=prompt),
        ).masks
        for prompt in ("box", "uniform")
    ]
    settings = settings or replace(preset("fast", segmenter.name), max_masks=MAX_MASKS)
    found.append(
        segment_everything(segmenter, embedding, settings, progress=progress, cancel=cancel)
    )
    return _distinct(found)


def _distinct(found: Sequence[Masks]) -> Masks:
    """Join masks; of those that are nearly the same the one of the earlier part stays."""
    joined, *more = found
    for masks in more:
        overlaps = mask_iou(masks.data, joined.data)
        new = np.flatnonzero((overlaps <= SAME_MASK).all(1))
        joined = Masks.concat([joined, masks[new]])
    return joined


def embed_regions(
    image: np.ndarray, masks: Masks, encoder: TextEncoder, settings: ViewSettings | None = None
) -> RegionFeatures:
    """Encode the masks of a photo for ``rank_masks``; the slow part, done once per photo.

    Args:
        image: The photo (h, w, 3) uint8 RGB.
        masks: Proposals, from anywhere.
        encoder: From ``load_text_encoder``.
        settings: What the encoder is shown of each mask.

    Raises:
        InvalidImage: Photo and masks do not belong together.
    """
    settings = settings or ViewSettings()
    views = list(region_views(image, masks, encoder.input_size, settings))
    rows = np.zeros((0, 0), np.float32)
    if views:
        rows = encoder.encode_views(np.concatenate(views))
        rows = encoder.merge(rows.reshape(len(views), len(settings.views), -1))
    return RegionFeatures(rows, encoder.name, overlap_of(masks), settings)


def overlap_of(masks: Masks, side: int = 160) -> np.ndarray:
    """Measure which share of the smaller of two masks lies in the other, (n, n) float32.

    Measured on every k-th pixel, so that the longer side counts ``side`` pixels or little more.
    """
    step = max(1, max(masks.image_hw) // side)
    small = masks.data[:, ::step, ::step]
    flat = small.reshape(len(masks), small.shape[1] * small.shape[2]).astype(np.float32)
    area = flat.sum(1)
    return flat @ flat.T / np.maximum(np.minimum(area[:, None], area[None]), 1)


def rank_masks(
    regions: RegionFeatures,
    texts: Sequence[str],
    encoder: TextEncoder,
    *,
    threshold: float | None = None,
) -> TextRanking:
    """Rank masks by texts.

    Args:
        regions: From ``embed_regions`` with the same encoder.
        texts: What to look for, one or several, see ``split_texts``.
        encoder: The same.
        threshold: Scores from here on count as found; by default the encoder's own.

    Raises:
        UnknownWord: A text that the encoder cannot read.
        InvalidPrompt: Region features of another encoder, or no text.
        InvalidSettings: A threshold outside [0, 1].
    """
    threshold = encoder.threshold if threshold is None else threshold
    if not 0 <= threshold <= 1:
        raise InvalidSettings(f"threshold is {threshold}; give a number from 0 to 1.")
    if regions.encoder != encoder.name:
        raise InvalidPrompt(
            f"the regions were encoded by {regions.encoder}, the text by {encoder.name}; encode "
            "them with the same one."
        )
    readings = tuple(encoder.read(text) for text in split_texts(",".join(texts)))
    rows = encoder.encode_texts(readings)
    if not len(regions.rows):
        nothing = np.zeros((0, len(readings)), np.float32)
        return TextRanking(readings, nothing, nothing, _order(nothing), regions.overlap, threshold)
    similarity = regions.rows @ rows.T
    scores = _calibrated(similarity, regions, encoder)
    order = _order(similarity)
    return TextRanking(readings, similarity, scores, order, regions.overlap, threshold)


def _calibrated(
    similarity: np.ndarray, regions: RegionFeatures, encoder: TextEncoder
) -> np.ndarray:
    """Let the texts and the negatives compete for each region, (n, k) in [0, 1].

    Without competition something always fits best; with it, "none of these" is an answer.
    """
    if encoder.logit_scale is None:
        return similarity.clip(0, 1)
    negatives = encoder.encode_texts([Reading(text, text) for text in encoder.negatives])
    logits = encoder.logit_scale * np.concatenate([similarity, regions.rows @ negatives.T], 1)
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return (odds / odds.sum(1, keepdims=True))[:, : similarity.shape[1]]


def _order(similarity: np.ndarray) -> np.ndarray:
    return np.argsort(-similarity, axis=0, kind="stable").T
