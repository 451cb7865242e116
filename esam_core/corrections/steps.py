"""The steps that make an object's mask: clicks, boxes and strokes of a brush."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from esam_core.errors import InvalidPrompt
from esam_core.prompts import PointLabel, Prompt
from esam_core.values import check_keys, finite_numbers, items, number, shown

MODES = ("correct", "add", "subtract")
STEP_KEYS = ("point", "label", "box_xyxy", "stroke", "radius", "mode", "choice")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a click, a box or a stroke of the brush, in pixels of the image.

    Args:
        point: A click (x, y).
        label: Of the click: 1 foreground, 0 background.
        box_xyxy: A box, any two opposite corners.
        stroke: Positions (x, y) of the brush, joined by lines.
        radius: Of the brush, in pixels.
        mode: ``correct`` predicts from all clicks so far and the mask that is shown; ``add`` and
            ``subtract`` predict from this click or box alone, and the result is united with the
            mask or cut from it. A stroke paints (``add``) or erases (``subtract``).
        choice: The candidate that the person picked after this step; None is the first one.

    Raises:
        InvalidPrompt: Not exactly one of point, box and stroke, or a value that is not allowed.
    """

    point: tuple[float, float] | None = None
    label: int = PointLabel.FOREGROUND
    box_xyxy: tuple[float, float, float, float] | None = None
    stroke: tuple[tuple[float, float], ...] = ()
    radius: float = 0.0
    mode: str = "correct"
    choice: int | None = None

    def __post_init__(self) -> None:
        stroke = tuple(_position(at) for at in items(self.stroke, "positions (x, y) of a stroke"))
        given = (self.point is not None) + (self.box_xyxy is not None) + bool(stroke)
        if given != 1:
            raise InvalidPrompt(
                f"a step has {given} of point, box_xyxy and stroke; give exactly one of them."
            )
        if self.mode not in MODES or (stroke and self.mode == "correct"):
            allowed = MODES[1:] if stroke else MODES
            raise InvalidPrompt(f"mode is {shown(self.mode)}; use one of {', '.join(allowed)}.")
        radius = number(self.radius)
        if radius is None or not 0 <= radius < math.inf or (stroke and not radius):
            raise InvalidPrompt(
                f"the radius of a stroke is {shown(self.radius)}; give a number of pixels above 0."
            )
        if self.choice is not None and self.choice not in (0, 1, 2):
            raise InvalidPrompt(f"choice is {shown(self.choice)}; use 0, 1, 2 or None.")
        if self.point is not None:  # the rules of a prompt are the rules of a step
            prompt = Prompt((self.point,), (self.label,))
            object.__setattr__(self, "point", prompt.point_coords[0])
            object.__setattr__(self, "label", prompt.point_labels[0])
        if self.box_xyxy is not None:
            object.__setattr__(self, "box_xyxy", Prompt(box_xyxy=self.box_xyxy).box_xyxy)
        object.__setattr__(self, "stroke", stroke)
        object.__setattr__(self, "radius", radius)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values that ``from_json`` reads; what has its default is left out."""
        default = asdict(Step(point=(0, 0)))
        values = {key: value for key, value in asdict(self).items() if value != default[key]}
        return values | ({"point": self.point} if self.point is not None else {})

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Step":
        """Create a step from the output of ``to_json``.

        Raises:
            InvalidPrompt: Not such a record, an unknown key, or the constructor raises it.
        """
        check_keys(record, STEP_KEYS, "a step")
        return cls(**{key: value for key, value in record.items() if value is not None})

    def within(self, image_hw: tuple[int, int]) -> "Step":
        """Return this step clipped to an image, by the rules of ``Prompt.within``.

        A stroke may leave the image.

        Raises:
            InvalidPrompt: A click or a whole box outside the image.
        """
        if self.point is not None:
            Prompt.point(*self.point).within(image_hw)
        if self.box_xyxy is None:
            return self
        return replace(self, box_xyxy=Prompt(box_xyxy=self.box_xyxy).within(image_hw).box_xyxy)


def steps_of(prompt: Prompt) -> tuple[Step, ...]:
    """Return the steps that give a prompt: its box, then its points in their order."""
    boxed = () if prompt.box_xyxy is None else (Step(box_xyxy=prompt.box_xyxy),)
    pairs = zip(prompt.point_coords, prompt.point_labels, strict=True)
    return (*boxed, *(Step(point=point, label=label) for point, label in pairs))


def stroke_mask(step: Step, image_hw: tuple[int, int]) -> np.ndarray:
    """Return the pixels (h, w) bool that a stroke's brush touches."""
    height, width = image_hw
    drawing = Image.new("1", (width, height))
    draw = ImageDraw.Draw(drawing)
    r = step.radius
    # PIL's coordinates name pixel centres, ours their corners.
    path = [(x - 0.5, y - 0.5) for x, y in step.stroke]
    for x, y in path:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=1)
    if len(path) > 1:
        draw.line(path, fill=1, width=max(1, round(2 * r)))
    return np.array(drawing)


def _position(values: Any) -> tuple[float, float]:
    position = finite_numbers(values, 2)
    if position is None:
        raise InvalidPrompt(
            f"a position of a stroke is {shown(values)}; it takes 2 finite numbers (x, y), in "
            "pixels of the photo."
        )
    return position[0], position[1]
