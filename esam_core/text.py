"""Text to mask: which of a photo's masks look most like what a text says (the paper's Fig. 6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from esam_core.errors import InvalidPrompt, InvalidSettings
from esam_core.masks import Masks
from esam_core.regions import ViewSettings, region_views
from esam_core.text_encoders import TextEncoder
from esam_core.vocabulary import Reading

if TYPE_CHECKING:
    from esam_core.segmenter import ImageEmbedding, Segmenter

MAX_CHARACTERS = 200
MAX_TEXTS = 12
MAX_MASKS = 120
# On every third example photo, some mask fits what is named for 38 % of the class names with these
# (73 masks a photo), and for 25 % with the preset's own thresholds (8 masks).
DOUBTFUL = {"mini": {"predicted_iou_threshold": 0.3, "stability_threshold": 0.0}}


@dataclass(frozen=True, slots=True, eq=False)
class RegionFeatures:
    """The masks of a photo as an encoder sees them; worth keeping, as every next text uses them.

    Args:
        rows: One per mask (n, d) float32.
        encoder: Name of the encoder that made them; no other can read them.
        settings: What it was shown.
    """

    rows: np.ndarray
    encoder: str
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
        threshold: Scores from here on count as found.
    """

    readings: tuple[Reading, ...]
    similarity: np.ndarray
    scores: np.ndarray
    order: np.ndarray
    threshold: float

    def matches(self, text: int) -> np.ndarray:
        """Name the masks of a text's score from the threshold on, best first; maybe none."""
        order = self.order[text]
        return order[self.scores[order, text] >= self.threshold]

    def chosen(self, text: int) -> np.ndarray:
        """Name the masks that answer a text: all matches of a plural, else the best match."""
        matches = self.matches(text)
        return matches if self.readings[text].plural else matches[:1]


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
    image_or_embedding: "np.ndarray | ImageEmbedding",
    *,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Masks:
    """Find masks for texts to choose from: segment everything on the fast grid, at most 120.

    A text is a judge of its own, so that of an unsure model doubtful masks are let in too.

    Args:
        segmenter: The model.
        image_or_embedding: The photo (h, w, 3) uint8 RGB, or its embedding.
        progress: Called with the points done and their total after every chunk.
        cancel: Asked before every chunk; true stops.

    Raises:
        Cancelled: ``cancel`` said so.
        InvalidImage: The photo is no RGB array.
    """
    from esam_core.everything import preset, segment_everything  # torch, which ranking never needs

    settings = replace(preset("fast", segmenter.name), max_masks=MAX_MASKS)
    settings = replace(settings, **DOUBTFUL.get(segmenter.name, {}))
    return segment_everything(
        segmenter, image_or_embedding, settings, progress=progress, cancel=cancel
    )


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
    if not views:
        return RegionFeatures(np.zeros((0, 0), np.float32), encoder.name, settings)
    rows = encoder.encode_views(np.concatenate(views))
    rows = encoder.merge(rows.reshape(len(views), len(settings.views), -1))
    return RegionFeatures(rows, encoder.name, settings)


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
        return TextRanking(readings, nothing, nothing, _order(nothing), threshold)
    similarity = regions.rows @ rows.T
    scores = _calibrated(similarity, regions, encoder)
    return TextRanking(readings, similarity, scores, _order(similarity), threshold)


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
