"""Colours for masks side by side: masks that touch never get colours that look alike."""

from collections.abc import Sequence

import numpy as np

from esam_core.masks import Masks
from esam_core.visualize.colours import Colour

# No two are nearer than LEAST_APART in CIELAB, and none is near black, white or grey.
APART: tuple[Colour, ...] = (
    (20, 104, 236),
    (248, 140, 20),
    (32, 164, 20),
    (248, 20, 104),
    (20, 236, 248),
    (236, 224, 44),
    (200, 20, 164),
    (176, 236, 164),
    (176, 92, 68),
    (104, 176, 248),
    (248, 164, 224),
    (116, 116, 20),
)
LEAST_APART = 45.0  # CIELAB distance (CIE76); from about 2.3 on a difference can be seen at all
CELLS = 24  # a mask's first choice depends on which of 24 x 24 cells of the image its centre is in
REACH = 1 / 300  # masks with a narrower gap than this share of the longer side touch each other


def stable_colours(masks: Masks) -> list[Colour]:
    """Return one colour of ``APART`` per mask; masks that touch in the label map get other ones.

    A mask takes the colour that follows from its place and size, unless an earlier mask that it
    touches has it; then the one that is farthest from those of all earlier masks that it touches.
    So further masks at the end change nothing, and a mask mostly keeps its colour in any other set.
    Only a mask that touches earlier masks in all colours of ``APART`` shares one: that of which it
    touches least.

    Args:
        masks: n masks (n, h, w); which are on top is as in ``label_map``.

    Returns:
        n colours. Of two masks that touch, the colours are at least ``LEAST_APART`` apart, as long
        as neither touches earlier ones in every colour.
    """
    touched = _touched(masks)
    chosen: list[int] = []
    for first, pixels in zip(_first_choices(masks), touched, strict=True):
        taken = np.zeros(len(APART))
        for other, count in pixels.items():
            taken[chosen[other]] += count
        chosen.append(_choose(first, taken))
    return [APART[i] for i in chosen]


def lab(colours: Sequence[Colour] | np.ndarray) -> np.ndarray:
    """Return colours (..., 3), sRGB from 0 to 255, in CIELAB (D65): lightness, a, b."""
    part = np.asarray(colours, float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    xyz = linear @ TO_XYZ.T / TO_XYZ.sum(1)
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


TO_XYZ = np.array(  # from linear sRGB; white is the sum of each row
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
DISTANCES = np.linalg.norm(lab(APART)[:, None] - lab(APART), axis=-1)  # between colours of APART


def _choose(first: int, taken: np.ndarray) -> int:
    """Return a colour: the first choice if it is free, else the farthest free one."""
    if not taken[first]:
        return first
    if taken.all():
        return int(taken.argmin())
    nearest = DISTANCES[:, taken > 0].min(1)  # 0 for what is taken
    return int(nearest.argmax())


def _first_choices(masks: Masks) -> list[int]:
    """Return a colour (n) for each mask alone, from its place and size, not from its index."""
    height, width = masks.image_hw
    choices = []
    for mask, (x0, y0, x1, y1) in zip(masks.data, masks.boxes_xyxy.astype(int), strict=True):
        rows, columns = np.nonzero(mask[y0:y1, x0:x1])
        if not len(rows):
            choices.append(0)
            continue
        row = int((y0 + rows.mean()) / height * CELLS)
        column = int((x0 + columns.mean()) / width * CELLS)
        octave = int(np.floor(np.log2(len(rows) / (height * width))))  # the same in any size
        choices.append((octave + 5 * column + 7 * row) % len(APART))
    return choices


def _touched(masks: Masks) -> list[dict[int, int]]:
    """Return for each mask the earlier ones that it touches, with the number of pixels beside it.

    Masks are laid one by one into a label map, so what is found for a mask depends on earlier ones
    only. Later ones can hide a border, never make one.
    """
    (height, width), areas = masks.image_hw, masks.area
    owners = np.zeros((height, width), np.int32)  # index + 1; 0 is none
    area_of = np.concatenate([[np.iinfo(np.int64).max], areas])
    reach = max(1, round(REACH * max(height, width)))
    touched = []
    for i, (x0, y0, x1, y1) in enumerate(masks.boxes_xyxy.astype(int)):
        part = np.s_[max(y0 - reach, 0) : y1 + reach, max(x0 - reach, 0) : x1 + reach]
        mask, owner = masks.data[i][part], owners[part]
        on_top = mask & (area_of[owner] >= areas[i])
        near = _grown(on_top, reach) & ~on_top
        counts = np.bincount(owner[near])
        touched.append({int(j) - 1: int(counts[j]) for j in np.flatnonzero(counts) if j})
        owner[on_top] = i + 1
    return touched


def _grown(mask: np.ndarray, reach: int) -> np.ndarray:
    """Grow a mask by a diamond of so many pixels."""
    for _ in range(reach):
        grown = mask.copy()
        grown[1:] |= mask[:-1]
        grown[:-1] |= mask[1:]
        grown[:, 1:] |= mask[:, :-1]
        grown[:, :-1] |= mask[:, 1:]
        mask = grown
    return mask
