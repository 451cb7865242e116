"""The interface of all text encoders, and loading one by its name.

An encoder maps crops of regions to embeddings (n, d) and texts to embeddings (k, d). Their product
(n, k) is the similarity.
"""

from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

import numpy as np

from esam_core.errors import UnknownModel
from esam_core.text.phrases import ParsedText
from esam_core.text.specs import OFFLINE, TEXT_ENCODERS, TextEncoderSpec


class TextEncoder(Protocol):
    """The interface of a text encoder.

    Attributes:
        name: Row of ``TEXT_ENCODERS``.
        title: Name in the interface and in captions.
        provenance: Where the weights come from.
        device: Device that it runs on.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        input_size: Side of its square input crops in pixels.
        logit_scale: Factor applied to cosines before a softmax over texts; None if similarities
            are already probabilities.
        negatives: Texts that represent "none of these".
        threshold: Default threshold: masks with at least this score count as found.
    """

    name: str
    title: str
    provenance: str
    device: str
    precision: str
    input_size: int
    logit_scale: float | None
    negatives: tuple[str, ...]
    threshold: float

    def parse(self, text: str) -> ParsedText:
        """Parse a text into what the encoder looks for.

        Raises:
            UnknownWord: The text is not in the encoder's vocabulary.
        """

    def encode_crops(self, crops: np.ndarray) -> np.ndarray:
        """Encode crops (m, s, s, 3) uint8 RGB as embeddings (m, d) float32."""

    def merge(self, embeddings: np.ndarray) -> np.ndarray:
        """Merge the embeddings (n, c, d) of c crops per region to one per region (n, d)."""

    def see(self, image: np.ndarray) -> np.ndarray | None:
        """Return what is seen where in an image (h, w, 3) uint8 RGB: (d, h', w') float32 >= 0.

        None if the encoder judges crops only.
        """

    def encode_texts(self, texts: Sequence[ParsedText]) -> np.ndarray:
        """Encode k texts as embeddings (k, d) float32."""


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
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``; the offline vocabulary always runs on the
            CPU.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        download: Fetch CLIP weights that are missing, into the hub's cache.

    Raises:
        UnknownModel: Unknown name.
        InvalidSettings: Unknown device or precision, or a package that is not installed.
        WeightsNotFound: The weights are not on this machine; the message explains how to get them.
        WeightsMismatch: The file does not fit the encoder.
        DownloadFailed: The weights could not be downloaded.
    """
    spec = _row(name)
    load = resolve_name(spec.loader)  # imports torch and, for CLIP, open_clip
    return load(spec, weights=weights, device=device, precision=precision, download=download)


def _row(name: str) -> TextEncoderSpec:
    if name not in TEXT_ENCODERS:
        raise UnknownModel(
            f"text encoder {name!r} is unknown; use one of {', '.join(TEXT_ENCODERS)}."
        )
    return TEXT_ENCODERS[name]
