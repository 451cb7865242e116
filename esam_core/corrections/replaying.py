"""From the steps of an object to its mask."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from esam_core.cleanup import CleanUp, clean_up
from esam_core.corrections.keep import kept_change
from esam_core.corrections.steps import Step, stroke_mask
from esam_core.errors import InvalidPrompt
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.prompts import BOX_LABELS, PointLabel
from esam_core.segmenter.base import masks_of
from esam_core.segmenter.look import Candidates, Query, candidates, fitting_crop
from esam_core.segmenter.mask_inputs import mask_to_logits
from esam_core.segmenter.protocol import ImageEmbedding, LookAgain, Segmenter

LIKENESS = 1.0  # weight of a candidate's likeness with the shown mask beside its predicted IoU


class Memory(Protocol):
    """What ``replay`` asks of a memory; a dict is one."""

    def get(self, key: Hashable, /) -> Any:
        """Return what is kept under a key, or None."""

    def __setitem__(self, key: Hashable, value: Any, /) -> None:
        """Keep an object; its ``nbytes`` tells its size."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """An object between two steps.

    Args:
        masks: The candidates (n, h, w) of the last step, best first; empty before the first one.
        clicks: The clicks (x, y, label) that the next prediction reads.
        box_xyxy: The box that it reads.
        crop_xyxy: The crop of the last second look.
        count: How many steps there were.
    """

    masks: Masks
    clicks: tuple[tuple[float, float, int], ...] = ()
    box_xyxy: tuple[float, float, float, float] | None = None
    crop_xyxy: tuple[int, int, int, int] | None = None
    count: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes of its masks and logits."""
        low = self.masks.low_res_logits
        return self.masks.data.nbytes + (0 if low is None else low.nbytes)

    def picked(self, choice: int | None) -> "Shown":
        """Return the object with only the candidate that a person picked."""
        number = min(choice or 0, len(self.masks) - 1)
        return replace(self, masks=self.masks[number]) if len(self.masks) else self


