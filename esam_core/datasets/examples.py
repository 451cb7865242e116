"""The examples of the figures: which photos, objects and words, and how well they were answered.

``assets/examples.json`` holds them; ``python -m esam_core eval examples --choice FILE`` makes it
and says by which rule.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from esam_core.bundled import asset
from esam_core.errors import InvalidSettings


@dataclass(frozen=True, slots=True)
class ExampleItem:
    """One prompt of an example and its answer.

    Args:
        name: The object's class, or the word.
        iou: IoU of the mask with the annotation; None for a word whose thing is not in the photo.
        object_id: The object's id in the photo's id map; None for a word.
        share: The object's area as a share of the photo; None for a word.
        point_xy: The click in pixels, if one was the prompt.
        box_xyxy: The box in pixels, if one was the prompt.
        islands: Pieces of the mask beside its largest, if they were counted.
        holes: Holes of the mask, if they were counted.
        score: Score of the mask for the word, between 0 and 1.
        found: Whether the score reaches the encoder's threshold.
    """

    name: str
    iou: float | None = None
    object_id: int | None = None
    share: float | None = None
    point_xy: tuple[float, float] | None = None
    box_xyxy: tuple[float, float, float, float] | None = None
    islands: int | None = None
    holes: int | None = None
    score: float | None = None
    found: bool | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One photo of a figure.

    Args:
        photo: Its number, such as ``285``.
        name: The class that counts once per figure: of its largest or its chosen object.
        value: What the photo was ranked by, see ``Examples.measure``.
        items: Its prompts.
    """

    photo: str
    name: str
    value: float
    items: tuple[ExampleItem, ...]


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of a figure.

    Args:
        figure: Such as ``fig1``.
        rule: By which they were chosen, in words.
        measure: What ``mean`` and ``mean_all`` average, in words.
        mean: Mean over the chosen photos.
        mean_all: Mean over all photos that could be measured.
        count_all: How many those are.
        chosen: The photos, the best first.
        model: Title of the model that they were chosen with.
        provenance: Where its weights came from.
    """

    figure: str
    rule: str
    measure: str
    mean: float
    mean_all: float
    count_all: int
    chosen: tuple[Example, ...]
    model: str
    provenance: str

    @property
    def photos(self) -> tuple[str, ...]:
        """The numbers of the photos."""
        return tuple(example.photo for example in self.chosen)

    @property
    def sentence(self) -> str:
        """How the photos were chosen, and how far they are better than all, for a caption."""
        digits = 2 if self.mean_all < 1 else 1
        means = [f"{mean:.{digits}f}".removeprefix("0") for mean in (self.mean, self.mean_all)]
        return (
            f"Photos: {self.rule}, measured with {self.model} ({self.provenance}). Mean "
            f"{self.measure}: {means[0]} here, {means[1]} over all {self.count_all} photos that "
            "can be measured."
        )


def examples(figure: str, path: Path | None = None) -> Examples:
    """Read the examples of a figure.

    Args:
        figure: ``fig1`` to ``fig6``.
        path: Output of ``eval examples --choice``; default is the file that comes along.

    Raises:
        InvalidSettings: The file holds no such figure, or is no such file.
    """
    path = asset("examples.json") if path is None else path
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        figures = record["figures"]
        if figure in figures:
            return _examples(figure, record)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InvalidSettings(
            f"{path} cannot be read as examples: {type(error).__name__}: {error}. Make it with "
            "python -m esam_core eval examples --choice FILE."
        ) from error
    raise InvalidSettings(f"{path} has no examples for {figure!r}; it has {', '.join(figures)}.")


def _examples(figure: str, record: dict[str, Any]) -> Examples:
    found = record["figures"][figure]
    chosen = tuple(
        Example(row["photo"], row["name"], row["value"], tuple(map(_item, row["items"])))
        for row in found["examples"]
    )
    return Examples(
        figure,
        found["rule"],
        found["measure"],
        found["mean"],
        found["mean_all"],
        found["count_all"],
        chosen,
        record["model"],
        record["provenance"],
    )


def _item(record: dict[str, Any]) -> ExampleItem:
    known = {field.name for field in fields(ExampleItem)}
    values = {name: value for name, value in record.items() if name in known}
    corners = {name: tuple(values[name]) for name in ("point_xy", "box_xyxy") if values.get(name)}
    return ExampleItem(**(values | corners))
