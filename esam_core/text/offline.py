"""The offline encoder: an ImageNet classifier and a vocabulary for its classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from esam_core.devices import choose_precision, place
from esam_core.errors import WeightsMismatch
from esam_core.modeling.classifier import CELL, build_classifier, class_map, classify
from esam_core.text.phrases import ParsedText
from esam_core.text.specs import TextEncoderSpec
from esam_core.text.vocabulary import Vocabulary, load_vocabulary
from esam_core.weights import IMAGENET_LITE2, load_state_dict, provenance, resolve_weights

# What stands for a word counts less than the word itself: a coat is seldom without a person, but
# sometimes. On the example photos people are found five times, on two wrong masks and never where
# there are none; with 1 it would be five, three and three.
APPROXIMATE = 0.64
LONG_SIDE = 640  # pixels of the whole image's longer side; 896 was no better


def cells_along(side: int, longest: int) -> int:
    """Return the number of cells along a side of an image whose longest side is given."""
    return max(1, round(side / longest * LONG_SIDE / CELL))


class OfflineEncoder:
    """A classifier and its vocabulary as a text encoder.

    The embedding of a region is its class probabilities (1000,); that of a text is 1 for the
    classes that the text covers (less if they only stand for it), else 0. Their product is the
    probability that the region shows what the text names. The same classifier sees the whole image,
    cell by cell.

    Args:
        spec: Row of ``TEXT_ENCODERS``.
        classifier: Network that maps normalised crops to logits; it runs on the CPU.
        vocabulary: Words and classes.
        provenance: Where the weights come from.
        precision: Of the classifier's weights.
    """

    input_size = 260
    device = "cpu"
    logit_scale: float | None = None
    negatives: tuple[str, ...] = ()

    def __init__(
        self,
        spec: TextEncoderSpec,
        classifier: nn.Module,
        vocabulary: Vocabulary,
        provenance: str,
        precision: str = "fp32",
    ):
        self.name, self.title, self.threshold = spec.name, spec.title, spec.threshold
        self.provenance, self.precision = provenance, precision
        self._classifier, self.vocabulary = classifier, vocabulary
        # Crops per call. The largest tensor stays below 32 MB, above which glibc maps new pages
        # for each allocation: with 16 crops each crop would take twice as long.
        self.batch_size = 8 // next(classifier.parameters()).itemsize

    def parse(self, text: str) -> ParsedText:
        """Find the noun in a text.

        Raises:
            UnknownWord: The noun is not in the vocabulary.
        """
        return self.vocabulary.parse(text)

    def encode_crops(self, crops: np.ndarray) -> np.ndarray:
        """Classify crops (m, 260, 260, 3) uint8 RGB; return probabilities (m, 1000) float32."""
        parts = [crops[i : i + self.batch_size] for i in range(0, len(crops), self.batch_size)]
        rows = [classify(self._classifier, torch.tensor(part)).numpy() for part in parts]
        return np.concatenate([np.zeros((0, len(self.vocabulary.names)), np.float32), *rows])

    def merge(self, embeddings: np.ndarray) -> np.ndarray:
        """Average the probabilities (n, c, 1000) over the c crops to (n, 1000)."""
        return embeddings.mean(1)

    def see(self, image: np.ndarray) -> np.ndarray:
        """Classify every cell of an image (h, w, 3) uint8 RGB; return (1000, h', w') float32."""
        height, width = (cells_along(s, max(image.shape[:2])) * CELL for s in image.shape[:2])
        small = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
        return class_map(self._classifier, torch.tensor(np.asarray(small))).numpy()

    def encode_texts(self, texts: Sequence[ParsedText]) -> np.ndarray:
        """Return (k, 1000) float32: 1, or ``APPROXIMATE``, for the classes of each of k texts."""
        marks = np.zeros((len(texts), len(self.vocabulary.names)), np.float32)
        for row, text in zip(marks, texts, strict=True):
            row[list(text.classes)] = APPROXIMATE if text.approximate else 1
        return marks


def load_offline(
    spec: TextEncoderSpec,
    *,
    weights: Path | str | None = None,
    device: str = "auto",
    precision: str = "auto",
    download: bool = False,
) -> OfflineEncoder:
    """Load the offline encoder.

    Args:
        spec: Its row of ``TEXT_ENCODERS``.
        weights: A weights file of the classifier to use instead of the bundled one.
        device: Ignored: the classifier runs on the CPU.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        download: Ignored: the weights are bundled.

    Raises:
        InvalidSettings: Unknown precision.
        WeightsNotFound: The weights file is missing.
        WeightsMismatch: The file holds something else.
    """
    path = resolve_weights(IMAGENET_LITE2, weights)
    precision = choose_precision(precision, "cpu")
    state = load_state_dict(path)
    try:
        classifier = place(build_classifier(state), "cpu", precision)
    except RuntimeError as error:  # tensors are missing or have a wrong shape
        raise WeightsMismatch(
            f"{path} does not hold the classifier of {spec.title}; give "
            f"{IMAGENET_LITE2.filename}, or leave it out to use the bundled one."
        ) from error
    return OfflineEncoder(
        spec, classifier, load_vocabulary(), provenance(IMAGENET_LITE2, path), precision
    )