@dataclass(frozen=True, slots=True)
class Replay:
    """What every step of a replay needs; see ``replay``."""

    segmenter: Segmenter
    embedding: ImageEmbedding
    look_again: LookAgain

    def after(self, shown: Shown, step: Step) -> Shown:
        """Return the object after one more step."""
        if step.stroke:
            return self._stroked(shown, step)
        if step.mode == "correct":
            return self._corrected(shown, step)
        return self._joined(shown, step)

    def _corrected(self, shown: Shown, step: Step) -> Shown:
        """Predict from all clicks so far and the shown mask, and keep what was right."""
        clicks, box = shown.clicks, shown.box_xyxy
        if step.point is not None:
            clicks = (*clicks, (*step.point, step.label))
        else:
            box = step.box_xyxy
        if len(shown.masks) and not self._reads(clicks, box):
            return self._joined(shown, replace(step, mode="subtract"))
        query = self._query(clicks, box, shown.masks)
        seen = self._predicted(query, shown.crop_xyxy)
        masks = masks_of(seen)
        if len(shown.masks):
            masks = self._improved(shown, step, seen, masks)
        return Shown(masks, clicks, box, seen.looked_at or shown.crop_xyxy, shown.count + 1)

    def _reads(
        self,
        clicks: tuple[tuple[float, float, int], ...],
        box_xyxy: tuple[float, float, float, float] | None,
    ) -> bool:
        """Whether the model can predict from these; one without masks needs a foreground."""
        if self.segmenter.understands_mask_input or box_xyxy is not None:
            return True
        return any(label == PointLabel.FOREGROUND for *_, label in clicks)

    def _improved(self, shown: Shown, step: Step, seen: Candidates, masks: Masks) -> Masks:
        """Rank candidates by likeness with the shown mask too, and take over what a click asks for.

        A box asks for a mask of its own, so of it everything is taken.
        """
        likeness = mask_iou(masks.data, shown.masks.data)[:, 0]
        order = np.argsort(-(masks.predicted_iou + LIKENESS * likeness), kind="stable")
        if step.point is None:
            return masks[order]
        logits = seen.logits.cpu().numpy()
        data = np.stack(
            [
                kept_change(shown.masks.data[0], logits[i], step.point, step.label, shown.count)
                for i in order
            ]
        )
        return self._masks(data, masks[order])

    def _joined(self, shown: Shown, step: Step) -> Shown:
        """Predict from this step alone, and unite with the shown mask or cut from it."""
        own = () if step.point is None else ((*step.point, int(PointLabel.FOREGROUND)),)
        query = self._query(own, step.box_xyxy, Masks.empty(self.embedding.image_hw))
        seen = self._predicted(query, None)
        masks, base = masks_of(seen), self._base(shown)
        cuts = step.mode == "subtract"
        data = base & ~masks.data if cuts else base | masks.data
        label = PointLabel.BACKGROUND if cuts else PointLabel.FOREGROUND
        clicks = tuple((x, y, int(label)) for x, y, _ in own)
        joined = self._masks(data, masks)
        return replace(shown, masks=joined, clicks=(*shown.clicks, *clicks), count=shown.count + 1)

    def _stroked(self, shown: Shown, step: Step) -> Shown:
        """Paint or erase."""
        stroke = stroke_mask(step, self.embedding.image_hw)
        base = self._base(shown)
        data = base & ~stroke if step.mode == "subtract" else base | stroke
        before = shown.masks if len(shown.masks) else Masks.from_data(data[None])
        return replace(shown, masks=self._masks(data[None], before), count=shown.count + 1)

    def _base(self, shown: Shown) -> np.ndarray:
        """Return the mask (h, w) bool that a step adds to or cuts from; empty at the beginning."""
        return shown.masks.data[0] if len(shown.masks) else np.zeros(self.embedding.image_hw, bool)

    def _masks(self, data: np.ndarray, scored: Masks) -> Masks:
        """Return edited masks (n, h, w) with the scores of those that they were made of."""
        low_hw = self.segmenter.low_res_hw(self.embedding.image_hw)
        low = mask_to_logits(data, low_hw)
        if scored.low_res_logits is not None:  # where they agree, the model's own say more
            own = scored.low_res_logits
            low = np.where((own >= 0) == (low >= 0), own, low)
        return Masks.from_data(
            data, scored.predicted_iou, scored.stability_score, low_res_logits=low
        )

    def _query(
        self,
        clicks: tuple[tuple[float, float, int], ...],
        box_xyxy: tuple[float, float, float, float] | None,
        shown: Masks,
    ) -> Query:
        """Return the tokens that the model reads: the box, then as many clicks as it can."""
        model = self.segmenter
        if not model.understands_background:
            clicks = tuple(click for click in clicks if click[2] != PointLabel.BACKGROUND)
        corrects = len(shown) > 0 and model.understands_mask_input
        clicks = fitting(clicks, model.max_tokens - (0 if box_xyxy is None else 2))
        rows = [*clicks]
        if box_xyxy is not None:
            x0, y0, x1, y1 = box_xyxy
            rows = [(x0, y0, int(BOX_LABELS[0])), (x1, y1, int(BOX_LABELS[1])), *rows]
        table = np.array(rows, np.float64).reshape(-1, 3)
        if not corrects and not (table[:, 2] >= PointLabel.FOREGROUND).any():
            raise InvalidPrompt(
                "the steps point at nothing; begin with a foreground click or a box."
            )
        mask = shown.low_res_logits[0] if corrects and shown.low_res_logits is not None else None
        return Query(table[:, :2].astype(np.float32), table[:, 2].astype(np.int64), mask)

    def _predicted(self, query: Query, crop_xyxy: tuple[int, int, int, int] | None) -> Candidates:
        mask = None if query.mask_logits is None else query.mask_logits[None]
        low = self.segmenter.decode(self.embedding, query.coords[None], query.labels[None], mask)
        look = fitting_crop(self.segmenter, self.embedding, query, crop_xyxy, self.look_again)
        return candidates(
            self.segmenter, self.embedding, query, low.logits[0], low.predicted_iou[0], look
        )


