"""What every segmenter takes and returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from esam_core.masks import Masks
from esam_core.prompts import Prompt

if TYPE_CHECKING:
    from torch import Tensor

    from esam_core.modeling.mask_decoder import DecoderContext
    from esam_core.modeling.promptable import ImageFeatures


@dataclass(frozen=True, slots=True, eq=False)
class ImageEmbedding:
    """An image as the decoder reads it; valid for every later prompt on that image.

    Args:
        features: The image encoder's output.
        context: What the decoder computes once per image, if the model does so.
        image_hw: Height and width of the image in pixels.
        model: Name of the model that made it; no other model can read it.
        digest: Name of the image's pixels.
    """

    features: "ImageFeatures"
    context: "DecoderContext | None"
    image_hw: tuple[int, int]
    model: str
    digest: str


class LowResMasks(NamedTuple):
    """Candidates before they are brought to the image's size, in the network's own order."""

    logits: "Tensor"  # (q, 3, h', w') float32, the whole image squashed to h' x w'
    predicted_iou: "Tensor"  # (q, 3) float32


class Segmenter(Protocol):
    """What every model here does; the rest of the project asks for nothing else.

    ``tests/core/test_segmenter_contract.py`` holds every implementation to it. Not safe for two
    threads at once: callers hold one lock per segmenter.

    Attributes:
        name: How code calls the model.
        title: How people call it.
        provenance: Where the weights come from.
        device: ``cpu``, ``cuda`` and the like.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        understands_background: Whether it was trained with background points.
        batch_size: How many prompts are decoded at once.
    """

    name: str
    title: str
    provenance: str
    device: str
    precision: str
    understands_background: bool
    batch_size: int

    def embed(self, image: np.ndarray) -> ImageEmbedding:
        """Encode an image (h, w, 3) uint8 RGB.

        Raises:
            InvalidImage: Another shape or type; use ``load_rgb``.
        """

    def predict(
        self,
        embedding: ImageEmbedding,
        prompt: Prompt,
        *,
        rule: str = "predicted_iou",
        subtract_background: bool = False,
    ) -> Masks:
        """Segment what the prompt points at.

        Args:
            embedding: From ``embed`` of the same model.
            prompt: At least one foreground point or a box; ``Prompt.within`` says what is inside.
            rule: How candidates are ordered, see ``rank_masks_by``.
            subtract_background: Cut out the smallest mask found at each background point.

        Returns:
            Three candidates (3, h, w) in the image's size, best first.

        Raises:
            InvalidPrompt: Nothing to segment, a point outside, or another model's embedding.
            InvalidSettings: An unknown rule.
        """

    def predict_batch(
        self, embedding: ImageEmbedding, prompts: Sequence[Prompt], *, rule: str = "predicted_iou"
    ) -> list[Masks]:
        """Segment for many prompts of one image; equal to many ``predict`` calls, but faster."""

    def decode(
        self, embedding: ImageEmbedding, point_coords: np.ndarray, point_labels: np.ndarray
    ) -> LowResMasks:
        """Decode q queries of up to six tokens as far as low-resolution logits, all in one go.

        Args:
            embedding: From ``embed`` of the same model.
            point_coords: (q, t, 2) as (x, y), in pixels of the image.
            point_labels: (q, t): 1 foreground, 0 background, 2 and 3 box corners, -1 padding.

        Raises:
            InvalidPrompt: Other shapes or labels, more than six tokens, a query that points at
                nothing, a token outside, or another model's embedding.
        """

    def decode_if(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray,
        point_labels: np.ndarray,
        wanted: "Callable[[Tensor], Tensor]",
    ) -> "tuple[LowResMasks, Tensor]":
        """Decode queries like ``decode``, but keep only those of which a candidate is wanted.

        Args:
            embedding: From ``embed`` of the same model.
            point_coords: (q, t, 2) as (x, y), in pixels of the image.
            point_labels: (q, t), as for ``decode``.
            wanted: Takes predicted IoU (q, 3), gives bool (q, 3).

        Returns:
            All three candidates of the k queries that have a wanted one, and the indices (k,) of
            these queries.

        Raises:
            InvalidPrompt: As for ``decode``.
        """

    def upscale(self, logits: "Tensor", image_hw: tuple[int, int]) -> "Tensor":
        """Bring logits (n, h', w') to the image's size (n, h, w)."""
