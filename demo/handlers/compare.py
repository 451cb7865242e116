"""The same clicks on several models, or on one in several ways."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from demo.engine import Engine
from demo.engine.catalogue import ModelEntry
from demo.engine.engine import Answer
from demo.engine.models import EXACT
from demo.engine.photos import Photo
from demo.handlers import points, tasks
from demo.handlers.errors import Cancel, Reply, answering
from demo.handlers.models import get_command
from demo.handlers.pictures import mask_url
from demo.handlers.requests import Json, Request, read_request, token_of, values_of
from demo.handlers.views import photo_of
from demo.texts import compare as texts
from demo.texts import errors
from esam_core.comparison import agreement
from esam_core.errors import Cancelled, EsamError, InvalidSettings
from esam_core.masks import RULES, Masks, rank_masks_by
from esam_core.prompts import Prompt

log = logging.getLogger(__name__)

TASK = "compare"
MOST = 4
LOOKS: dict[str, bool] = {"second_look": True, "single_look": False}
IN_FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class Choice:
    """A model in one of the ways to use it.

    Args:
        model: Its name.
        title: Its name for display.
        variant: One of ``RULES``, which selects the candidate; of ``LOOKS``; or ``fp32``.
        command: What downloads the model's weights, if they are not on this machine.
    """

    model: str
    title: str
    variant: str
    command: str = ""

    @property
    def key(self) -> str:
        """The value in menus and requests."""
        return f"{self.model}/{self.variant}"

    @property
    def label(self) -> str:
        """The name in tables and captions."""
        return f"{self.title}, {texts.VARIANTS[self.variant]}"

    @property
    def loaded_as(self) -> str:
        """The name under which the engine loads the model."""
        return self.model + EXACT if self.variant == IN_FP32 else self.model

    @property
    def rule(self) -> str:
        """What selects one of the three candidates."""
        return self.variant if self.variant in RULES else RULES[0]

    @property
    def look_again(self) -> bool | Literal["auto"]:
        """Whether the model takes second looks."""
        return LOOKS.get(self.variant, "auto")


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What a choice answered.

    Args:
        choice: The model and the way to use it.
        masks: The best mask (1, h, w) in the size of the photo, with its scores; None if it failed.
        answer: Model and times.
        error: Why it failed, and what to do.
    """

    choice: Choice
    masks: Masks | None = None
    answer: Answer | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CompareResult:
    """The answers of the choices to one prompt, in the order of the request.

    Args:
        answers: One for each choice.
        iou: (m, m) float: IoU between the masks of two choices, NaN where one failed.
    """

    answers: tuple[Compared, ...]
    iou: np.ndarray


def choices(engine: Engine) -> list[Choice]:
    """List every model in every way to use it, the models best first."""
    return [
        Choice(entry.name, entry.title, variant, "" if entry.present else get_command(entry))
        for entry in _entries(engine)
        for variant in texts.VARIANTS
    ]


def first_choices(known: Sequence[Choice]) -> list[str]:
    """Choose the initial two: two models if there are, else one with and without second look."""
    present = [one for one in known if not one.command]
    models = [one.key for one in present if one.variant == RULES[0]]
    looks = [one.key for one in present if one.variant in LOOKS]
    return models[:2] if len(models) > 1 else looks[:2]


@answering
def listed(engine: Engine, payload: Any) -> Reply:
    """List what can be compared.

    Returns:
        ``choices``, each with ``key``, ``title`` of the model, ``label`` with the way to use
        it, and whether the model is ``present``; ``first``, the keys to begin with; ``most``.
    """
    known = choices(engine)
    rows = [
        {
            "key": one.key,
            "title": one.title,
            "label": one.label,
            "present": not one.command,
        }
        for one in known
    ]
    return {"choices": rows, "first": first_choices(known), "most": MOST}


@answering
def compare(engine: Engine, payload: Any) -> Reply:
    """Let every choice answer the prompt of the canvas.

    Args:
        engine: The engine.
        payload: ``token``, ``keys`` of two to four choices, and the values of ``read_request``.

    Returns:
        ``answers``, one for each key in its order: ``key``, ``label``, and either ``png``,
        ``weights``, ``predicted_iou``, ``embed_ms``, ``click_ms``, ``note`` and ``iou`` with each
        answer (null for one that failed), or ``error`` and ``command``.
    """
    photo = photo_of(engine, payload)
    stopped = engine.tasks.begin(photo.token, TASK)
    try:
        request = read_request(payload, photo.image.shape[:2])
        result = search(
            engine, photo, request, shown_prompt(payload), keys_of(payload), stopped.is_set
        )
    finally:
        engine.tasks.end(photo.token, TASK, stopped)
    return {"answers": [_described(result, i) for i in range(len(result.answers))]}


