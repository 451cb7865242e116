"""Comparison of models and ranking rules on the same prompts: masks, agreement and times."""

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
    """The masks of m choices for p prompts on one image; a choice is a model and a rule.

    Args:
        segmenters: The model of each choice.
        rules: How each choice ranks its candidates.
        masks: The best masks (p, h, w) of each choice, one per prompt.
        iou: (m, m) float32: IoU between the masks of two choices, averaged over the prompts.
        embed_ms: Milliseconds to encode the image, per choice; measured once per model.
        predict_ms: Milliseconds to decode all prompts, per choice.
    """

    segmenters: "tuple[Segmenter, ...]"
    rules: tuple[str, ...]
    masks: tuple[Masks, ...]
    iou: np.ndarray
    embed_ms: tuple[float, ...]
    predict_ms: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each choice's model."""
        return tuple(segmenter.name for segmenter in self.segmenters)


def compare_models(
    image: np.ndarray,
    prompts: Prompt | Sequence[Prompt],
    models: "Sequence[str | Segmenter]",
    *,
    rules: Sequence[str] = RULES[:1],
) -> Comparison:
    """Run the same prompts on several models, each with several rules.

    Args:
        image: (h, w, 3) uint8 RGB.
        prompts: One prompt or several, in pixels of the image.
        models: Names of ``MODELS``, or loaded segmenters.
        rules: Ranking rules from ``RULES``. Each pair of model and rule is one choice, grouped by
            model.

    Raises:
        InvalidSettings: No model, rule or prompt, or an unknown rule.
        EsamError: Any error of loading a model or predicting.
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
            # The masks are numpy arrays, so the device has finished.
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
    """Return the mean IoU (m, m) between each two of m choices, given p masks (p, h, w) of each."""
    stacks = np.stack([answer.data for answer in answers])  # (m, p, h, w)
    return np.mean([mask_iou(stacks[:, i], stacks[:, i]) for i in range(stacks.shape[1])], axis=0)
