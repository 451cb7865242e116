"""A stand-in for segment-anything's ``Sam``, and its model registry."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from esam_core.errors import InvalidSettings
from esam_core.models import MODELS, load_segmenter
from esam_core.segmenter import Segmenter


class SamModel:
    """A segmenter with the few attributes of ``Sam`` that tutorials use."""

    mask_threshold = 0.0
    image_format = "RGB"

    def __init__(self, segmenter: Segmenter):
        self.segmenter = segmenter

    @property
    def device(self) -> torch.device:
        """The device the model runs on, chosen when it was loaded."""
        return torch.device(self.segmenter.device)

    def to(self, device: str | torch.device) -> "SamModel":
        """Return the model if it is already on this device.

        Raises:
            InvalidSettings: It is on another device.
        """
        if torch.device(device).type != self.device.type:
            raise InvalidSettings(
                f"the model is on {self.device}, not on {device}; load it there with "
                f"load_segmenter(..., device={str(device)!r})."
            )
        return self

    def eval(self) -> "SamModel":
        """Return the model, which is always in evaluation mode."""
        return self


class SameCoordinates:
    """Replaces segment-anything's ``ResizeLongestSide``: coordinates stay pixels of the image."""

    def apply_image(self, image: np.ndarray) -> np.ndarray:
        """Return the image (h, w, 3) unchanged; the model resizes it itself."""
        return image

    def apply_coords(self, coords: np.ndarray, original_size: tuple[int, ...]) -> np.ndarray:
        """Return points (..., 2) unchanged."""
        return coords

    def apply_boxes(self, boxes: np.ndarray, original_size: tuple[int, ...]) -> np.ndarray:
        """Return boxes (b, 4) unchanged."""
        return boxes

    def apply_coords_torch(self, coords: Tensor, original_size: tuple[int, ...]) -> Tensor:
        """Return points (..., 2) unchanged."""
        return coords

    def apply_boxes_torch(self, boxes: Tensor, original_size: tuple[int, ...]) -> Tensor:
        """Return boxes (b, 4) unchanged."""
        return boxes


def _build(name: str, checkpoint: str | None = None) -> SamModel:
    return SamModel(load_segmenter(name, weights=checkpoint))


# "default" is the best model whose weights are present, "vit_s" and "vit_t" are EfficientSAM's,
# and SAM's own sizes are SAM itself. The names in MODELS work too.
_SHORT_NAMES = {
    "default": "auto",
    "vit_h": "sam_vit_h",
    "vit_l": "sam_vit_l",
    "vit_b": "sam_vit_b",
    "vit_s": "efficient_sam_s",
    "vit_t": "efficient_sam_ti",
}
sam_model_registry: dict[str, Callable[..., SamModel]] = {
    key: partial(_build, name)
    for key, name in (_SHORT_NAMES | {name: name for name in MODELS}).items()
}
