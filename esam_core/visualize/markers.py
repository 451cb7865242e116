"""Drawing of prompts: points as stars, boxes as frames."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from esam_core.prompts import PointLabel, Prompt
from esam_core.visualize.colours import WHITE, Colour
from esam_core.visualize.draw import line_width

GREEN: Colour = (24, 168, 68)
RED: Colour = (222, 40, 40)
SUPERSAMPLING = 4  # markers are drawn this much larger and downscaled, for smooth edges


def draw_points(
    image: np.ndarray,
    point_coords: Sequence[tuple[float, float]],
    point_labels: Sequence[int] | None = None,
    *,
    size: float | None = None,
) -> np.ndarray:
    """Draw a star per point: green for foreground, red for background, both with a white edge.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        point_coords: n positions (x, y) in pixels.
        point_labels: n labels, 1 foreground, 0 background; all foreground by default.
        size: Radius of a star in pixels.

    Returns:
        A new picture (h, w, 3) uint8.
    """
    labels = [PointLabel.FOREGROUND] * len(point_coords) if point_labels is None else point_labels
    size = max(6.0, min(image.shape[:2]) / 26) if size is None else size
    picture = Image.fromarray(image)  # a copy
    for (x, y), label in zip(point_coords, labels, strict=True):
        colour = GREEN if label == PointLabel.FOREGROUND else RED
        _stamp(picture, (x, y), size * 1.4, _star(size, colour))
    return np.array(picture)


def draw_box(
    image: np.ndarray,
    box_xyxy: Sequence[float],
    *,
    colour: Colour = GREEN,
    width: int | None = None,
) -> np.ndarray:
    """Draw a box as a frame with a thin white edge, visible on any background.

    Args:
        image: The image (h, w, 3) uint8 RGB.
        box_xyxy: Corners (x0, y0, x1, y1) in pixels.
        colour: Colour of the frame.
        width: Line width in pixels.

    Returns:
        A new picture (h, w, 3) uint8.
    """
    width = line_width(image) + 2 if width is None else width
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    x0, y0, x1, y1 = (round(float(v)) for v in box_xyxy)
    outer, inner = (x0, y0, x1 - 1, y1 - 1), (x0 + 1, y0 + 1, x1 - 2, y1 - 2)
    if min(inner[2] - inner[0], inner[3] - inner[1]) > 2 * width:
        pen.rectangle(outer, outline=WHITE, width=width + 2)
        pen.rectangle(inner, outline=colour, width=width)
    else:  # no room for two lines
        pen.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), outline=colour, width=1)
    return np.array(picture)


def draw_prompt(image: np.ndarray, prompt: Prompt) -> np.ndarray:
    """Draw a prompt's box and points on a copy of an image (h, w, 3) uint8 RGB."""
    if prompt.box_xyxy is not None:
        image = draw_box(image, prompt.box_xyxy)
    return draw_points(image, prompt.point_coords, prompt.point_labels)


def _star(size: float, colour: Colour) -> Callable[[ImageDraw.ImageDraw, np.ndarray], None]:
    angles = -np.pi / 2 + np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2, 0.42, 1.0) * size
    star = np.stack([np.cos(angles), np.sin(angles)], -1) * radii[:, None]

    def draw(pen: ImageDraw.ImageDraw, centre: np.ndarray) -> None:
        tips = [tuple(point) for point in (star * SUPERSAMPLING + centre)]
        edge = max(2, round(size * SUPERSAMPLING * 0.16))
        pen.line([*tips, *tips[:2]], fill=(*WHITE, 255), width=2 * edge, joint="curve")
        pen.polygon(tips, fill=(*colour, 255))

    return draw


def _stamp(
    picture: Image.Image,
    at: tuple[float, float],
    reach: float,
    draw: Callable[[ImageDraw.ImageDraw, np.ndarray], None],
) -> None:
    """Draw a small marker with smooth edges around a position; clipped at the border."""
    left, top = (int(np.floor(v - reach)) for v in at)
    side = int(np.ceil(2 * reach)) + 2
    patch = Image.new("RGBA", (side * SUPERSAMPLING, side * SUPERSAMPLING), (*WHITE, 0))
    draw(ImageDraw.Draw(patch), (np.array(at) - (left, top)) * SUPERSAMPLING)
    patch = patch.resize((side, side), Image.Resampling.BOX)
    picture.paste(patch, (left, top), patch)
