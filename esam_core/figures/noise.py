"""Figure 5: where masks are noisy, and what the clean-up does about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from esam_core.everything.filters import remove_small_regions
from esam_core.figures.figure import (
    Figure,
    Progress,
    Stopwatch,
    example_photos,
    signed,
    tick,
)
from esam_core.geometry import masks_to_boxes, xywh_to_xyxy
from esam_core.outlines import fill_rings, mask_outlines
from esam_core.prompts import Prompt
from esam_core.segmenter import Segmenter
from esam_core.visualize import draw_box, draw_masks, palette, panel

# Photo and object: things with thin parts, fur, gaps or strong shadows, where masks fray.
EXAMPLES = (("8690", 1), ("359219", 5), ("565778", 1), ("423617", 3))
ISLANDS, HOLES, RAGGED = (226, 48, 48), (56, 104, 240), (250, 200, 40)
MIN_AREA = 400  # pixels; smaller holes and islands are cleaned up
SMOOTH = 5  # a rim pixel is ragged if most of the square of this side around it disagrees


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """What is noisy about a mask.

    Args:
        islands: All regions but the largest, (h, w) bool.
        holes: What is enclosed by the mask but not in it, (h, w) bool.
        ragged: Pixels that most of their neighbours contradict, (h, w) bool.
        island_count: How many islands.
        hole_count: How many holes.
    """

    islands: np.ndarray
    holes: np.ndarray
    ragged: np.ndarray
    island_count: int
    hole_count: int

    def __str__(self) -> str:
        parts = [
            f"{count} {name}{'' if count == 1 else 's'}"
            for count, name in ((self.island_count, "island"), (self.hole_count, "hole"))
        ]
        return f"{', '.join(parts)}, {int(self.ragged.sum())} ragged pixels"


def find_noise(mask: np.ndarray) -> Noise:
    """Find islands, holes and ragged edges of a mask (h, w) bool."""
    outlines = mask_outlines(mask)
    solid = [fill_rings([outline.outer], mask.shape) for outline in outlines]
    sizes = [part.sum() for part in solid]
    largest = int(np.argmax(sizes)) if sizes else -1
    islands = np.zeros_like(mask)
    holes = np.zeros_like(mask)
    for i, (part, outline) in enumerate(zip(solid, outlines, strict=True)):
        inside = fill_rings(list(outline.holes), mask.shape)
        holes |= inside
        if i != largest:
            islands |= part & ~inside
    islands &= mask
    holes &= ~mask
    smooth = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.ModeFilter(SMOOTH))
    ragged = (np.asarray(smooth) > 0) ^ mask
    ragged &= ~islands & ~holes
    count = sum(len(outline.holes) for outline in outlines)
    return Noise(islands, holes, ragged, max(0, len(outlines) - 1), count)


def fig5_noise(
    segmenter: Segmenter,
    examples: Sequence[tuple[str, int]] = EXAMPLES,
    *,
    min_area: int = MIN_AREA,
    progress: Progress | None = None,
) -> Figure:
    """Show noise: photo and box | mask with its noise marked | mask after the clean-up.

    Args:
        segmenter: The model.
        examples: Number of an example photo and id of its object, whose box is the prompt.
        min_area: Holes and islands of fewer pixels are cleaned up.
        progress: Called with (done, total) examples.
    """
    watch, rows, notes = Stopwatch(), [], []
    chosen = example_photos([name for name, _ in examples])
    for done, (photo, (_, number)) in enumerate(zip(chosen, examples, strict=True)):
        tick(progress, done, len(chosen))
        image = photo.image()
        item = next(item for item in photo.objects if item.id == number)
        box = xywh_to_xyxy(np.array(item.box_xywh)).tolist()
        with watch.running():
            mask = segmenter.predict(segmenter.embed(image), Prompt.box(*box)).data[0]
            cleaned, _ = remove_small_regions(mask, min_area)
        before, after = find_noise(mask), find_noise(cleaned)
        window = _window(mask, box, image.shape[:2])
        rows.append(
            [
                draw_box(image, box)[window],
                _marked(image, mask, before)[window],
                _marked(image, cleaned, after)[window],
            ]
        )
        notes.append([item.name, str(before), str(after)])
    tick(progress, len(chosen), len(chosen))
    text = signed(
        "Figure 5. Where masks are noisy: islands red, holes blue, ragged edges yellow (pixels "
        f"that most of the {SMOOTH} x {SMOOTH} pixels around them contradict). The clean-up fills "
        f"holes and drops islands of fewer than {min_area} pixels; it does not touch edges.",
        [segmenter],
        watch.seconds,
    )
    page = panel(
        rows, titles=["photo and box", "mask", "after the clean-up"], captions=notes, footer=text
    )
    return Figure("fig5_noise", page, text)


def _marked(image: np.ndarray, mask: np.ndarray, noise: Noise) -> np.ndarray:
    picture = draw_masks(image, mask, colours=palette(3)[2:], opacity=0.5, outline=False)
    for part, colour in (
        (noise.ragged, RAGGED),
        (noise.holes, HOLES),
        (noise.islands, ISLANDS),
    ):
        picture = draw_masks(picture, part, colours=[colour], opacity=0.9)
    return picture


def _window(
    mask: np.ndarray, box: Sequence[float], image_hw: tuple[int, int], shape: float = 4 / 3
) -> tuple[slice, slice]:
    """Cut a window of one shape around the object, so that its edge can be seen."""
    x0, y0, x1, y1 = np.array(box)
    mx0, my0, mx1, my1 = masks_to_boxes(mask[None])[0]
    if mx1 > mx0:
        x0, y0, x1, y1 = min(x0, mx0), min(y0, my0), max(x1, mx1), max(y1, my1)
    height, width = image_hw
    wide = min(max((x1 - x0) * 1.15, (y1 - y0) * 1.15 * shape), width, height * shape)
    tall = wide / shape
    left = int(np.clip((x0 + x1 - wide) / 2, 0, width - wide))
    top = int(np.clip((y0 + y1 - tall) / 2, 0, height - tall))
    return slice(top, top + int(tall)), slice(left, left + int(wide))
