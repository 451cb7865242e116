"""The rule by which the figures choose their photos, see ``eval examples``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from esam_core.evaluation.example_tasks import LARGE, RIGHT, SCENE, VISIBLE, Row
from esam_core.evaluation.scenes import GOOD_IOU

COUNT = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """How one figure's photos are ranked.

    Args:
        order: What the photos are ranked by, in words that complete "the four with".
        measure: What is averaged, in words that follow "mean".
        rank: The order as a number or numbers, the best highest.
        allowed: Whether a row may be chosen.
    """

    order: str
    measure: str
    rank: Callable[[Row], tuple[float, ...]]
    allowed: Callable[[Row], bool]


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _value(row: Row) -> tuple[float, ...]:
    return (row["value"],)


def _large(row: Row) -> bool:
    return row["share"] >= LARGE


RULES: dict[str, Rule] = {
    "fig1": Rule(
        "the highest IoU after a click in the middle of the largest object",
        "IoU after the click",
        _value,
        _large,
    ),
    "fig2": Rule(
        f"the most boxes answered with an IoU from {RIGHT:g} on, then the highest mean IoU (boxes "
        f"of the five largest objects from {_percent(VISIBLE)} of the photo on)",
        "IoU per photo",
        lambda row: (row["right"], row["value"]),
        lambda row: _large(row) and len(row["items"]) > 1,
    ),
    "fig3": Rule(
        f"the highest mean IoU of the objects from {_percent(VISIBLE)} of the photo on, at least "
        f"{SCENE}, with the mask that fits each best",
        "IoU per photo",
        _value,
        _large,
    ),
    "fig4": Rule(
        "the highest IoU of the salient masks with the one object that dominates the annotation",
        "IoU with the dominant object",
        _value,
        _large,
    ),
    "fig5": Rule(
        f"the most islands and holes in a mask whose IoU is nevertheless at least {RIGHT:g}, for "
        "the box of an object up to half of the photo",
        "number of islands and holes",
        _value,
        _large,
    ),
    "fig6": Rule(
        f"the most of two words found with an IoU over {GOOD_IOU:g}, then the highest mean IoU "
        "(words are classes in the photo)",
        "IoU of the two words per photo",
        lambda row: (row["right"], row["value"]),
        lambda row: _large(row) and len(row["items"]) > 1,
    ),
}


def choose(figure: str, rows: list[Row], count: int = COUNT) -> list[Row]:
    """Return the best rows that a figure may show, no ``name`` twice, the best first.

    Args:
        figure: ``fig1`` to ``fig6``.
        rows: The measured photos; of equally good ones the first counts as better.
        count: How many, or fewer if there are no more.
    """
    rule = RULES[figure]
    chosen: list[Row] = []
    for row in sorted(filter(rule.allowed, rows), key=rule.rank, reverse=True):
        if row["name"] not in {other["name"] for other in chosen}:
            chosen.append(row)
    return chosen[:count]


def in_words(figure: str, count: int = COUNT) -> str:
    """Return a figure's rule as it stands in captions."""
    return (
        f"the {count} with {RULES[figure].order}; the main object covers at least "
        f"{_percent(LARGE)} of the photo, and its class comes only once"
    )


def mean_of(rows: list[Row]) -> float:
    """Return the mean value."""
    return round(float(np.mean([row["value"] for row in rows])), 4)