def replay(
    segmenter: Segmenter,
    embedding: ImageEmbedding,
    steps: Sequence[Step],
    *,
    mask: np.ndarray | None = None,
    look_again: LookAgain = "auto",
    cleanup: CleanUp | None = None,
    memory: Memory | None = None,
) -> Masks:
    """Return the candidates after the last step, best first.

    Args:
        segmenter: The model.
        embedding: Of the image, by this model.
        steps: Any number of steps. The first one is a foreground click, a box or a stroke, unless
            there is a mask.
        mask: A mask (h, w) bool from anywhere that the steps correct.
        look_again: As for ``Segmenter.predict``.
        cleanup: How the result is cleaned; steps see the mask before that.
        memory: Keeps the objects of earlier replays, so that one more step costs one step. Results
            never depend on it; give a mapping with a bound.

    Returns:
        Three masks (3, h, w) after a click or box, one after a stroke, and the mask itself if there
        are no steps; ``low_res_logits`` included.

    Raises:
        InvalidPrompt: No steps and no mask, a first step that points at nothing, a step outside the
            image, or a mask of another size or of nothing.
    """
    steps = [step.within(embedding.image_hw) for step in steps]
    work = Replay(segmenter, embedding, look_again)
    shown = _beginning(work, mask)
    if not steps:
        if not len(shown.masks):
            raise InvalidPrompt("there are no steps; give a click, a box, a stroke or a mask.")
        return _tidied(shown.masks, cleanup)
    memory = {} if memory is None else memory
    begun_by = None if mask is None else np.packbits(mask).tobytes()
    base = (segmenter.name, segmenter.precision, embedding.digest, look_again, begun_by)
    keys = [(*base, *steps[:i], replace(steps[i], choice=None)) for i in range(len(steps))]
    first = 0
    for i in reversed(range(len(steps))):
        known = memory.get(keys[i])
        if known is not None:
            shown, first = known, i + 1
            break
    for i in range(first, len(steps)):
        shown = work.after(shown.picked(steps[i - 1].choice if i else None), steps[i])
        memory[keys[i]] = shown
    return _tidied(shown.masks, cleanup)


def fitting(
    clicks: tuple[tuple[float, float, int], ...], most: int
) -> tuple[tuple[float, float, int], ...]:
    """Return at most so many clicks (x, y, label): the first foreground one and the last ones."""
    if len(clicks) <= most:
        return clicks
    first = next((click for click in clicks if click[2] == PointLabel.FOREGROUND), clicks[0])
    last = clicks[len(clicks) - most :]
    return last if first in last else (first, *last[1:])


def _tidied(masks: Masks, cleanup: CleanUp | None) -> Masks:
    if cleanup is None or cleanup == CleanUp():
        return masks
    data = np.stack([clean_up(mask, cleanup) for mask in masks.data])
    return Masks.from_data(
        data, masks.predicted_iou, masks.stability_score, low_res_logits=masks.low_res_logits
    )


def _beginning(work: Replay, mask: np.ndarray | None) -> Shown:
    """Return the object before the first step."""
    image_hw = work.embedding.image_hw
    if mask is None:
        return Shown(Masks.empty(image_hw))
    if mask.shape != image_hw or mask.dtype != bool or not mask.any():
        raise InvalidPrompt(
            f"the mask has the shape {mask.shape}, type {mask.dtype} and {np.count_nonzero(mask)} "
            f"pixels; give (height, width) = {image_hw} bools, at least one of them true."
        )
    return Shown(work._masks(mask[None], Masks.from_data(mask[None])))
