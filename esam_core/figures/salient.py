"""Figure 4: salient objects."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from esam_core.figures.annotation import example_photos, shown_photos
from esam_core.figures.captions import signed
from esam_core.figures.drawing import draw_page
from esam_core.figures.figure import PaperFigure
from esam_core.figures.layout import Example, Panel
from esam_core.figures.models import Models, as_models
from esam_core.figures.progress import Progress, Stopwatch, tick
from esam_core.figures.registry import figure
from esam_core.saliency.maps import load_saliency
from esam_core.saliency.masks import SalientMasks, SalientSettings, salient_masks
from esam_core.segmenter import Segmenter
from esam_core.visualize import palette
from esam_core.visualize.axes import Container, show_masks, show_prompt


@figure("fig4")
def fig4_saliency(
    segmenters: Models,
    photos: Sequence[str] | None = None,
    settings: SalientSettings | None = None,
    *,
    into: Container | None = None,
    progress: Progress | None = None,
) -> PaperFigure:
    """Show salient objects: photo | masks | overlay with the points that prompted them.

    Args:
        segmenters: The model that draws the masks, or several.
        photos: Numbers of example photos; by default those of ``datasets.examples``.
        settings: How the saliency map becomes points.
        into: Axes or a figure where it is drawn, too.
        progress: Called with (done, total) photos.
    """
    models, settings = as_models(segmenters), settings or SalientSettings()
    network, watch = load_saliency(), Stopwatch()
    examples: list[Example] = []
    shown, why = shown_photos("fig4", photos)
    chosen = example_photos(shown)
    for done, photo in enumerate(chosen):
        tick(progress, done, len(chosen))
        image = photo.image()
        panels = [Panel(image, title="photo")]
        with watch.running():
            saliency = network.estimate(image)
        for model in models:
            with watch.running():
                found = salient_masks(model, image, saliency=saliency, settings=settings)
            panels += _panels(image, found, model, alone=len(models) == 1)
        examples.append(panels)
    tick(progress, len(chosen), len(chosen))
    text = signed(
        f"Figure 4. Salient objects. {network.title} ({network.provenance}) says what stands out; "
        f"{settings.points} points per object, drawn at random from it (seed {settings.seed}), "
        f"prompt the masks.{why}",
        models,
        watch.seconds,
    )
    return draw_page("fig4_saliency", examples, text, into=into)


def _panels(
    image: np.ndarray, found: SalientMasks, model: Segmenter, *, alone: bool
) -> list[Panel]:
    """Return the masks on black and the overlay; models are named where there are several."""
    black = np.zeros_like(image)
    plain = partial(
        show_masks, masks=found.masks, colours=palette(len(found.masks)), opacity=1, outline=False
    )
    titles = ["masks", "overlay"] if alone else [model.title, f"{model.title}, overlay"]
    return [Panel(black, plain, titles[0]), Panel(image, partial(_overlay, found), titles[1])]


def _overlay(found: SalientMasks, ax: Axes) -> None:
    show_masks(ax, found.masks, colours=palette(len(found.masks)))
    for prompt in found.prompts:
        show_prompt(ax, prompt)
