"""The rule by which the figures choose their photos, see ``eval examples``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from esam_core.evaluation.example_tasks import LARGE, RIGHT, VISIBLE, Row

COUNT = 4
OBJECTS = 3  # fewer make no scene for segment everything


@dataclass(frozen=True, slots=True)
class Rule:
    """How one figure's photos are ranked.

    Args:
        order: What the photos are ranked by, in words that complete "the four photos with".
        measure: What is averaged, in words that follow "mean".
        rank: The order as a number or numbers, the best highest.
        allowed: Whether a row may be chosen.
    """

    order: str
    measure: str
    rank: Callable[[Row], tuple[float, ...]]
    allowed: Callable[[Row], bool]


def _value(row: Row) -> tuple[float, ...]:
    return (row["value"],)


def _large(row: Row) -> bool:
    return row["share"] >= LARGE


RULES: dict[str, Rule] = {
    "fig1": Rule(
        "the highest IoU after one click in the middle of the largest object, which covers at "
        f"least {LARGE:.0%} of the photo",
        "IoU after the click",
        _value,
        _large,
    ),
    "fig2": Rule(
        f"the most boxes answered with an IoU of at least {RIGHT:g}, of the five largest objects "
        f"from {VISIBLE:.0%} of the photo on, the largest from {LARGE:.0%}; then the highest mean "
        "IoU",
        "IoU per photo",
        lambda row: (row["right"], row["value"]),
        lambda row: _large(row) and len(row["items"]) > 1,
    ),
    "fig3": Rule(
        f"the highest mean IoU of the objects from {VISIBLE:.0%} of the photo on, at least "
        f"{OBJECTS} of them and the largest from {LARGE:.0%}, each with the mask that fits it best",
        "IoU per photo",
        _value,
        lambda row: _large(row) and len(row["items"]) >= OBJECTS,
    ),
    "fig4": Rule(
        "the highest IoU of the salient masks with the one object that dominates the annotation, "
        f"which covers at least {LARGE:.0%} of the photo",
        "IoU with the dominant object",
        _value,
        _large,
    ),
    "fig5": Rule(
        f"the most islands and holes in a mask for the box of an object from {LARGE:.0%} of the "
        f"photo on, whose IoU is nevertheless at least {RIGHT:g}",
        "number of islands and holes",
        _value,
        _large,
    ),
    "fig6": Rule(
        "the highest mean IoU of the best mask for two words, the classes of objects that cover "
        f"at least {LARGE:.0%} of the photo",
        "IoU of the two words per photo",
        _value,
        lambda row: len(row["items"]) > 1,
    ),
}


def choose(figure: str, rows: list[Row], count: int = COUNT) -> list[Row]:
    """Return the best rows that a figure may show, no ``name`` twice, the best first.

    Args:
        figure: ``fig1`` to ``fig6``.
        rows: The measured photos; of equally good ones the first counts as better.
        count: How many, or fewer if there are no more.
    """
    rule, chosen = RULES[figure], []
    for row in sorted(filter(rule.allowed, rows), key=rule.rank, reverse=True):
        if row["name"] not in {other["name"] for other in chosen}:
            chosen.append(row)
    return chosen[:count]


def in_words(figure: str, count: int = COUNT) -> str:
    """Return a figure's rule as it stands in captions."""
    return f"the {count} photos with {RULES[figure].order}, no class of main object twice"


def mean_of(rows: list[Row]) -> float:
    """Return the mean value."""
    return round(float(np.mean([row["value"] for row in rows])), 4)
