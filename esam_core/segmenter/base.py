"""Shared parts of all segmenters: checks, batches, ranking and background points."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from esam_core.devices import DTYPES, choose_device, choose_precision
from esam_core.errors import InvalidPrompt, UnsupportedPrompt
from esam_core.images import check_rgb, image_digest
from esam_core.masks import Masks, rank_masks_by
from esam_core.modeling.cpu import free_cores
from esam_core.modeling.mask_decoder import DecoderContext
from esam_core.modeling.promptable import ImageFeatures
from esam_core.prompts import PointLabel, Prompt
from esam_core.segmenter.look import Candidates, Query, candidates
from esam_core.segmenter.mask_inputs import check_mask_inputs
from esam_core.segmenter.protocol import ImageEmbedding, LookAgain, LowResMasks
from esam_core.segmenter.queries import check_queries

STABILITY_OFFSET = 1.0  # SAM's default, in logits
# Bytes of the image tokens of all queries decoded at once. On a CPU more would not fit the cache
# (in bfloat16, this is 4 queries of EfficientSAM or 14 of the mini); on GPUs memory is the limit.
BYTES_PER_BATCH = {"cpu": 2**23, "mps": 2**27, "cuda": 2**28}


class BaseSegmenter(ABC):
    """A ``Segmenter`` without a network: subclasses encode images and decode tokens.

    Args:
        name: Name of the model in code.
        title: Name of the model in the interface and in captions.
        provenance: Where the weights come from.
        device: ``cpu``, ``cuda``, ``mps`` or ``auto``.
        precision: ``fp32``, ``bf16``, ``fp16`` or ``auto``.
        understands_background: Whether the network was trained with background points.
        understands_mask_input: Whether the network was trained to correct an earlier mask.
        quick: Whether second looks cost so little that they are always worth it.
        max_tokens: How many prompt tokens the network reads.
        image_values: Image tokens times channels; each query decodes its own copy of them.

    Raises:
        InvalidSettings: A device or precision that is not available on this machine.
    """

    network: nn.Module  # set by the subclass
    mixes_prompts = True  # whether prompts of different kinds may be decoded in one batch

    def __init__(
        self,
        *,
        name: str,
        title: str,
        provenance: str,
        device: str,
        precision: str,
        understands_background: bool,
        understands_mask_input: bool,
        quick: bool,
        max_tokens: int,
        image_values: int,
    ):
        self.name, self.title, self.provenance = name, title, provenance
        self.understands_background = understands_background
        self.understands_mask_input = understands_mask_input
        self.quick, self.max_tokens = quick, max_tokens
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        self.batch_size = prompts_per_batch(image_values, self.device, self.precision)

    @free_cores.computing()
    @torch.inference_mode()
    def embed(self, image: np.ndarray) -> ImageEmbedding:
        """Encode an image (h, w, 3) uint8 RGB; see ``Segmenter.embed``."""
        image_hw = check_rgb(image).shape[:2]
        features, context = self._encode(image)
        return ImageEmbedding(features, context, image_hw, self.name, image_digest(image), image)

    def predict(
        self,
        embedding: ImageEmbedding,
        prompt: Prompt,
        *,
        rule: str = "predicted_iou",
        subtract_background: bool = False,
        mask_input: np.ndarray | Tensor | None = None,
        look_again: LookAgain = "auto",
    ) -> Masks:
        """Segment the prompted object; see ``Segmenter.predict``.

        Background points are not passed to a network that was not trained with them. They rank
        candidates that contain them last; with ``subtract_background`` the masks found at them are
        removed from the result.
        """
        masks = self.predict_batch(
            embedding, [prompt], rule=rule, mask_inputs=[mask_input], look_again=look_again
        )[0]
        if not (subtract_background and prompt.background_points):
            return masks
        points = [Prompt.point(x, y) for x, y in prompt.background_points]
        found = self.predict_batch(embedding, points, rule="smallest", look_again=False)
        unwanted = [m[:1].data[0] for m in found]
        data = masks.data & ~np.logical_or.reduce(unwanted)
        return Masks.from_data(
            data, masks.predicted_iou, masks.stability_score, low_res_logits=masks.low_res_logits
        )

    @free_cores.computing()
    @torch.inference_mode()
    def predict_batch(
        self,
        embedding: ImageEmbedding,
        prompts: Sequence[Prompt],
        *,
        rule: str = "predicted_iou",
        mask_inputs: Sequence[np.ndarray | Tensor | None] | None = None,
        look_again: LookAgain = "auto",
    ) -> list[Masks]:
        """Segment many prompts of one image; see ``Segmenter.predict_batch``."""
        earlier = [None] * len(prompts) if mask_inputs is None else list(mask_inputs)
        checked = [
            prompt.validated(embedding.image_hw, corrects_mask=mask is not None)
            for prompt, mask in zip(prompts, earlier, strict=True)
        ]
        queries = [
            Query(
                *prompt.tokens(with_background=self.understands_background),
                None if mask is None else self._mask_logits(embedding, mask, 1)[0],
            )
            for prompt, mask in zip(checked, earlier, strict=True)
        ]
        found: dict[int, Masks] = {}
        for members in self._batches(queries):
            low = self._decode_queries(embedding, [queries[i] for i in members])
            for i, logits, iou in zip(members, *low, strict=True):
                seen = candidates(self, embedding, queries[i], logits, iou, look_again)
                found[i] = self._ranked(seen, checked[i], rule)
        return [found[i] for i in range(len(prompts))]

    @free_cores.computing()
    @torch.inference_mode()
    def decode(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray | Tensor,
        point_labels: np.ndarray | Tensor,
        mask_input: np.ndarray | Tensor | None = None,
    ) -> LowResMasks:
        """Decode queries (q, t, 2) with labels (q, t); see ``Segmenter.decode``."""
        corrects = mask_input is not None
        coords, labels = self._checked(embedding, point_coords, point_labels, corrects)
        if mask_input is None:
            return self._decode(embedding, coords, labels)
        logits = self._mask_logits(embedding, mask_input, coords.shape[1])
        return self._decode(
            embedding, coords, labels, torch.from_numpy(logits)[None].to(self.device)
        )

    @free_cores.computing()
    @torch.inference_mode()
    def decode_if(
        self,
        embedding: ImageEmbedding,
        point_coords: np.ndarray | Tensor,
        point_labels: np.ndarray | Tensor,
        wanted: Callable[[Tensor], Tensor],
    ) -> tuple[LowResMasks, Tensor]:
        """Decode the queries that have a wanted candidate; see ``Segmenter.decode_if``."""
        coords, labels = self._checked(embedding, point_coords, point_labels)
        return self._decode_if(embedding, coords, labels, wanted)

    @abstractmethod
    def low_res_hw(self, image_hw: tuple[int, int]) -> tuple[int, int]:
        """Height and width (h', w') of the low-resolution logits of an image."""

    @abstractmethod
    def upscale(self, logits: Tensor, image_hw: tuple[int, int]) -> Tensor:
        """Upscale logits (n, h', w') to the image's size (n, h, w)."""

    @abstractmethod
    def _encode(self, image: np.ndarray) -> tuple[ImageFeatures, DecoderContext | None]:
        """Encode an image (h, w, 3) uint8 RGB."""

    @abstractmethod
    def _decode(
        self,
        embedding: ImageEmbedding,
        coords: Tensor,
        labels: Tensor,
        mask_input: Tensor | None = None,
    ) -> LowResMasks:
        """Decode coords (1, q, t, 2) float32 in pixels with labels (1, q, t) int64.

        ``mask_input`` are logits (1, q, h', w'), only given to a network that understands them.
        """

    def _decode_if(
        self,
        embedding: ImageEmbedding,
        coords: Tensor,
        labels: Tensor,
        wanted: Callable[[Tensor], Tensor],
    ) -> tuple[LowResMasks, Tensor]:
        """Decode and drop unwanted queries; a network may override this to skip their masks."""
        low = self._decode(embedding, coords, labels)
        kept = wanted(low.predicted_iou).any(-1).nonzero()[:, 0]
        return LowResMasks(low.logits[kept], low.predicted_iou[kept]), kept

    def _checked(
        self,
        embedding: ImageEmbedding,
        coords: np.ndarray | Tensor,
        labels: np.ndarray | Tensor,
        corrects_mask: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Return checked coords (1, q, t, 2) and labels (1, q, t) on the device."""
        if embedding.model != self.name:
            raise InvalidPrompt(
                f"the embedding was made by {embedding.model}, this is {self.name}. "
                "Embed the image with the model that decodes it."
            )
        checked = check_queries(
            coords, labels, embedding.image_hw, corrects_mask=corrects_mask, most=self.max_tokens
        )
        points, kinds = (torch.from_numpy(array)[None].to(self.device) for array in checked)
        return points, kinds

    def _mask_logits(self, embedding: ImageEmbedding, mask_input: Any, count: int) -> np.ndarray:
        """Return the mask prompts of ``count`` queries as logits (count, h', w') float32."""
        if not self.understands_mask_input:
            raise UnsupportedPrompt(
                f"{self.title} has no mask prompt: it was trained with points and boxes only. "
                "Leave mask_input out and add points or a box, or use a model that corrects masks, "
                "such as ESAM-mini."
            )
        image_hw = embedding.image_hw
        return check_mask_inputs(mask_input, count, image_hw, self.low_res_hw(image_hw))

    def _decode_queries(self, embedding: ImageEmbedding, queries: Sequence[Query]) -> LowResMasks:
        """Decode queries of one batch: all with a mask prompt, or all without."""
        coords = np.stack([query.coords for query in queries])
        labels = np.stack([query.labels for query in queries])
        earlier = [query.mask_logits for query in queries if query.mask_logits is not None]
        return self.decode(embedding, coords, labels, np.stack(earlier) if earlier else None)

    def _batches(self, queries: Sequence[Query]) -> Iterator[list[int]]:
        """Yield the indices of queries that are decoded together."""
        kinds: dict[tuple[int, bool, bool], list[int]] = {}
        for i, query in enumerate(queries):
            boxed = bool((query.labels == PointLabel.BOX_TOP_LEFT).any())
            kind = (int((query.labels >= 0).sum()), boxed)
            kind = (0, False) if self.mixes_prompts else kind
            kinds.setdefault((*kind, query.mask_logits is not None), []).append(i)
        for members in kinds.values():
            for start in range(0, len(members), self.batch_size):
                yield members[start : start + self.batch_size]

    def _ranked(self, seen: Candidates, prompt: Prompt, rule: str) -> Masks:
        """Turn one query's candidates into ranked masks (3, h, w)."""
        masks = masks_of(seen)
        unseen = () if self.understands_background else prompt.background_points
        order = rank_masks_by(masks, rule, box_xyxy=prompt.box_xyxy, background_points=unseen)
        return masks[order]


def masks_of(seen: Candidates) -> Masks:
    """Turn candidates into masks (3, h, w) with their scores and logits, in the same order."""
    low, crop = seen.low_res_logits, None
    if seen.looked_at is not None:
        crop = np.tile(np.array(seen.looked_at, np.float32), (len(low), 1))
    return Masks.from_data(
        (seen.logits >= 0).cpu().numpy(),
        seen.predicted_iou.cpu().numpy(),
        stability_score(low).cpu().numpy(),
        crop_boxes_xyxy=crop,
        low_res_logits=low.cpu().numpy(),
    )


def prompts_per_batch(image_values: int, device: str, precision: str) -> int:
    """Return how many queries, each with a copy of the image tokens, a device decodes at once."""
    size = image_values * DTYPES[precision].itemsize
    return max(1, BYTES_PER_BATCH[torch.device(device).type] // size)


def stability_score(logits: Tensor, offset: float = STABILITY_OFFSET) -> Tensor:
    """Return the IoU of the masks thresholded at ``+offset`` and ``-offset``.

    1 means sharp edges; a mask that is empty at both thresholds scores 0. Source: segment-anything,
    ``utils/amg.py``.

    Args:
        logits: (..., h, w).
        offset: In logits.

    Returns:
        Scores (...) in [0, 1].
    """
    inner = (logits > offset).sum((-1, -2), dtype=torch.int32)
    outer = (logits > -offset).sum((-1, -2), dtype=torch.int32)
    return inner / outer.clamp(min=1)
