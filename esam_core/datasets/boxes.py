"""The boxes of a photo, and of all photos of a detector's file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from esam_core.datasets.identities import JsonMap
from esam_core.datasets.rows import LeftOut, shown
from esam_core.errors import InvalidPrompt
from esam_core.prompts import Prompt


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The boxes of one photo, best score first.

    Args:
        boxes_xyxy: Corners (n, 4) float64 in pixels; they may extend beyond the image.
        scores: (n,) float64; NaN where the file has no score.
        category_ids: n class ids as they stand in the file, of any JSON kind.
        image_id: The photo's id as it stands in the file, of any JSON kind.
        class_names: Class names by class id.
        entries: n places in the file's list.
    """

    boxes_xyxy: np.ndarray
    scores: np.ndarray
    category_ids: tuple[Any, ...]
    image_id: Any = None
    class_names: Mapping[Any, str] = field(default_factory=JsonMap)
    entries: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.scores)

    def top(self, count: int | None) -> "Detections":
        """Return the best ``count`` boxes, or all if it is None."""
        return self.rows(range(len(self))[:count])

    @property
    def names(self) -> list[str]:
        """The class of each box; an id without a name becomes "class 17"."""
        return [
            self.class_names.get(i) or f"class {i if isinstance(i, str) else shown(i)}"
            for i in self.category_ids
        ]

    def prompts(self) -> list[Prompt]:
        """Return n box prompts in pixels, for ``Segmenter.predict_batch``."""
        return [Prompt.box(*box) for box in self.boxes_xyxy.tolist()]

    def inside(self, image_hw: tuple[int, int]) -> tuple["Detections", list[LeftOut]]:
        """Separate the boxes that lie, at least partly, in an image from those beside it.

        Args:
            image_hw: Height and width of the image in pixels.
        """
        kept, left_out = [], []
        for i, prompt in enumerate(self.prompts()):
            try:
                prompt.within(image_hw)
                kept.append(i)
            except InvalidPrompt as error:
                left_out.append(LeftOut(self.entries[i], self.image_id, str(error)))
        return self.rows(kept), left_out

    def rows(self, index: Sequence[int]) -> "Detections":
        """Return the boxes at these places."""
        index = list(index)
        return replace(
            self,
            boxes_xyxy=self.boxes_xyxy[index],
            scores=self.scores[index],
            category_ids=tuple(self.category_ids[i] for i in index),
            entries=tuple(self.entries[i] for i in index),
        )


class PhotoDetections(JsonMap[Detections]):
    """The boxes of a file by image id; a data set also has file names, by image id."""

    file_names: Mapping[Any, str] = JsonMap()
