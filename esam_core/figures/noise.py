"""Figure 5: noise in masks, before and after the clean-up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from esam_core.cleanup import remove_small_regions
from esam_core.export.outlines import fill_rings, mask_outlines
from esam_core.figures.figure import (
    Figure,
    Progress,
    Stopwatch,
    example_photos,
    signed,
    tick,
)
from esam_core.figures.registry import figure
from esam_core.geometry import xywh_to_xyxy
from esam_core.prompts import Prompt
from esam_core.segmenter import Segmenter
from esam_core.visualize import draw_box, draw_masks, palette, panel

# Photo and object: fur, labels, leaves and shadows, which give noisy masks.
EXAMPLES = (("555705", 2), ("475678", 2), ("8844", 1), ("2149", 1))
ISLANDS, HOLES, RAGGED, INK = (226, 48, 48), (40, 90, 250), (255, 208, 40), (24, 24, 28)
MIN_AREA = 400  # pixels; smaller holes and islands are cleaned up
ZOOM = 0.4  # side of the enlarged part, as a share of the photo's side
SMOOTH = 5  # an edge pixel is ragged if most of the square of this side around it differs


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """The noise in a mask.

    Args:
        islands: All regions except the largest, (h, w) bool.
        holes: Background enclosed by the mask, (h, w) bool.
        ragged: Pixels that differ from most of their neighbours, (h, w) bool.
        island_count: Number of islands.
        hole_count: Number of holes.
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
    """Find islands, holes and ragged edge pixels of a mask (h, w) bool."""
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


@figure("fig5")
def fig5_noise(
    segmenter: Segmenter,
    examples: Sequence[tuple[str, int]] = EXAMPLES,
    *,
    min_area: int = MIN_AREA,
    progress: Progress | None = None,
) -> Figure:
    """Show noise: photo and box | noisiest part of the mask | the same after the clean-up.

    Args:
        segmenter: The model.
        examples: Pairs of an example photo's number and the id of the object whose box is the
            prompt.
        min_area: Holes and islands of fewer pixels are removed.
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
        window = noisiest_window(before)
        rows.append(
            [
                draw_box(draw_box(image, box), _corners(window), colour=INK, width=2),
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
        rows,
        titles=["photo, box and framed part", "mask", "after the clean-up"],
        captions=notes,
        footer=text,
    )
    return Figure("fig5_noise", page, text)


def _marked(image: np.ndarray, mask: np.ndarray, noise: Noise) -> np.ndarray:
    picture = draw_masks(image, mask, colours=palette(3)[2:], opacity=0.45, outline=False)
    for part, colour in (
        (noise.ragged, RAGGED),
        (noise.holes, HOLES),
        (noise.islands, ISLANDS),
    ):
        picture = draw_masks(picture, part, colours=[colour], opacity=1)
    return picture


def noisiest_window(noise: Noise) -> tuple[slice, slice]:
    """Return the (rows, columns) window, of the image's aspect ratio, that contains most noise."""
    counts = (noise.islands | noise.holes).astype(np.int64) + 3 * noise.ragged
    height, width = counts.shape
    tall, wide = round(ZOOM * height), round(ZOOM * width)
    sums = np.pad(counts.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return slice(int(top), int(top) + tall), slice(int(left), int(left) + wide)


def _corners(window: tuple[slice, slice]) -> tuple[int, int, int, int]:
    rows, columns = window
    return columns.start, rows.start, columns.stop, rows.stop
