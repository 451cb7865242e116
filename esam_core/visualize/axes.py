"""Drawing with matplotlib: photos as images, masks and prompts as shapes that stay sharp.

Each function draws into given axes and returns what it drew, so that it can be changed afterwards.
Positions are pixels of the image, x to the right and y down, its upper left corner at (0, 0).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke

from esam_core.errors import InvalidImage
from esam_core.masks import Masks
from esam_core.prompts import PointLabel, Prompt
from esam_core.visualize.apart import stable_colours
from esam_core.visualize.colours import Colour, hex_code
from esam_core.visualize.draw import as_masks
from esam_core.visualize.markers import GREEN, RED

Container = Axes | Figure | SubFigure
OPACITY = 0.5
STAR = 0.09  # width of a star, as a share of the shorter side of its axes


def show_image(ax: Axes, image: np.ndarray) -> AxesImage:
    """Draw an image (h, w, 3) uint8 RGB that fills the axes; ticks and frame disappear."""
    height, width = image.shape[:2]
    drawn = ax.imshow(image, extent=(0, width, height, 0), aspect="equal")
    ax.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
    ax.spines[:].set_visible(False)
    return drawn


def show_masks(
    ax: Axes,
    masks: Masks | np.ndarray,
    *,
    colours: Sequence[Colour] | None = None,
    opacity: float = OPACITY,
    outline: bool = True,
) -> list[QuadContourSet]:
    """Draw masks as filled shapes, largest first, so that small ones stay visible.

    Args:
        ax: Axes that show the masks' image, see ``show_image``.
        masks: Masks of the image, (n, h, w) bool or one (h, w).
        colours: One (red, green, blue) per mask; by default ``stable_colours``.
        opacity: Of the fill: 0 is invisible, 1 hides the image.
        outline: Draw each mask's outline in its full colour.

    Returns:
        The fills, and the outlines where they are drawn, in the order of drawing.

    Raises:
        InvalidImage: Masks of a wrong shape or type, or too few colours.
    """
    masks = as_masks(masks)
    colours = stable_colours(masks) if colours is None else colours
    if len(colours) < len(masks):
        raise InvalidImage(f"{len(colours)} colours for {len(masks)} masks; give one per mask.")
    drawn: list[QuadContourSet] = []
    with _same_view(ax):
        for i in np.argsort(-masks.area, kind="stable"):
            if masks.area[i]:
                colour = hex_code(colours[i])
                x, y, field = _field(masks.data[i], masks.boxes_xyxy[i])
                drawn.append(ax.contourf(x, y, field, [0.5, 2], colors=[colour], alpha=opacity))
                if outline:
                    drawn.append(ax.contour(x, y, field, [0.5], colors=[colour], linewidths=0.7))
    return drawn


def show_points(
    ax: Axes,
    point_coords: Sequence[tuple[float, float]],
    point_labels: Sequence[int] | None = None,
    *,
    size: float | None = None,
) -> PathCollection:
    """Draw a star per point: green for foreground, red for background, with a white edge.

    Args:
        ax: Axes that show the points' image.
        point_coords: n positions (x, y) in pixels.
        point_labels: n labels, 1 foreground, 0 background; all foreground by default.
        size: Area of a star in square points, as matplotlib counts; by default it suits the axes.

    Raises:
        InvalidImage: Another number of labels than of points.
    """
    labels = [PointLabel.FOREGROUND] * len(point_coords) if point_labels is None else point_labels
    if len(labels) != len(point_coords):
        raise InvalidImage(f"{len(labels)} labels for {len(point_coords)} points; give one each.")
    if size is None:
        shorter = 72 * min(size_in_inches(ax))
        size = float(np.clip(STAR * shorter, 4.5, 11) ** 2)
    coords = np.array(point_coords, float).reshape(-1, 2)
    colours = [hex_code(GREEN if k == PointLabel.FOREGROUND else RED) for k in labels]
    with _same_view(ax):
        return ax.scatter(
            coords[:, 0],
            coords[:, 1],
            size,
            colours,
            marker="*",
            edgecolors="white",
            linewidths=0.6,
            zorder=4,
        )


def show_box(ax: Axes, box_xyxy: Sequence[float], *, colour: Colour = GREEN) -> Rectangle:
    """Draw a box (x0, y0, x1, y1) in pixels as a frame with a white edge."""
    x0, y0, x1, y1 = (float(v) for v in box_xyxy)
    frame = Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=hex_code(colour), zorder=3)
    frame.set(linewidth=0.9, joinstyle="miter")
    frame.set_path_effects([Stroke(linewidth=1.7, foreground="white"), Normal()])
    ax.add_patch(frame)
    return frame


def show_prompt(ax: Axes, prompt: Prompt) -> None:
    """Draw a prompt's box and points."""
    if prompt.box_xyxy is not None:
        show_box(ax, prompt.box_xyxy)
    if prompt.point_coords:
        show_points(ax, prompt.point_coords, prompt.point_labels)


def size_in_inches(container: Container) -> tuple[float, float]:
    """Return width and height of axes or a figure in inches.

    Raises:
        InvalidImage: The axes belong to no figure.
    """
    root = container.get_figure(root=True)
    if root is None:
        raise InvalidImage("the axes belong to no figure any more; give axes of a figure.")
    return container.bbox.width / root.dpi, container.bbox.height / root.dpi


@contextmanager
def _same_view(ax: Axes) -> Iterator[None]:
    """Keep the limits of axes that show something, which matplotlib widens for what is added."""
    view = ax.axis() if ax.has_data() else None
    yield
    if view is not None:
        ax.axis(view)


def _field(mask: np.ndarray, box_xyxy: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x and y of pixel centres, and the mask there, for its box and one pixel around it.

    The pixel around it closes the outline of a mask that ends at the image's border.
    """
    x0, y0, x1, y1 = box_xyxy.astype(int)
    part = np.pad(mask[y0:y1, x0:x1], 1).astype(np.float32)
    return np.arange(x0 - 1, x1 + 1) + 0.5, np.arange(y0 - 1, y1 + 1) + 0.5, part
