"""What Everything found in a photo: all candidates, and the masks that are visible now."""

from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TYPE_CHECKING

import numpy as np

from esam_core.masks import Masks

if TYPE_CHECKING:
    from esam_core.everything import GridCandidates, Selection

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class ShownMask:
    """A visible mask.

    Args:
        bits: The mask within its box, in the size of the view, packed.
        box_xyxy: Its box in pixels of the view.
        number: Index of its candidate.
    """

    bits: bytes
    box_xyxy: Box
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class EverythingResult:
    """The candidates of a grid, and the masks that are visible now.

    Args:
        key: Model, grid and image size of the search.
        candidates: All candidates, before filtering.
        shown: Identifier of the visible set, new after every change.
        masks: The visible masks.
    """

    key: tuple[object, ...]
    candidates: "GridCandidates"
    shown: str = ""
    masks: tuple[ShownMask, ...] = ()

    @property
    def nbytes(self) -> int:
        """Size of candidates and masks in memory."""
        return self.candidates.nbytes + sum(len(mask.bits) for mask in self.masks)

    def showing(self, selection: "Selection") -> "EverythingResult":
        """Return the result with other visible masks, of the same candidates."""
        rows = zip(
            selection.masks.data,
            selection.masks.boxes_xyxy.astype(int).tolist(),
            selection.numbers.tolist(),
            strict=True,
        )
        masks = tuple(
            ShownMask(np.packbits(mask[y0:y1, x0:x1]).tobytes(), (x0, y0, x1, y1), number)
            for mask, (x0, y0, x1, y1), number in rows
        )
        return replace(self, shown=token_hex(8), masks=masks)

    def mask(self, i: int) -> Masks:
        """Unpack a visible mask: one mask (1, h, w) in the size of the view, with its scores."""
        shown, (height, width) = self.masks[i], self.candidates.image_hw
        x0, y0, x1, y1 = shown.box_xyxy
        mask = np.zeros((1, height, width), bool)
        bits = np.frombuffer(shown.bits, np.uint8)
        part = np.unpackbits(bits, count=(y1 - y0) * (x1 - x0))
        mask[0, y0:y1, x0:x1] = part.reshape(y1 - y0, x1 - x0).astype(bool)
        at = slice(shown.number, shown.number + 1)
        return Masks.from_data(
            mask, self.candidates.predicted_iou[at], self.candidates.stability_score[at]
        )