@answering
def stop(engine: Engine, payload: Any) -> Reply:
    """Stop the comparison on a photo before its next model."""
    tasks.stop(engine, {"token": token_of(payload)}, TASK)
    return {}


def search(
    engine: Engine,
    photo: Photo,
    request: Request,
    prompt: Prompt,
    keys: Sequence[str],
    cancel: Cancel | None = None,
) -> CompareResult:
    """Let every choice answer a request; what chooses in one model's answer shares it.

    Args:
        engine: The engine.
        photo: The photo.
        request: What was asked for; its model and second look are those of the choices.
        prompt: Its clicks and its box, by which candidates are chosen.
        keys: Keys of two to four choices.
        cancel: Called before each model; returning true stops.

    Raises:
        InvalidSettings: Fewer than two or more than four keys.
        Cancelled: ``cancel`` returned true.
    """
    if not 2 <= len(keys) <= MOST:
        raise InvalidSettings(texts.CHOOSE.format(most=MOST))
    known = {one.key: one for one in choices(engine)}
    runs: dict[tuple[str, object], Answer | str] = {}
    answers = []
    for key in keys:
        choice = known.get(key)
        if choice is None:
            answers.append(_unknown(key))
            continue
        if choice.command:
            answers.append(Compared(choice, error=texts.ABSENT))
            continue
        run = (choice.loaded_as, choice.look_again)
        if run not in runs:
            if cancel is not None and cancel():
                raise Cancelled(f"stopped after {len(answers)} of {len(keys)} answers, as asked.")
            runs[run] = _run(engine, photo, request, choice)
        answer = runs[run]
        answers.append(
            Compared(choice, error=answer)
            if isinstance(answer, str)
            else Compared(choice, _best(answer, choice.rule, prompt), answer)
        )
    return CompareResult(tuple(answers), _agreement(answers))


def keys_of(payload: object) -> list[str]:
    """Return the keys of a payload.

    Raises:
        InvalidSettings: No list of texts.
    """
    keys = values_of(payload).get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise InvalidSettings(texts.CHOOSE.format(most=MOST))
    return keys


def shown_prompt(payload: object) -> Prompt:
    """Return the clicks and the box of a payload, as they are drawn: any number of clicks.

    Raises:
        InvalidPrompt: No such prompt.
    """
    return Prompt.from_json(values_of(payload).get("prompt") or {})


def _entries(engine: Engine) -> list[ModelEntry]:
    return engine.models.catalogue.entries()


def _unknown(key: str) -> Compared:
    shown = key[:80]
    return Compared(Choice(shown, shown, RULES[0]), error=texts.UNKNOWN.format(key=shown))


def _run(engine: Engine, photo: Photo, request: Request, choice: Choice) -> Answer | str:
    """Return a model's answer, or why there is none: the other models answer all the same."""
    look = choice.look_again
    correction = request.correction and replace(request.correction, look_again=look)
    asked = replace(request, correction=correction, model=choice.loaded_as, look_again=look)
    try:
        return points.search(engine, photo, asked)
    except EsamError as error:
        return str(error)
    except Exception:  # such as too little memory for one of the models
        log.exception("%s failed in a comparison", choice.key)
        return errors.UNEXPECTED


def _best(answer: Answer, rule: str, prompt: Prompt) -> Masks:
    understood = answer.segmenter.understands_background
    order = rank_masks_by(
        answer.masks,
        rule,
        box_xyxy=prompt.box_xyxy,
        background_points=() if understood else prompt.background_points,
    )
    return answer.masks[order[:1]]


def _note(choice: Choice, masks: Masks) -> str:
    looked = masks.crop_boxes_xyxy is not None
    return texts.NO_LOOK if choice.look_again is True and not looked else ""


def _agreement(answers: Sequence[Compared]) -> np.ndarray:
    iou = np.full((len(answers), len(answers)), np.nan)
    standing = [i for i, one in enumerate(answers) if one.masks is not None]
    masks = [one.masks for one in answers if one.masks is not None]
    if masks:
        iou[np.ix_(standing, standing)] = agreement(masks)
    return iou


def _described(result: CompareResult, i: int) -> Json:
    one = result.answers[i]
    about: Json = {"key": one.choice.key, "label": one.choice.label}
    if one.masks is None or one.answer is None:
        return {**about, "error": one.error, "command": one.choice.command}
    segmenter = one.answer.segmenter
    return {
        **about,
        "png": mask_url(one.masks.data[0]),
        "weights": f"{segmenter.provenance}, {segmenter.precision}",
        "predicted_iou": float(one.masks.predicted_iou[0]),
        "embed_ms": one.answer.embed_ms,
        "click_ms": one.answer.decode_ms,
        "note": _note(one.choice, one.masks),
        "iou": [None if np.isnan(iou) else float(iou) for iou in result.iou[i]],
    }
