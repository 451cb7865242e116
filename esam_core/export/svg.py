"""SVG files: one path per mask along pixel edges, for drawing programs and web pages."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.export.outlines import fill_rings, mask_outlines
from esam_core.export.xml_text import xml_attribute
from esam_core.images import MAX_PIXELS
from esam_core.masks import Masks
from esam_core.visualize.colours import Colour, hex_code, palette
from esam_core.visualize.draw import as_masks

_TAG = re.compile(r"\{.*\}")
_RING = re.compile(r"M(-?\d+),(-?\d+)((?:[hv]-?\d+)*)z")


def export_svg(
    masks: Masks | np.ndarray,
    *,
    names: Sequence[str | None] | None = None,
    colours: Sequence[Colour] | None = None,
    opacity: float = 0.6,
) -> str:
    """Encode masks as an SVG of the image's size; filling a path reproduces its mask exactly.

    Paths mean the same under both fill rules of SVG.

    Args:
        masks: Masks of one image, (n, h, w) bool.
        names: Title of each path; "mask NUMBER" where it is None. Characters that XML cannot hold
            become U+FFFD.
        colours: One (red, green, blue) per mask.
        opacity: Opacity of the fill, 0 to 1.

    Raises:
        InvalidSettings: Not one name and one colour per mask.
    """
    masks = as_masks(masks)
    colours = palette(len(masks)) if colours is None else colours
    names = [None] * len(masks) if names is None else names
    if not len(names) == len(colours) == len(masks):
        raise InvalidSettings(
            f"{len(names)} names and {len(colours)} colours for {len(masks)} masks; give one each."
        )
    height, width = masks.image_hw
    # Paths are painted largest first; data-number stores the masks' order for reading back.
    paths = [
        f'<path data-number="{i}" aria-label={_title(names[i], i)} '
        f'fill="{hex_code(colours[i])}" d="{_path(masks.data[i])}"/>\n'
        for i in np.argsort(-masks.area, kind="stable")
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" fill-rule="evenodd" fill-opacity="{opacity:g}">\n'
        f"{''.join(paths)}</svg>\n"
    )


def load_svg(text: str) -> Masks:
    """Read the masks (n, h, w) of an SVG that ``export_svg`` wrote.

    Raises:
        InvalidImage: The text is not an SVG from ``export_svg``.
    """
    try:
        root = ElementTree.fromstring(text)
        width, height = (int(float(v)) for v in root.attrib["viewBox"].split()[2:])
        if width * height > MAX_PIXELS:
            raise ValueError(f"{width} x {height} pixels; at most {MAX_PIXELS} are read")
        paths = [node for node in root if _TAG.sub("", node.tag) == "path"]
        paths.sort(key=lambda node: int(node.attrib["data-number"]))
        data = [fill_rings(_rings(node.attrib["d"]), (height, width)) for node in paths]
    except (ElementTree.ParseError, KeyError, ValueError, IndexError) as error:
        raise InvalidImage(f"this is not an SVG of export_svg ({error}).") from error
    return Masks.from_data(np.array(data, bool).reshape(-1, height, width))


def _title(name: str | None, i: int) -> str:
    return xml_attribute(f"mask {i + 1}" if name is None else name)


def _path(mask: np.ndarray) -> str:
    return "".join(_ring(ring) for outline in mask_outlines(mask) for ring in outline.rings)


def _ring(ring: np.ndarray) -> str:
    """Encode a ring (k, 2) as path commands; horizontal and vertical edges alternate."""
    steps = np.diff(ring, axis=0)
    moves = "".join(f"h{dx}" if i % 2 == 0 else f"v{dy}" for i, (dx, dy) in enumerate(steps))
    return f"M{ring[0][0]},{ring[0][1]}{moves}z"


def _rings(path: str) -> list[np.ndarray]:
    rings = []
    if _RING.sub("", path):
        raise ValueError(f"a path such as {path[:40]!r} is not one of export_svg")
    for x, y, moves in _RING.findall(path):
        corner, ring = [int(x), int(y)], [(int(x), int(y))]
        for axis, step in re.findall(r"([hv])(-?\d+)", moves):
            corner["hv".index(axis)] += int(step)
            ring.append((corner[0], corner[1]))
        rings.append(np.array(ring))
    return rings
