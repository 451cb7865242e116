"""Figure 4: salient objects."""

from collections.abc import Sequence

import numpy as np

from esam_core.figures.figure import (
    Figure,
    Progress,
    Stopwatch,
    example_photos,
    signed,
    tick,
)
from esam_core.figures.registry import figure
from esam_core.saliency.maps import load_saliency
from esam_core.saliency.masks import SalientSettings, salient_masks
from esam_core.segmenter import Segmenter
from esam_core.visualize import draw_masks, draw_prompt, palette, panel

PHOTOS = ("565778", "418281", "165518", "41888")


@figure("fig4")
def fig4_saliency(
    segmenter: Segmenter,
    photos: Sequence[str] = PHOTOS,
    settings: SalientSettings | None = None,
    *,
    progress: Progress | None = None,
) -> Figure:
    """Show salient objects: photo | mask | overlay with the points that prompted it.

    Args:
        segmenter: The model that draws the masks.
        photos: Numbers of example photos.
        settings: How the saliency map becomes points.
        progress: Called with (done, total) photos.
    """
    settings = settings or SalientSettings()
    model, watch, rows = load_saliency(), Stopwatch(), []
    chosen = example_photos(photos)
    for done, photo in enumerate(chosen):
        tick(progress, done, len(chosen))
        image = photo.image()
        with watch.running():
            saliency = model.estimate(image)
            found = salient_masks(segmenter, image, saliency=saliency, settings=settings)
        colours = palette(len(found.masks))
        black = np.zeros_like(image)
        overlay = draw_masks(image, found.masks, colours=colours)
        for prompt in found.prompts:
            overlay = draw_prompt(overlay, prompt)
        rows.append([image, draw_masks(black, found.masks, colours=colours, opacity=1), overlay])
    tick(progress, len(chosen), len(chosen))
    text = signed(
        f"Figure 4. Salient objects. {model.title} ({model.provenance}) says what stands out; "
        f"{settings.points} points per object, drawn at random from it (seed {settings.seed}), "
        "prompt the masks.",
        [segmenter],
        watch.seconds,
    )
    page = panel(rows, titles=["photo", "masks", "overlay with the points"], footer=text)
    return Figure("fig4_saliency", page, text)
