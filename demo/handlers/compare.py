"""The same clicks on several models, or on several rules of one, side by side."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.engine import Engine
from demo.engine.engine import Answer
from demo.engine.models import EXACT
from demo.engine.photos import Photo
from demo.handlers.errors import Cancel, Progress, Reply, answering
from demo.handlers.models import get_command
from demo.handlers.pictures import shrunk
from demo.handlers.requests import read_request
from demo.handlers.views import photo_of
from demo.texts import compare as texts
from esam_core.comparison import agreement
from esam_core.errors import Cancelled, InvalidSettings
from esam_core.masks import RULES, Masks, rank_masks_by
from esam_core.prompts import Prompt
from esam_core.visualize import draw_masks, draw_prompt, palette

MOST = 4
SIDE = 1000  # longer side of the pictures in pixels


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model with the rule that selects one of its three candidates.

    Args:
        model: Its name, followed by ``EXACT`` to run it in float32.
        title: Its name for display.
        rule: One of ``RULES``.
    """

    model: str
    title: str
    rule: str

    @property
    def key(self) -> str:
        """The value in menus."""
        return f"{self.model}/{self.rule}"

    @property
    def label(self) -> str:
        """The label in menus and tables."""
        return f"{self.title}, {texts.RULES[self.rule]}"


@dataclass(frozen=True, slots=True, eq=False)
class CompareResult:
    """The masks of the chosen models for one prompt.

    Args:
        choices: In the order of the request.
        masks: One mask each (m, h, w), in the size of the photo.
        pictures: Photo, mask and prompt of each (h', w', 3) uint8.
        iou: Agreement (m, m).
        embed_ms: Milliseconds to encode the photo, per choice.
        click_ms: Milliseconds to decode the prompt, per choice.
        provenances: Source of the weights and precision, per choice.
    """

    choices: tuple[ModelChoice, ...]
    masks: Masks
    pictures: tuple[np.ndarray, ...]
    iou: np.ndarray
    embed_ms: tuple[float, ...]
    click_ms: tuple[float, ...]
    provenances: tuple[str, ...]


def model_choices(engine: Engine) -> list[ModelChoice]:
    """List every present model with every rule, models best first, then each in fp32."""
    present = [entry for entry in engine.models.catalogue.entries() if entry.present]
    exact = [
        ModelChoice(entry.name + EXACT, texts.EXACT.format(title=entry.title), RULES[0])
        for entry in present
    ]
    rules = [ModelChoice(entry.name, entry.title, rule) for rule in RULES for entry in present]
    return rules + exact


def absent_models(engine: Engine) -> list[tuple[str, str]]:
    """List the models without weights: a sentence, and the command that downloads them."""
    return [
        (texts.ABSENT.format(title=entry.title), get_command(entry))
        for entry in engine.models.catalogue.entries()
        if not entry.present
    ]


def first_choices(choices: list[ModelChoice]) -> list[str]:
    """Choose the initial two: two models if there are, else the two most different rules.

    The candidate with the highest predicted IoU is often also the largest.
    """
    models = [one for one in choices if one.rule == RULES[0] and not one.model.endswith(EXACT)]
    if len(models) < 2:
        models += [choice for choice in choices if choice.rule == "smallest"]
    return [choice.key for choice in models[:2]]


@answering
def find(
    engine: Engine,
    payload: Any,
    keys: list[str],
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Reply:
    """Run the chosen models on the prompt of the canvas.

    Args:
        engine: The engine.
        payload: ``token`` and ``prompt``.
        keys: Keys of two to four choices.
        progress: Called with the number of finished models and their total.
        cancel: Called before each model; returning true stops.

    Returns:
        ``labels``; ``rows`` of the table: label, weights, times, IoU with each; ``pictures``
        (h, w, 3) uint8; ``found``, one mask per choice.
    """
    photo = photo_of(engine, payload)
    prompt = read_request(payload, photo.image.shape[:2]).prompt
    result = search(engine, photo, prompt, keys, progress, cancel)
    return {
        "labels": [choice.label for choice in result.choices],
        "rows": rows_of(result),
        "pictures": list(result.pictures),
        "message": "",
        "found": result.masks,
    }


def search(
    engine: Engine,
    photo: Photo,
    prompt: Prompt,
    keys: list[str],
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> CompareResult:
    """Run the chosen models on a prompt; each model runs once for all its rules.

    Raises:
        InvalidSettings: Fewer than two, more than four, or unknown keys.
        Cancelled: ``cancel`` returned true.
        EsamError: A model cannot be loaded.
    """
    known = {one.key: one for one in model_choices(engine)}
    if not 2 <= len(keys) <= MOST or any(key not in known for key in keys):
        raise InvalidSettings(texts.CHOOSE.format(most=MOST))
    choices = [known[key] for key in keys]
    models = list(dict.fromkeys(one.model for one in choices))
    answers: dict[str, Answer] = {}
    for model in models:
        if cancel is not None and cancel():
            raise Cancelled(f"stopped after {len(answers)} of {len(models)} models, as asked.")
        answers[model] = engine.predict(photo, prompt, model)
        if progress is not None:
            progress(len(answers), len(models))
    best = [_best(answers[one.model], one.rule, prompt) for one in choices]
    return CompareResult(
        tuple(choices),
        Masks.concat(best),
        tuple(_picture(photo.image, mask, prompt, i) for i, mask in enumerate(best)),
        agreement(best),
        tuple(answers[one.model].embed_ms for one in choices),
        tuple(answers[one.model].decode_ms for one in choices),
        tuple(_provenance(answers[one.model].segmenter) for one in choices),
    )


def rows_of(result: CompareResult) -> list[list[str]]:
    """Return the table: per choice its weights, its times and its IoU with each other one."""
    return [
        [
            choice.label,
            result.provenances[i],
            f"{result.embed_ms[i]:.0f}",
            f"{result.click_ms[i]:.0f}",
            *(f"{iou:.2f}" for iou in result.iou[i]),
        ]
        for i, choice in enumerate(result.choices)
    ]


def _best(answer: Answer, rule: str, prompt: Prompt) -> Masks:
    understood = answer.segmenter.understands_background
    order = rank_masks_by(
        answer.masks,
        rule,
        box_xyxy=prompt.box_xyxy,
        background_points=() if understood else prompt.background_points,
    )
    return answer.masks[order[:1]]


def _provenance(segmenter: Any) -> str:
    return f"{segmenter.provenance}, {segmenter.precision}"


def _picture(image: np.ndarray, mask: Masks, prompt: Prompt, number: int) -> np.ndarray:
    drawn = draw_masks(image, mask, colours=palette(number + 1)[-1:])
    return shrunk(draw_prompt(drawn, prompt), SIDE)
