"""Photo -> embedding -> masks, on one device in one precision; no photo is kept in here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from esam_core.devices import (
    DTYPES,
    choose_device,
    choose_precision,
    computing,
    place,
    to_device,
)
from esam_core.errors import InvalidPrompt
from esam_core.images import check_rgb, image_digest, stretch_rgb
from esam_core.masks import Masks, rank_masks_by
from esam_core.modeling.mask_decoder import DecoderContext
from esam_core.modeling.promptable import ImageFeatures, Promptable
from esam_core.prompts import Prompt

STABILITY_OFFSET = 1.0  # SAM's distance, in logits, between the two thresholds it compares
# Bytes of all image tokens of the queries that are decoded at once. On a CPU more would leave the
# cache (in bfloat16, these are 4 queries of EfficientSAM and 14 of the mini); GPUs take what their
# memory bears.
BYTES_PER_BATCH = {"cpu": 2**23, "mps": 2**27, "cuda": 2**28}


@dataclass(frozen=True, slots=True, eq=False)
class ImageEmbedding:
    """A photo as the decoder reads it; valid for every later prompt on that photo.

    Args:
        features: The image encoder's output.
        context: What the decoder shares between prompts.
        image_hw: Height and width of the photo in pixels.
        model: Name of the model that made it; no other model can read it.
        digest: Name of the photo's pixels.
    """

    features: ImageFeatures
    context: DecoderContext
    image_hw: tuple[int, int]
    model: str
    digest: str


class LowResMasks(NamedTuple):
    """Candidates before they are brought to the photo's size, in the network's own order."""

    logits: Tensor  # (q, 3, h', w') float32, the whole photo squashed to h' x w'
    predicted_iou: Tensor  # (q, 3) float32


class Segmenter(Protocol):
    """What every model here does; the rest of the project asks for nothing else."""

    name: str
    title: str
    provenance: str
    device: str
    precision: str
    understands_background: bool
    batch_size: int  # how many prompts are decoded at once

    def embed(self, image: np.ndarray) -> ImageEmbedding:
        """Encode a photo (h, w, 3) uint8 RGB."""

    def predict(
        self,
        embedding: ImageEmbedding,
        prompt: Prompt,
        *,
        rule: str = "predicted_iou",
        subtract_background: bool = False,
    ) -> Masks:
        """Segment what the prompt points at: the candidates, best first."""

    def predict_batch(
        self, embedding: ImageEmbedding, prompts: Sequence[Prompt], *, rule: str = "predicted_iou"
    ) -> list[Masks]:
        """Segment for many prompts of one photo at once."""

    def decode(
        self, embedding: ImageEmbedding, point_coords: np.ndarray, point_labels: np.ndarray
    ) -> LowResMasks:
        """Decode queries of up to six tokens; coordinates (q, t, 2) in pixels, labels (q, t)."""

    def decode_if(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray,
        point_labels: np.ndarray,
        wanted: Callable[[Tensor], Tensor],
    ) -> tuple[LowResMasks, Tensor]:
        """Decode queries like ``decode``, but draw only those of which a candidate is wanted."""

    def upscale(self, logits: Tensor, image_hw: tuple[int, int]) -> Tensor:
        """Bring logits (n, h', w') to the photo's size."""


