"""The same clicks on several models: who can be set against whom, and what came out. No gradio."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from demo import texts
from demo.engine.engine import Engine
from demo.engine.models import EXACT
from demo.handlers.requests import read_ask, text_of
from esam_core.comparison import agreement
from esam_core.errors import InvalidSettings
from esam_core.masks import RULES, Masks, rank_masks_by
from esam_core.visualize import draw_masks, draw_prompt, palette

MOST = 4
SIDE = 1000  # pictures are for looking, the longer side in pixels


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model with the rule by which it chooses among its three candidates.

    Args:
        model: Its name; with ``EXACT`` behind it in float32, whatever precision is quicker here.
        title: Its name for people.
        rule: One of ``RULES``.
    """

    model: str
    title: str
    rule: str

    @property
    def key(self) -> str:
        """Its name in menus' values."""
        return f"{self.model}/{self.rule}"

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"{self.title}, {texts.RULES[self.rule]}"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What the contestants answered to one prompt.

    Args:
        contestants: In the order asked for.
        masks: One mask each (m, h, w).
        pictures: Photo, mask and prompt of each (h', w', 3) uint8.
        iou: Agreement (m, m).
        embed_ms: Reading the photo, per contestant.
        click_ms: Answering the prompt, per contestant.
        provenances: Where each one's weights come from, and its precision.
    """

    contestants: tuple[Contestant, ...]
    masks: Masks
    pictures: tuple[np.ndarray, ...]
    iou: np.ndarray
    embed_ms: tuple[float, ...]
    click_ms: tuple[float, ...]
    provenances: tuple[str, ...]


def contestants(engine: Engine) -> list[Contestant]:
    """List every present model with every rule, models best first, then each in fp32."""
    rows = [row for row in engine.models.catalogue.rows() if row.present]
    exact = [
        Contestant(row.name + EXACT, texts.COMPARE_EXACT.format(title=row.title), RULES[0])
        for row in rows
    ]
    return [Contestant(row.name, row.title, rule) for rule in RULES for row in rows] + exact


def absent(engine: Engine) -> list[tuple[str, str]]:
    """List the models whose weights are not here, each with the command that fetches them."""
    return [(row.title, row.command) for row in engine.models.catalogue.rows() if not row.present]


def at_first(choices: list[Contestant]) -> list[str]:
    """Choose two to begin with: two models if there are, else two rules of one that disagree most.

    The candidate with the highest predicted IoU is often the largest one, too.
    """
    models = [one for one in choices if one.rule == RULES[0] and not one.model.endswith(EXACT)]
    if len(models) < 2:
        models += [choice for choice in choices if choice.rule == "smallest"]
    return [choice.key for choice in models[:2]]


def compare_prompt(engine: Engine, value: Any, keys: list[str]) -> Result:
    """Ask the chosen contestants the prompt on the canvas.

    Args:
        engine: The engine.
        value: The canvas's value, with ``token`` and ``prompt``.
        keys: Two to four keys of contestants.

    Raises:
        InvalidSettings: Fewer than two, more than four, or unknown ones.
        EsamError: No prompt, a forgotten photo, or a model that fails.
    """
    known = {one.key: one for one in contestants(engine)}
    if not 2 <= len(keys) <= MOST or any(key not in known for key in keys):
        raise InvalidSettings(texts.COMPARE_CHOOSE.format(most=MOST))
    value = value if isinstance(value, dict) else {}
    photo = engine.photo(text_of(value.get("token")) or "")
    prompt = read_ask(value, photo.image.shape[:2]).prompt
    chosen = [known[key] for key in keys]
    answers = {
        model: engine.predict(photo, prompt, model)
        for model in dict.fromkeys(one.model for one in chosen)
    }
    best = []
    for one in chosen:
        answer = answers[one.model]
        seen = answer.segmenter.understands_background
        order = rank_masks_by(
            answer.masks,
            one.rule,
            box_xyxy=prompt.box_xyxy,
            background_points=() if seen else prompt.background_points,
        )
        best.append(answer.masks[order[:1]])
    return Result(
        tuple(chosen),
        Masks.concat(best),
        tuple(
            _picture(draw_prompt(_drawn(photo.image, mask, i), prompt))
            for i, mask in enumerate(best)
        ),
        agreement(best),
        tuple(answers[one.model].embed_ms for one in chosen),
        tuple(answers[one.model].decode_ms for one in chosen),
        tuple(_provenance(answers[one.model].segmenter) for one in chosen),
    )


def as_rows(result: Result) -> list[list[str]]:
    """Return the table: per contestant its times, its score and its IoU with each other one."""
    return [
        [
            one.label,
            result.provenances[i],
            f"{result.embed_ms[i]:.0f}",
            f"{result.click_ms[i]:.0f}",
            *(f"{iou:.2f}" for iou in result.iou[i]),
        ]
        for i, one in enumerate(result.contestants)
    ]


def _provenance(segmenter: Any) -> str:
    return f"{segmenter.provenance}, {segmenter.precision}"


def _drawn(image: np.ndarray, mask: Masks, number: int) -> np.ndarray:
    return draw_masks(image, mask, colours=palette(number + 1)[-1:])


def _picture(image: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(image)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.array(picture)
