"""Square crops around each mask, padded and optionally with the background masked or blurred."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.images import check_rgb
from esam_core.masks import Masks

CROPS = ("masked_crop", "box_crop", "blurred_background")
BACKGROUNDS = {"white": (255, 255, 255), "black": (0, 0, 0), "mean": (124, 116, 104)}
BLUR = 1 / 16  # radius as a share of the crop's side; hides shapes but keeps colours


@dataclass(frozen=True, slots=True)
class CropSettings:
    """Which crops of a mask are encoded; their embeddings are averaged.

    Args:
        crops: Any of ``masked_crop`` (the mask's pixels only), ``box_crop`` (everything in the
            square) and ``blurred_background`` (everything outside the mask blurred).
        context: Side of the square divided by the longer side of the mask's box, 1 to 2.
        background: ``white``, ``black`` or ``mean`` (ImageNet's mean colour): fills masked pixels
            and the area outside the image.

    Raises:
        InvalidSettings: A value out of range.
    """

    crops: tuple[str, ...] = ("masked_crop",)
    context: float = 1.2
    background: str = "mean"

    def __post_init__(self) -> None:
        if not self.crops or not set(self.crops) <= set(CROPS):
            raise InvalidSettings(f"crops is {self.crops}; use some of {', '.join(CROPS)}.")
        if not 1 <= self.context <= 2:
            raise InvalidSettings(f"context is {self.context}; give a number from 1 to 2.")
        if self.background not in BACKGROUNDS:
            raise InvalidSettings(
                f"background {self.background!r} is unknown; use one of {', '.join(BACKGROUNDS)}."
            )


def region_crops(
    image: np.ndarray, masks: Masks, size: int, settings: CropSettings | None = None
) -> Iterator[np.ndarray]:
    """Yield the c crops (c, size, size, 3) uint8 RGB of each mask in turn.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        masks: Masks of the image (n, h, w); an empty one gives a crop of plain background.
        size: Side of the crops in pixels.
        settings: Which crops to make.

    Raises:
        InvalidImage: Image and masks differ in size.
    """
    settings = settings or CropSettings()
    if check_rgb(image).shape[:2] != masks.image_hw:
        raise InvalidImage(
            f"the image is {image.shape[:2]}, the masks are {masks.image_hw} (height, width); they "
            "must be of the same image."
        )
    for mask, box in zip(masks.data, masks.boxes_xyxy, strict=True):
        yield _crops(image, mask, _square(box, settings.context), size, settings)


def _crops(
    image: np.ndarray, mask: np.ndarray, square: tuple[int, int, int], size: int, s: CropSettings
) -> np.ndarray:
    colour = BACKGROUNDS[s.background]
    around = _cut(image, square, size, colour)
    inside = _cut(mask.astype(np.uint8) * 255, square, size, 0)
    backgrounds = {
        "masked_crop": lambda: Image.new("RGB", around.size, colour),
        "blurred_background": lambda: around.filter(ImageFilter.GaussianBlur(size * BLUR)),
    }
    return np.stack(
        [
            np.asarray(
                around if c == "box_crop" else Image.composite(around, backgrounds[c](), inside)
            )
            for c in s.crops
        ]
    )


def _square(box: np.ndarray, context: float) -> tuple[int, int, int]:
    """Return a square (left, top, side) in whole pixels, centred on a box (4,)."""
    x0, y0, x1, y1 = (float(value) for value in box)
    side = max(1, round(max(x1 - x0, y1 - y0) * context))
    return round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2), side


def _cut(
    pixels: np.ndarray, square: tuple[int, int, int], size: int, fill: tuple[int, ...] | int
) -> Image.Image:
    """Crop a square from (h, w) or (h, w, 3), pad it outside the image, and resize it."""
    left, top, side = square
    x, y = max(left, 0), max(top, 0)
    part = pixels[y : top + side, x : left + side]
    canvas = Image.new("L" if pixels.ndim == 2 else "RGB", (side, side), fill)
    canvas.paste(Image.fromarray(np.ascontiguousarray(part)), (x - left, y - top))
    return canvas.resize((size, size), Image.Resampling.BICUBIC)