class TorchSegmenter:
    """A segmenter around one of the networks in ``esam_core.modeling``.

    Not safe for two threads at once: callers hold one lock per segmenter.

    Args:
        network: The network with its weights.
        name: Row in ``MODELS``.
        title: Name for people.
        provenance: Where the weights come from.
        device: ``cpu``, ``cuda``, ``mps`` or ``auto``.
        precision: ``fp32``, ``bf16``, ``fp16`` or ``auto``.
        understands_background: Whether the network was trained with background points.
        compiled: Whether torch.compile rewrites the image encoder when it is first used.

    Raises:
        InvalidSettings: A device or precision that this machine does not have.
    """

    def __init__(
        self,
        network: Promptable,
        *,
        name: str,
        title: str,
        provenance: str,
        device: str = "auto",
        precision: str = "auto",
        understands_background: bool = False,
        compiled: bool = False,
    ):
        self.name, self.title, self.provenance = name, title, provenance
        self.understands_background = understands_background
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        self.network = place(network, self.device, self.precision)
        if compiled:
            self.network.compile_encoder()
        self.batch_size = prompts_per_batch(network.image_values, self.device, self.precision)

    @torch.inference_mode()
    def embed(self, image: np.ndarray) -> ImageEmbedding:
        """Encode a photo (h, w, 3) uint8 RGB.

        Raises:
            InvalidImage: Another shape or type; use ``load_rgb``.
        """
        image = check_rgb(image)
        pixels = image
        if self.network.antialias:
            pixels = stretch_rgb(image, (self.network.image_size, self.network.image_size))
        pixels = to_device(pixels, self.device).permute(2, 0, 1)[None]
        with computing(self.device, self.precision):
            features = self.network.encode_image(pixels / 255)
            context = self.network.prepare(features)
        return ImageEmbedding(features, context, image.shape[:2], self.name, image_digest(image))

    def predict(
        self,
        embedding: ImageEmbedding,
        prompt: Prompt,
        *,
        rule: str = "predicted_iou",
        subtract_background: bool = False,
    ) -> Masks:
        """Segment what the prompt points at.

        A network that was not trained with background points never sees them; they put candidates
        that contain them last, and with ``subtract_background`` their own masks are cut out.

        Args:
            embedding: From ``embed`` of the same model.
            prompt: At least one foreground point or a box, within the photo.
            rule: How candidates are ordered, see ``rank_masks_by``.
            subtract_background: Cut out the smallest mask found at each background point.

        Returns:
            Three candidates in the photo's size, best first.

        Raises:
            InvalidPrompt: Nothing to segment, or a point outside the photo.
        """
        masks = self.predict_batch(embedding, [prompt], rule=rule)[0]
        if not (subtract_background and prompt.background_points):
            return masks
        points = [Prompt.point(x, y) for x, y in prompt.background_points]
        unwanted = [m[:1].data[0] for m in self.predict_batch(embedding, points, rule="smallest")]
        data = masks.data & ~np.logical_or.reduce(unwanted)
        return Masks.from_data(data, masks.predicted_iou, masks.stability_score)

    @torch.inference_mode()
    def predict_batch(
        self, embedding: ImageEmbedding, prompts: Sequence[Prompt], *, rule: str = "predicted_iou"
    ) -> list[Masks]:
        """Segment for many prompts of one photo; equal to many ``predict`` calls, but faster.

        Raises:
            InvalidPrompt: A prompt that points at nothing or outside the photo.
        """
        clipped = [fit_prompt(prompt, embedding.image_hw) for prompt in prompts]
        if not clipped:
            return []
        tokens = [p.tokens(with_background=self.understands_background) for p in clipped]
        coords, labels = (np.stack(column) for column in zip(*tokens, strict=True))
        answers = []
        for start in range(0, len(clipped), self.batch_size):
            part = slice(start, start + self.batch_size)
            low = self.decode(embedding, coords[part], labels[part])
            answers += [
                self._finish(logits, iou, prompt, embedding.image_hw, rule)
                for logits, iou, prompt in zip(*low, clipped[part], strict=True)
            ]
        return answers

    @torch.inference_mode()
    def decode(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray | Tensor,
        point_labels: np.ndarray | Tensor,
    ) -> LowResMasks:
        """Decode queries as far as low-resolution logits, all in one go.

        Args:
            embedding: From ``embed`` of the same model.
            point_coords: (q, t, 2), t at most six, in pixels of the photo.
            point_labels: (q, t): 1 foreground, 0 background, 2 and 3 box corners, -1 padding.

        Raises:
            InvalidPrompt: The embedding is another model's.
        """
        coords, labels = self._queries(embedding, point_coords, point_labels)
        with computing(self.device, self.precision):
            logits, predicted_iou = self.network.decode_masks(
                embedding.features, embedding.context, coords, labels
            )
        return LowResMasks(logits[0], predicted_iou[0])

    @torch.inference_mode()
    def decode_if(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray | Tensor,
        point_labels: np.ndarray | Tensor,
        wanted: Callable[[Tensor], Tensor],
    ) -> tuple[LowResMasks, Tensor]:
        """Decode queries like ``decode``, but draw no mask for those of which none is wanted.

        Args:
            embedding: From ``embed`` of the same model.
            point_coords: (q, t, 2) in pixels of the photo.
            point_labels: (q, t).
            wanted: Takes predicted IoU (q, 3), gives bool (q, 3).

        Returns:
            The candidates of the k queries that have a wanted one, and their indices (k,).
        """
        coords, labels = self._queries(embedding, point_coords, point_labels)
        with computing(self.device, self.precision):
            attended = self.network.attend(embedding.features, embedding.context, coords, labels)
            kept = wanted(attended.predicted_iou).any(-1).nonzero()[:, 0]
            if len(kept) < len(attended.predicted_iou):
                attended = type(attended)(*(column[kept] for column in attended))
            logits = self.network.draw(embedding.context, attended)
        return LowResMasks(logits, attended.predicted_iou), kept

    @torch.inference_mode()
    def upscale(self, logits: Tensor, image_hw: tuple[int, int]) -> Tensor:
        """Bring logits (n, h', w') to the photo's size, interpolated as the model was trained."""
        return self.network.upscale(logits[None], image_hw)[0]

    def _queries(
        self, embedding: ImageEmbedding, coords: np.ndarray | Tensor, labels: np.ndarray | Tensor
    ) -> tuple[Tensor, Tensor]:
        if embedding.model != self.name:
            raise InvalidPrompt(
                f"the embedding was made by {embedding.model}, this is {self.name}. "
                "Embed the photo with the model that decodes it."
            )
        coords = torch.as_tensor(coords, dtype=torch.float32).to(self.device)[None]
        labels = torch.as_tensor(labels, dtype=torch.int64)
        # Padding that ends every query is left to the network, which knows how to make it cheap.
        used = (labels != -1).any(0).nonzero()
        slots = int(used[-1]) + 1 if len(used) else 0
        coords, labels = coords[:, :, :slots], labels[:, :slots].to(self.device)[None]
        return self.network.positions(coords, embedding.image_hw), labels

    def _finish(
        self,
        logits: Tensor,
        predicted_iou: Tensor,
        prompt: Prompt,
        image_hw: tuple[int, int],
        rule: str,
    ) -> Masks:
        """Turn one query's logits (3, h', w') into ranked candidates in the photo's size."""
        data = (self.upscale(logits, image_hw) >= 0).cpu().numpy()
        scores = predicted_iou.cpu().numpy(), stability_score(logits).cpu().numpy()
        masks = Masks.from_data(data, *scores)
        seen = () if self.understands_background else prompt.background_points
        order = rank_masks_by(masks, rule, box_xyxy=prompt.box_xyxy, background_points=seen)
        return masks[order]


