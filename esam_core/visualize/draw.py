"""Drawing of masks, heat maps and cut-outs."""

from collections.abc import Sequence

import numpy as np

from esam_core.errors import InvalidImage
from esam_core.masks import Masks
from esam_core.visualize.apart import stable_colours
from esam_core.visualize.colours import WHITE, Colour, heat_ramp


def draw_masks(
    image: np.ndarray,
    masks: Masks | np.ndarray,
    *,
    colours: Sequence[Colour] | None = None,
    opacity: float = 0.55,
    outline: bool = True,
) -> np.ndarray:
    """Draw masks over an image, largest first, so that small ones stay visible.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        masks: Masks of the image, (n, h, w) bool or one (h, w).
        colours: One (red, green, blue) per mask; by default ``stable_colours``.
        opacity: 0 shows the image, 1 hides it under the masks.
        outline: Draw each mask's outline in its full colour.

    Returns:
        A new picture (h, w, 3) uint8.

    Raises:
        InvalidImage: Masks of another size than the image, or too few colours.
    """
    masks = as_masks(masks)
    check_same_size(image, masks.image_hw)
    colours = stable_colours(masks) if colours is None else colours
    if len(colours) < len(masks):
        raise InvalidImage(f"{len(colours)} colours for {len(masks)} masks; give one per mask.")
    picture = image.copy()
    thickness = line_width(image)
    for i in np.argsort(-masks.area, kind="stable"):
        x0, y0, x1, y1 = masks.boxes_xyxy[i].astype(int)
        # Only the mask's box is processed, so hundreds of small masks are cheap.
        mask, part = masks.data[i, y0:y1, x0:x1], picture[y0:y1, x0:x1]
        colour = np.array(colours[i], np.float32)
        part[mask] = (part[mask] * (1 - opacity) + colour * opacity).round()
        if outline:
            part[mask & ~_shrink(mask, thickness)] = colours[i]
    return picture


def draw_heat(image: np.ndarray, heat: np.ndarray, *, opacity: float = 0.75) -> np.ndarray:
    """Draw a heat map over an image; cold areas are transparent.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        heat: Map (h, w) of values in [0, 1]; NaN counts as 0.
        opacity: Opacity of the hottest areas.

    Returns:
        A new picture (h, w, 3) uint8.

    Raises:
        InvalidImage: A map of another size than the image.
    """
    check_same_size(image, heat.shape)
    heat = np.clip(np.nan_to_num(heat), 0, 1)[..., None]
    colours = heat_ramp(heat[..., 0])
    weight = opacity * np.minimum(1, 2 * heat)
    return (image * (1 - weight) + colours * weight).round().astype(np.uint8)


def cutout(image: np.ndarray, mask: np.ndarray, *, background: Colour = WHITE) -> np.ndarray:
    """Replace the part of an image outside a mask by one colour.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        mask: (h, w) bool.
        background: Colour of the part outside.

    Returns:
        A new picture (h, w, 3) uint8.

    Raises:
        InvalidImage: A mask of another size than the image.
    """
    check_same_size(image, mask.shape)
    return np.where(mask[..., None], image, np.array(background, np.uint8))


def as_masks(masks: Masks | np.ndarray) -> Masks:
    """Convert a bool array (n, h, w) or (h, w) to ``Masks``; ``Masks`` are returned unchanged.

    Raises:
        InvalidImage: Wrong shape or type.
    """
    if isinstance(masks, Masks):
        return masks
    data = masks[None] if masks.ndim == 2 else masks
    if data.ndim != 3 or data.dtype != bool:
        raise InvalidImage(
            f"masks must be (n, height, width) bool, got {masks.shape} {masks.dtype}."
        )
    return Masks.from_data(data)


def check_same_size(image: np.ndarray, image_hw: tuple[int, ...]) -> None:
    """Check that a mask or a map has the image's size.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        image_hw: Height and width of the mask or map.

    Raises:
        InvalidImage: The sizes differ, or the image is not (h, w, 3) uint8.
    """
    if image.dtype != np.uint8 or image.shape != (*image_hw, 3):
        raise InvalidImage(
            f"the image is {image.shape} {image.dtype}, what is drawn on it {tuple(image_hw)}; "
            "give a (height, width, 3) uint8 image and masks of the same height and width."
        )


def line_width(image: np.ndarray) -> int:
    """Return a line width that suits an image (h, w, 3), in pixels."""
    return max(1, round(min(image.shape[:2]) / 300))


def _shrink(mask: np.ndarray, by: int) -> np.ndarray:
    """Erode a mask (h, w) by ``by`` pixels; the area outside the array counts as background.

    scipy.ndimage.binary_erosion gives the same result but is ten times slower at 640 x 640.
    """
    inner = np.pad(mask, 1)
    for _ in range(by):
        core = inner[1:-1, 1:-1]
        core = core & inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
        inner = np.pad(core, 1)
    return inner[1:-1, 1:-1]
