"""The same prompts on several models or rules: their masks, how far they agree, and their times."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from esam_core.errors import InvalidSettings
from esam_core.geometry import mask_iou
from esam_core.masks import RULES, Masks
from esam_core.models import load_segmenter
from esam_core.prompts import Prompt

if TYPE_CHECKING:
    from esam_core.segmenter import Segmenter


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The masks of m choices for p prompts on one image; a choice is a model with a rule.

    Args:
        segmenters: The model of each choice.
        rules: How each choice ranks its candidates.
        masks: The best mask per prompt of each choice, p each.
        iou: Agreement (m, m): IoU between two choices' masks, averaged over the prompts.
        embed_ms: Milliseconds to encode the image, per choice; measured once per model.
        predict_ms: Milliseconds to answer all prompts, per choice.
    """

    segmenters: "tuple[Segmenter, ...]"
    rules: tuple[str, ...]
    masks: tuple[Masks, ...]
    iou: np.ndarray
    embed_ms: tuple[float, ...]
    predict_ms: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The model's name of each choice."""
        return tuple(segmenter.name for segmenter in self.segmenters)


def compare_models(
    image: np.ndarray,
    prompts: Prompt | Sequence[Prompt],
    models: "Sequence[str | Segmenter]",
    *,
    rules: Sequence[str] = RULES[:1],
) -> Comparison:
    """Give the same prompts to several models, each with several rules.

    Args:
        image: (h, w, 3) uint8 RGB.
        prompts: One prompt or several, in pixels of the image.
        models: Names of ``MODELS``, or loaded segmenters.
        rules: How the candidates are ranked, some of ``RULES``; every model with each of them is
            one choice, a model's choices next to each other.

    Raises:
        InvalidSettings: No model, rule or prompt, or an unknown rule.
        EsamError: What loading and predicting raise.
    """
    prompts = [prompts] if isinstance(prompts, Prompt) else list(prompts)
    if not models or not prompts or not rules:
        raise InvalidSettings("a comparison needs at least one model, one rule and one prompt.")
    segmenters = [load_segmenter(m) if isinstance(m, str) else m for m in models]
    masks, embed_ms, predict_ms = [], [], []
    for segmenter in segmenters:
        started = time.perf_counter()
        embedding = segmenter.embed(image)
        embedded = time.perf_counter()
        for rule in rules:
            asked = time.perf_counter()
            answers = segmenter.predict_batch(embedding, prompts, rule=rule)
            # What was predicted is a numpy array by now, so the device has finished.
            predict_ms.append(1000 * (time.perf_counter() - asked))
            embed_ms.append(1000 * (embedded - started))
            masks.append(Masks.concat([answer[:1] for answer in answers]))
    return Comparison(
        tuple(segmenter for segmenter in segmenters for _ in rules),
        tuple(rules) * len(segmenters),
        tuple(masks),
        agreement(masks),
        tuple(embed_ms),
        tuple(predict_ms),
    )


def agreement(answers: Sequence[Masks]) -> np.ndarray:
    """Return the mean IoU (m, m) between the masks of each two of m answers to the same prompts."""
    stacks = np.stack([answer.data for answer in answers])  # (m, p, h, w)
    return np.mean([mask_iou(stacks[:, i], stacks[:, i]) for i in range(stacks.shape[1])], axis=0)