def prompts_per_batch(image_values: int, device: str, precision: str) -> int:
    """Say how many queries, each with a copy of the image tokens, a device decodes at once."""
    size = image_values * DTYPES[precision].itemsize
    return max(1, BYTES_PER_BATCH[torch.device(device).type] // size)


def stability_score(logits: Tensor, offset: float = STABILITY_OFFSET) -> Tensor:
    """Measure how little masks (..., h, w) change when their threshold moves.

    The IoU of the masks cut at ``+offset`` and ``-offset``: 1 means sharp edges, and 0 is also
    given for a mask that is empty at both. Source: segment-anything, ``utils/amg.py``.
    """
    inner = (logits > offset).sum((-1, -2), dtype=torch.int32)
    outer = (logits > -offset).sum((-1, -2), dtype=torch.int32)
    return inner / outer.clamp(min=1)


def fit_prompt(prompt: Prompt, image_hw: tuple[int, int]) -> Prompt:
    """Check that a prompt points at something within an image; see ``Prompt.within``.

    Raises:
        InvalidPrompt: No foreground point and no box, a point outside, or a box beside the photo.
    """
    if not prompt.foreground_points and prompt.box_xyxy is None:
        raise InvalidPrompt(
            "the prompt points at nothing; give at least one foreground point or a box."
        )
    return prompt.within(image_hw)
