"""Figure 5: noise in masks, before and after the clean-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from PIL import Image, ImageFilter

from esam_core.cleanup import remove_small_regions
from esam_core.datasets.annotated import AnnotatedObject, AnnotatedPhoto
from esam_core.datasets.examples import examples as chosen_examples
from esam_core.errors import InvalidSettings
from esam_core.export.outlines import fill_rings, mask_outlines
from esam_core.figures.annotation import example_photos, refuse_none
from esam_core.figures.captions import signed
from esam_core.figures.drawing import draw_page
from esam_core.figures.figure import PaperFigure
from esam_core.figures.layout import Example, Panel
from esam_core.figures.models import Models, as_models
from esam_core.figures.progress import Progress, Stopwatch, tick
from esam_core.figures.registry import figure
from esam_core.geometry import xywh_to_xyxy
from esam_core.prompts import Prompt
from esam_core.visualize import palette
from esam_core.visualize.axes import Container, show_box, show_masks
from esam_core.visualize.colours import Colour

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
        return f"{', '.join(parts)}, {int(self.ragged.sum())} ragged px"


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
    segmenters: Models,
    examples: Sequence[tuple[str, int]] | None = None,
    *,
    min_area: int = MIN_AREA,
    into: Container | None = None,
    progress: Progress | None = None,
) -> PaperFigure:
    """Show noise: photo and box | noisy part of each model's mask | the first one cleaned up.

    All enlarged parts of an example are the one where the first model's mask is noisiest.

    Args:
        segmenters: The model, or several.
        examples: Pairs of an example photo's number and the id of the object whose box is the
            prompt; by default those of ``datasets.examples``.
        min_area: Holes and islands of fewer pixels are removed.
        into: Axes or a figure where it is drawn, too.
        progress: Called with (done, total) examples.

    Raises:
        InvalidSettings: No example, or an object that its photo does not have.
    """
    models, watch = as_models(segmenters), Stopwatch()
    drawn: list[Example] = []
    shown, why = _examples(examples)
    chosen = example_photos([name for name, _ in shown])
    items = [_object(photo, number) for photo, (_, number) in zip(chosen, shown, strict=True)]
    for done, (photo, item) in enumerate(zip(chosen, items, strict=True)):
        tick(progress, done, len(chosen))
        image = photo.image()
        box = xywh_to_xyxy(np.array(item.box_xywh)).tolist()
        with watch.running():
            masks = [m.predict(m.embed(image), Prompt.box(*box)).data[0] for m in models]
            cleaned, _ = remove_small_regions(masks[0], min_area)
        window = noisiest_window(find_noise(masks[0]))
        titles = [model.title for model in models]
        columns = zip([*masks, cleaned], [*titles, "cleaned up"], strict=True)
        whole = partial(_framed, box, window)
        parts = [_part(image, mask, window, title) for mask, title in columns]
        drawn.append([Panel(image, whole, "photo and box", item.name), *parts])
    tick(progress, len(chosen), len(chosen))
    text = signed(
        "Figure 5. Where masks are noisy: islands red, holes blue, ragged edges yellow (pixels "
        f"that most of the {SMOOTH} x {SMOOTH} pixels around them contradict). The clean-up fills "
        f"holes and drops islands of fewer than {min_area} pixels; it does not touch "
        f"edges. Cleaned up is the mask of {models[0].title}.{why}",
        models,
        watch.seconds,
    )
    return draw_page("fig5_noise", drawn, text, into=into)


def _examples(
    examples: Sequence[tuple[str, int]] | None,
) -> tuple[Sequence[tuple[str, int]], str]:
    """Return photos and objects, and a sentence for the caption on who chose them."""
    if examples is not None:
        refuse_none("fig5", examples)
        return examples, ""
    chosen = chosen_examples("fig5")
    pairs = [(each.photo, each.items[0].object_id or 0) for each in chosen.chosen]
    return pairs, f" {chosen.sentence}"


def _object(photo: AnnotatedPhoto, number: int) -> AnnotatedObject:
    """Find an object of a photo by its id.

    Raises:
        InvalidSettings: There is none.
    """
    found = next((item for item in photo.objects if item.id == number), None)
    if found is None:
        known = ", ".join(f"{item.id} ({item.name})" for item in photo.objects)
        raise InvalidSettings(f"{photo.path.name} has no object {number!r}; it has {known}.")
    return found


def _part(image: np.ndarray, mask: np.ndarray, window: tuple[slice, slice], title: str) -> Panel:
    """Return the part of a photo in a window, with the noise of a mask (h, w) marked."""
    noise = find_noise(mask)
    parts = [(noise.ragged, RAGGED), (noise.holes, HOLES), (noise.islands, ISLANDS)]
    marks = [(part[window], colour) for part, colour in parts]
    return Panel(image[window], partial(_marked, mask[window], marks), title, str(noise))


def _marked(mask: np.ndarray, marks: Sequence[tuple[np.ndarray, Colour]], ax: Axes) -> None:
    show_masks(ax, mask, colours=palette(3)[2:], opacity=0.4, outline=False)
    for part, colour in marks:
        show_masks(ax, part, colours=[colour], opacity=1, outline=False)


def _framed(box: Sequence[float], window: tuple[slice, slice], ax: Axes) -> None:
    rows, columns = window
    show_box(ax, box)
    show_box(ax, (columns.start, rows.start, columns.stop, rows.stop), colour=INK)


def noisiest_window(noise: Noise) -> tuple[slice, slice]:
    """Return the (rows, columns) window, of the image's aspect ratio, that contains most noise."""
    counts = (noise.islands | noise.holes).astype(np.int64) + 3 * noise.ragged
    height, width = counts.shape
    tall, wide = round(ZOOM * height), round(ZOOM * width)
    sums = np.pad(counts.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return slice(int(top), int(top) + tall), slice(int(left), int(left) + wide)
