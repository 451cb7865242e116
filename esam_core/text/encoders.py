"""What texts and regions are compared by: the offline vocabulary, or a CLIP of one's own choice.

Every encoder turns views of regions into rows (n, d), texts into rows (k, d), and says by their
product how well they fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from esam_core.errors import UnknownModel
from esam_core.text.vocabulary import Reading, Vocabulary, load_vocabulary
from esam_core.weights import MINI, load_state_dict, provenance, resolve_weights

if TYPE_CHECKING:
    import torch

OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class TextEncoderSpec:
    """One text encoder.

    Args:
        name: How code and command line call it.
        title: How people call it.
        licence: Of the weights.
        model: open_clip's name of the architecture; None for the offline vocabulary.
        pretrained: open_clip's tag of the weights.
        size_mb: Megabytes to download.
        needs: Packages beyond this project's own, for pip.
        threshold: Scores from here on count as found, unless the caller says otherwise.
    """

    name: str
    title: str
    licence: str
    model: str | None = None
    pretrained: str | None = None
    size_mb: int = 0
    needs: tuple[str, ...] = ()
    threshold: float = 0.5


_ROWS = (
    TextEncoderSpec(
        OFFLINE,
        "Offline vocabulary",
        "Apache-2.0 (classifier), WordNet licence (words)",
        threshold=0.05,
    ),
    TextEncoderSpec("ViT-B-32", "CLIP ViT-B/32", "MIT", "ViT-B-32", "openai", 605),
    TextEncoderSpec("ViT-L-14", "CLIP ViT-L/14", "MIT", "ViT-L-14", "openai", 1710),
    TextEncoderSpec(
        "MobileCLIP-S2",
        "MobileCLIP-S2",
        "Apple's sample code licence; weights for research use",
        "MobileCLIP-S2",
        "datacompdr",
        400,
    ),
    TextEncoderSpec(
        "SigLIP",
        "SigLIP ViT-B/16",
        "Apache-2.0",
        "ViT-B-16-SigLIP",
        "webli",
        813,
        needs=("transformers", "sentencepiece"),
    ),
)

TEXT_ENCODERS: dict[str, TextEncoderSpec] = {row.name: row for row in _ROWS}


class TextEncoder(Protocol):
    """What every text encoder does.

    Attributes:
        name: Row of ``TEXT_ENCODERS``.
        title: Name for people.
        provenance: Where the weights come from.
        input_size: Side of the views it reads.
        logit_scale: Factor in front of cosines before a softmax over texts; None where
            similarities are probabilities already.
        negatives: Texts that stand for "none of these".
        threshold: Scores from here on count as found, unless the caller says otherwise.
    """

    name: str
    title: str
    provenance: str
    input_size: int
    logit_scale: float | None
    negatives: tuple[str, ...]
    threshold: float

    def read(self, text: str) -> Reading:
        """Say how a text is understood, or raise UnknownWord."""

    def encode_views(self, views: np.ndarray) -> np.ndarray:
        """Encode views (m, s, s, 3) uint8 as rows (m, d) float32."""

    def merge(self, rows: np.ndarray) -> np.ndarray:
        """Join the rows of the views of each region, (n, v, d), into one (n, d)."""

    def encode_texts(self, readings: Sequence[Reading]) -> np.ndarray:
        """Encode texts as rows (k, d) float32."""


class OfflineEncoder:
    """The ImageNet classifier whose features the bundled mini uses, and words for its classes.

    A region's row is its class probabilities, a text's row marks the classes that it covers: their
    product is the probability that the region is what the text says.

    Args:
        classifier: Views, normalised, to logits.
        vocabulary: Words and classes.
        provenance: Where the weights come from.
    """

    name, title = OFFLINE, TEXT_ENCODERS[OFFLINE].title
    input_size = 260
    logit_scale = None
    negatives = ()
    threshold = TEXT_ENCODERS[OFFLINE].threshold

    def __init__(self, classifier: "torch.nn.Module", vocabulary: Vocabulary, provenance: str):
        self._classifier, self.vocabulary = classifier, vocabulary
        self.provenance = provenance
        # Views at once, such that the largest tensor stays below the 32 MB from which glibc takes
        # fresh pages each time: 16 would take twice as long per view.
        self.batch_size = 8 // next(classifier.parameters()).itemsize

    def read(self, text: str) -> Reading:
        """Find the word that a text asks for.

        Raises:
            UnknownWord: It asks for something that is not in the vocabulary.
        """
        return self.vocabulary.read(text)

    def encode_views(self, views: np.ndarray) -> np.ndarray:
        """Classify views (m, 260, 260, 3) uint8: probabilities (m, 1000)."""
        import torch

        from esam_core.modeling.classifier import classify

        parts = [views[i : i + self.batch_size] for i in range(0, len(views), self.batch_size)]
        rows = [classify(self._classifier, torch.tensor(part)).numpy() for part in parts]
        return np.concatenate([np.zeros((0, len(self.vocabulary.names)), np.float32), *rows])

    def merge(self, rows: np.ndarray) -> np.ndarray:
        """Average probabilities over views."""
        return rows.mean(1)

    def encode_texts(self, readings: Sequence[Reading]) -> np.ndarray:
        """Mark the classes of each text with 1, (k, 1000)."""
        marks = np.zeros((len(readings), len(self.vocabulary.names)), np.float32)
        for row, reading in zip(marks, readings, strict=True):
            row[list(reading.classes)] = 1
        return marks


def load_text_encoder(
    name: str = OFFLINE,
    *,
    weights: Path | str | None = None,
    device: str = "auto",
    precision: str = "auto",
    download: bool = False,
) -> TextEncoder:
    """Load a text encoder.

    Args:
        name: A row of ``TEXT_ENCODERS``; ``offline`` comes with the project.
        weights: A weights file to use instead of the published one.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``; the offline vocabulary stays on the CPU.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        download: Fetch CLIP weights that are missing, into open_clip's own cache.

    Raises:
        UnknownModel: No such row.
        WeightsNotFound: The weights are not on this machine; says how to get them.
        WeightsMismatch: The file does not fit the encoder.
        DownloadFailed: They could not be fetched.
    """
    if name not in TEXT_ENCODERS:
        raise UnknownModel(
            f"text encoder {name!r} is unknown; use one of {', '.join(TEXT_ENCODERS)}."
        )
    if name != OFFLINE:
        from esam_core.text.clip import load_clip  # open_clip takes seconds to import

        return load_clip(
            TEXT_ENCODERS[name],
            weights=weights,
            device=device,
            precision=precision,
            download=download,
        )
    from esam_core.devices import choose_precision, place
    from esam_core.modeling.classifier import build_classifier

    path = resolve_weights(MINI, weights)
    classifier = build_classifier(load_state_dict(path))
    place(classifier, "cpu", choose_precision(precision, "cpu"))
    return OfflineEncoder(classifier, load_vocabulary(), provenance(MINI, path))
