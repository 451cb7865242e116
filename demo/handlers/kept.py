"""Masks that become objects of the page, in the size of the photo and with their scores.

A mode may work in a view that is smaller than the photo. What a visitor keeps is therefore drawn or
decoded again at the photo's size, one mask at a time, and travels beside the picture that is shown.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.engine import Engine
from demo.engine.photos import Photo
from demo.handlers.pictures import full_mask_url, mask_url, stage_size
from demo.handlers.requests import Json
from demo.handlers.views import View
from esam_core.masks import Masks
from esam_core.prompts import Prompt
from esam_core.text import PromptOrigin

if TYPE_CHECKING:
    from esam_core.everything import GridCandidates
    from esam_core.text import Proposals

SPECKS = 50  # pixels of the view: smaller holes and islands of a grid's masks are removed


def kept_mask(photo: Photo, model: str | None, seen: Masks, draw: Callable[[], np.ndarray]) -> Json:
    """Describe a mask that becomes an object.

    Args:
        photo: The photo.
        model: Name of the model that made the mask; None if it came from outside.
        seen: The one mask (1, h', w'), in the size of the view, with its scores.
        draw: Returns the mask (h, w) bool in the size of the photo; called only where ``png`` is
            smaller than the photo.

    Returns:
        ``png``, the picture for the stage; ``full`` in the size of the photo, where that is larger;
        ``model``, ``predicted_iou`` and ``stability_score``, null if unknown.
    """
    described = {
        "png": mask_url(seen.data[0]),
        "model": model,
        "predicted_iou": known(seen.predicted_iou[0]),
        "stability_score": known(seen.stability_score[0]),
    }
    height, width = photo.image.shape[:2]
    if stage_size(seen.image_hw) != (width, height):
        described["full"] = full_mask_url(draw())
    return described


def known(score: float) -> float | None:
    """Return a score as JSON can hold it; None if it is not finite."""
    return float(score) if math.isfinite(score) else None


def grid_mask(
    segmenter: Any,
    candidates: "GridCandidates",
    number: int,
    seen: np.ndarray,
    photo_hw: tuple[int, int],
) -> np.ndarray:
    """Draw a candidate, seen as a mask (h', w') of the view, in the size of the photo (h, w)."""
    from esam_core.everything import redraw

    return redraw(segmenter, candidates, number, seen, photo_hw, SPECKS)


def proposed_mask(engine: Engine, view: View, proposals: "Proposals", i: int) -> np.ndarray:
    """Return proposal ``i`` of a view as a mask (h, w) bool of the photo's size."""
    origin, candidates = proposals.origins[i], proposals.candidates
    if isinstance(origin, PromptOrigin):
        return prompt_mask(engine, view, origin.prompt, origin.choice)
    assert origin is not None and candidates is not None, "the page's grid keeps its candidates"
    seen, photo_hw = proposals.masks.data[i], view.photo.image.shape[:2]
    return grid_mask(view.segmenter, candidates, origin.number, seen, photo_hw)


def prompt_mask(engine: Engine, view: View, prompt: Prompt, choice: int) -> np.ndarray:
    """Decode a prompt on a view again: its candidate (h, w) bool in the size of the photo."""
    answer = engine.predict(view.photo, _scaled(prompt, view), view.segmenter.name)
    return answer.masks.data[choice]


def _scaled(prompt: Prompt, view: View) -> Prompt:
    """Return a prompt in pixels of the photo instead of the view."""
    height, width = view.photo.image.shape[:2]
    scale = np.array([width / view.image_hw[1], height / view.image_hw[0]])

    def move(positions: Sequence[Sequence[float]]) -> np.ndarray:
        # Rounding must not carry a point at the far edge out of the photo.
        return np.minimum(np.array(positions).reshape(-1, 2) * scale, (width, height))

    points = tuple((x, y) for x, y in move(prompt.point_coords).tolist())
    moved = Prompt(points, prompt.point_labels)
    if prompt.box_xyxy is None:
        return moved
    corners = move([prompt.box_xyxy[:2], prompt.box_xyxy[2:]])
    return moved.with_box(*corners.ravel().tolist())
