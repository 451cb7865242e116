"""The same prompts on several models: their masks, how far they agree, and how long they took."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from esam_core.errors import InvalidSettings
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.models import load_segmenter
from esam_core.prompts import Prompt

if TYPE_CHECKING:
    from esam_core.segmenter import Segmenter


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What m models answered to p prompts on one photo.

    Args:
        segmenters: The models, in the order asked for.
        masks: The best mask per prompt of each model, p each.
        iou: Agreement (m, m): IoU between two models' masks, averaged over the prompts.
        embed_ms: Milliseconds to encode the photo, per model.
        predict_ms: Milliseconds to answer all prompts, per model.
    """

    segmenters: "tuple[Segmenter, ...]"
    masks: tuple[Masks, ...]
    iou: np.ndarray
    embed_ms: tuple[float, ...]
    predict_ms: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The models' names."""
        return tuple(segmenter.name for segmenter in self.segmenters)


def compare_models(
    image: np.ndarray,
    prompts: Prompt | Sequence[Prompt],
    models: "Sequence[str | Segmenter]",
    *,
    rule: str = "predicted_iou",
) -> Comparison:
    """Give the same prompts to several models.

    Args:
        image: The photo (h, w, 3) uint8 RGB.
        prompts: One prompt or several, in pixels of the photo.
        models: Names of ``MODELS``, or loaded segmenters.
        rule: How each model's candidates are ranked.

    Raises:
        InvalidSettings: No model or no prompt.
        EsamError: What loading and predicting raise.
    """
    prompts = [prompts] if isinstance(prompts, Prompt) else list(prompts)
    if not models or not prompts:
        raise InvalidSettings("a comparison needs at least one model and one prompt.")
    segmenters = tuple(load_segmenter(m) if isinstance(m, str) else m for m in models)
    masks, embed_ms, predict_ms = [], [], []
    for segmenter in segmenters:
        started = time.perf_counter()
        embedding = segmenter.embed(image)
        embedded = time.perf_counter()
        answers = segmenter.predict_batch(embedding, prompts, rule=rule)
        # What was predicted is a numpy array by now, so the device has finished.
        embed_ms.append(1000 * (embedded - started))
        predict_ms.append(1000 * (time.perf_counter() - embedded))
        masks.append(Masks.concat([answer[:1] for answer in answers]))
    return Comparison(
        segmenters, tuple(masks), agreement(masks), tuple(embed_ms), tuple(predict_ms)
    )


def agreement(answers: Sequence[Masks]) -> np.ndarray:
    """Return the mean IoU (m, m) between the masks of each two of m answers to the same prompts."""
    stacks = np.stack([answer.data for answer in answers])  # (m, p, h, w)
    return np.mean([mask_iou(stacks[:, i], stacks[:, i]) for i in range(stacks.shape[1])], axis=0)
