"""Text to mask: rank the masks of an image by how well they fit a text (the paper's Fig. 6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from esam_core.errors import Cancelled, InvalidPrompt, InvalidSettings
from esam_core.masks import Masks
from esam_core.text.encoders import TextEncoder
from esam_core.text.location import Location, locate
from esam_core.text.phrases import ParsedText, split_texts
from esam_core.text.regions import CropSettings, region_crops

SAME_THING = 0.5  # masks with a larger overlap count as the same object
MASKS_PER_BATCH = 16  # masks encoded between two calls of ``progress``


@dataclass(frozen=True, slots=True, eq=False)
class RegionFeatures:
    """Embeddings of an image's n masks, reused for every text.

    Args:
        embeddings: One per mask (n, d) float32.
        encoder: Name of the encoder that made them; no other can use them.
        overlap: (n, n) float32: share of the smaller of two masks that lies in the other.
        settings: Which crops were encoded.
        location: What the encoder sees in the whole image; None if it judges crops only.
    """

    embeddings: np.ndarray
    encoder: str
    overlap: np.ndarray
    settings: CropSettings
    location: Location | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TextRanking:
    """How well n masks fit k texts.

    Args:
        texts: The k texts as the encoder understood them.
        similarity: (n, k) float32: the encoder's similarity, a cosine (CLIP), or of an encoder that
            sees the whole image, the geometric mean of its probability for the region and of how
            well the mask lies where it sees the text (``Location.agreement``).
        scores: (n, k) float32 in [0, 1], see ``rank_masks``; equal to ``similarity`` if that is no
            cosine.
        order: (k, n) int: indices of the masks, the most similar first, as in the paper.
        overlap: (n, n) float32, see ``RegionFeatures``.
        threshold: Masks with at least this score count as found.
    """

    texts: tuple[ParsedText, ...]
    similarity: np.ndarray
    scores: np.ndarray
    order: np.ndarray
    overlap: np.ndarray
    threshold: float

    def matches(self, text: int) -> np.ndarray:
        """Return the indices (m,) of the masks that reach the threshold for a text, best first."""
        order = self.order[text]
        return order[self.scores[order, text] >= self.threshold]

    def chosen(self, text: int) -> np.ndarray:
        """Return the result for a text: indices (m,) of the best match, or of all for a plural.

        Of several matches on the same object (a dog, its head, dog and lead) only the best is kept.
        """
        matches = self.matches(text)
        if not self.texts[text].plural:
            return matches[:1]
        distinct: list[int] = []
        for mask in matches.tolist():
            if (self.overlap[mask, distinct] <= SAME_THING).all():
                distinct.append(mask)
        return np.array(distinct, int)


def embed_regions(
    image: np.ndarray,
    masks: Masks,
    encoder: TextEncoder,
    settings: CropSettings | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> RegionFeatures:
    """Encode the masks of an image for ``rank_masks``; slow, but needed only once per image.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        masks: n masks of the image (n, h, w), from any source.
        encoder: From ``load_text_encoder``.
        settings: Which crops of each mask are encoded.
        progress: Called with the masks encoded so far and their total after every batch.
        cancel: Called before every batch; return True to stop.

    Raises:
        Cancelled: ``cancel`` returned True.
        InvalidImage: Image and masks differ in size.
    """
    settings = settings or CropSettings()
    crops = region_crops(image, masks, encoder.input_size, settings)
    parts, done = [], 0
    while batch := list(islice(crops, MASKS_PER_BATCH)):
        if cancel is not None and cancel():
            raise Cancelled(f"stopped after {done} of {len(masks)} masks, as asked.")
        encoded = encoder.encode_crops(np.concatenate(batch))
        parts.append(encoder.merge(encoded.reshape(len(batch), len(settings.crops), -1)))
        done += len(batch)
        if progress is not None:
            progress(done, len(masks))
    embeddings = np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)
    location = locate(image, masks, encoder)
    return RegionFeatures(embeddings, encoder.name, overlap_of(masks), settings, location)


def overlap_of(masks: Masks, side: int = 160) -> np.ndarray:
    """Return the share of the smaller of two masks that lies in the other, (n, n) float32.

    Args:
        masks: n masks of one image.
        side: Masks are subsampled so that the longer side has about this many pixels.
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
    compete: bool = False,
) -> TextRanking:
    """Rank masks by texts.

    The order is that of similarity, as in the paper. The score says whether a mask is found at all:

    - CLIP: the softmax of the cosines times the model's ``logit_scale``, over the text and the
      encoder's ``negatives`` ("background", "texture"). From .5 on, the default threshold, the text
      is more likely than all negatives together. That default follows from the negatives and was
      not chosen by a measurement: ``eval text --encoder NAME --threshold T`` measures others.
    - ``offline``: the probability that the region shows what the text names, where the photo shows
      it. Its default, .2, was chosen on the example photos (README.md, "Speed and quality").

    If nothing is found, lower the threshold (``order`` has the nearest masks at any threshold) or
    name the thing more simply; if too much is found, raise it, or name what is confused with the
    text as a second text with ``compete``.

    Args:
        regions: Features of n masks from ``embed_regions`` with the same encoder.
        texts: One or several texts, see ``split_texts``.
        encoder: The encoder of the regions.
        threshold: Masks with at least this score count as found; default is the encoder's own.
        compete: Whether the softmax is over the other texts, too, so that a mask goes to the text
            that fits it best ("dog, cat"), while near-synonyms suppress each other ("dog, puppy").
            Probabilities (``offline``) never compete.

    Raises:
        UnknownWord: A text is not in the encoder's vocabulary.
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
    parsed = tuple(encoder.parse(text) for text in split_texts(",".join(texts)))
    wanted = encoder.encode_texts(parsed)
    if not len(regions.embeddings):
        nothing = np.zeros((0, len(parsed)), np.float32)
        return TextRanking(parsed, nothing, nothing, _order(nothing), regions.overlap, threshold)
    # Text by text: the last digits of a product of matrices depend on how many columns it has, and
    # a text's score must not depend on the other texts.
    similarity = np.concatenate([_similarity(regions, row[None]) for row in wanted], axis=1)
    scores = _scores(similarity, regions, encoder, compete)
    order = _order(similarity)
    return TextRanking(parsed, similarity, scores, order, regions.overlap, threshold)


def _similarity(regions: RegionFeatures, wanted: np.ndarray) -> np.ndarray:
    """Return how similar each of n masks is to one text (1, d), (n, 1)."""
    similarity = regions.embeddings @ wanted.T
    if regions.location is None:
        return similarity
    return np.sqrt(similarity * regions.location.agreement(wanted))


def _scores(
    similarity: np.ndarray, regions: RegionFeatures, encoder: TextEncoder, compete: bool
) -> np.ndarray:
    """Softmax of each text and the negatives for each region, (n, k) in [0, 1].

    Without the negatives some mask always matches; with them, "none of these" is possible.
    """
    if encoder.logit_scale is None:
        return similarity.clip(0, 1)
    negatives = encoder.encode_texts([ParsedText(text, text) for text in encoder.negatives])
    logits = encoder.logit_scale * similarity
    none = np.logaddexp.reduce(encoder.logit_scale * (regions.embeddings @ negatives.T), axis=1)
    rivals = np.logaddexp.reduce(logits, axis=1, keepdims=True) if compete else logits
    return np.exp(logits - np.logaddexp(rivals, none[:, None]))


def _order(similarity: np.ndarray) -> np.ndarray:
    return np.argsort(-similarity, axis=0, kind="stable").T
