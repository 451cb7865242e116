"""The interface of all segmenters and the types it uses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np

from esam_core.masks import Masks
from esam_core.prompts import Prompt

if TYPE_CHECKING:
    from torch import Tensor

    from esam_core.modeling.mask_decoder import DecoderContext
    from esam_core.modeling.promptable import ImageFeatures


class CropEmbeddings:
    """The embeddings of an image's last few crops, by box in pixels."""

    most = 4

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int, int, int], ImageEmbedding] = {}

    def get(
        self,
        box_xyxy: tuple[int, int, int, int],
        embed: "Callable[[], ImageEmbedding]",
    ) -> "ImageEmbedding":
        """Return the embedding of a crop, made now if it is not among the last ones."""
        found = self._kept.pop(box_xyxy, None) or embed()
        self._kept[box_xyxy] = found
        while len(self._kept) > self.most:
            del self._kept[next(iter(self._kept))]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ImageEmbedding:
    """The encoded image, reused for every prompt on it.

    Args:
        features: The image encoder's output.
        context: Decoder state computed once per image, if the model has one.
        image_hw: Height and width of the image in pixels.
        model: Name of the model that made it; no other model can decode it.
        digest: Digest of the image's pixels.
        image: The image (h, w, 3) uint8 RGB itself, not a copy, for second looks.
        crops: The embeddings of crops that second looks made.
    """

    features: "ImageFeatures"
    context: "DecoderContext | None"
    image_hw: tuple[int, int]
    model: str
    digest: str
    image: np.ndarray | None = None
    crops: CropEmbeddings = field(default_factory=CropEmbeddings)


LookAgain = bool | Literal["auto"] | tuple[int, int, int, int]


class LowResMasks(NamedTuple):
    """Candidates before upscaling, in the network's order."""

    logits: "Tensor"  # (q, 3, h', w') float32, the whole image resized to h' x w'
    predicted_iou: "Tensor"  # (q, 3) float32


class Segmenter(Protocol):
    """The interface of a model; the rest of the project depends on nothing else.

    ``tests/core/test_segmenter_contract.py`` tests every implementation. Not thread-safe: callers
    hold one lock per segmenter.

    Attributes:
        name: Name of the model in code.
        title: Name of the model in the interface and in captions.
        provenance: Where the weights come from.
        device: ``cpu``, ``cuda`` and the like.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        understands_background: Whether it was trained with background points.
        understands_mask_input: Whether it was trained to correct an earlier mask.
        quick: Whether encoding a crop costs so little that second looks are always worth it.
        max_tokens: How many prompt tokens it reads.
        batch_size: How many prompts are decoded at once.
    """

    name: str
    title: str
    provenance: str
    device: str
    precision: str
    understands_background: bool
    understands_mask_input: bool
    quick: bool
    max_tokens: int
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
        mask_input: "np.ndarray | Tensor | None" = None,
        look_again: LookAgain = "auto",
    ) -> Masks:
        """Segment the prompted object.

        Args:
            embedding: From ``embed`` of the same model.
            prompt: At least one foreground point or a box, in pixels of the image; see
                ``Prompt.within`` for what counts as inside.
            rule: How candidates are ranked, see ``rank_masks_by``.
            subtract_background: Remove the smallest mask found at each background point.
            mask_input: The mask that the prompt corrects: logits (h', w') as in
                ``Masks.low_res_logits``, or a mask (h, w) bool from anywhere. With it background
                points alone are a prompt.
            look_again: Whether to decode the prompt a second time in a crop around the object and
                average both; ``auto`` does where it is worth its time (always with a quick model,
                with others on a GPU for small objects), and a box (x0, y0, x1, y1) is the crop.

        Returns:
            Three candidate masks (3, h, w), best first, with their ``low_res_logits``.

        Raises:
            UnsupportedPrompt: A mask for a model that does not understand it.
            InvalidPrompt: A prompt without foreground point and box, a point or a whole box
                outside, or another model's embedding.
            InvalidSettings: An unknown rule.
        """

    def predict_batch(
        self,
        embedding: ImageEmbedding,
        prompts: Sequence[Prompt],
        *,
        rule: str = "predicted_iou",
        mask_inputs: "Sequence[np.ndarray | Tensor | None] | None" = None,
        look_again: LookAgain = "auto",
    ) -> list[Masks]:
        """Segment many prompts of one image: same results as ``predict`` on each, but faster."""

    def decode(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray,
        point_labels: np.ndarray,
        mask_input: "np.ndarray | Tensor | None" = None,
    ) -> LowResMasks:
        """Decode q queries of up to ``max_tokens`` tokens to low-resolution logits, in one batch.

        Args:
            embedding: From ``embed`` of the same model.
            point_coords: (q, t, 2) as (x, y), in pixels of the image; q may be 0.
            point_labels: (q, t): 1 foreground, 0 background, -1 padding; 2 and then 3 two opposite
                corners of a box, which is clipped to the image.
            mask_input: The masks that the queries correct, (q, h', w') logits or (q, h, w) bool.

        Raises:
            UnsupportedPrompt: Masks for a model that does not understand them.
            InvalidPrompt: As ``check_queries``, or another model's embedding.
        """

    def decode_if(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray,
        point_labels: np.ndarray,
        wanted: "Callable[[Tensor], Tensor]",
    ) -> "tuple[LowResMasks, Tensor]":
        """Decode queries like ``decode``, but return only those with a wanted candidate.

        Args:
            embedding: From ``embed`` of the same model.
            point_coords: (q, t, 2) as (x, y), in pixels of the image.
            point_labels: (q, t), as for ``decode``.
            wanted: Maps predicted IoU (q, 3) to bool (q, 3).

        Returns:
            All three candidates of the k queries with a wanted one, and the indices (k,) of these
            queries.

        Raises:
            InvalidPrompt: As for ``decode``.
        """

    def low_res_hw(self, image_hw: tuple[int, int]) -> tuple[int, int]:
        """Return height and width (h', w') of the low-resolution logits of an image."""

    def upscale(self, logits: "Tensor", image_hw: tuple[int, int]) -> "Tensor":
        """Upscale logits (n, h', w') to the image's size (n, h, w)."""
