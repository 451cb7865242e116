"""Figure 3: segment everything."""

from collections.abc import Sequence
from functools import partial

from esam_core.everything import GridSettings, preset, segment_everything
from esam_core.figures.annotation import (
    VISIBLE,
    example_photos,
    found_of,
    shown_photos,
    visible_objects,
)
from esam_core.figures.captions import signed
from esam_core.figures.drawing import draw_page
from esam_core.figures.figure import PaperFigure
from esam_core.figures.layout import Example, Panel
from esam_core.figures.models import Models, as_models
from esam_core.figures.progress import Progress, Stopwatch, tick
from esam_core.figures.registry import figure
from esam_core.segmenter import Segmenter
from esam_core.visualize.axes import Container, show_masks

OPACITY = 0.55


@figure("fig3")
def fig3_segment_everything(
    segmenters: Models,
    photos: Sequence[str] | None = None,
    grid: str | GridSettings = "fast",
    *,
    into: Container | None = None,
    progress: Progress | None = None,
) -> PaperFigure:
    """Show segment everything: photo | all masks of each model, in stable colours.

    Args:
        segmenters: The model, or several.
        photos: Numbers of example photos; by default those of ``datasets.examples``.
        grid: Grid and filters for all models, or the name of a preset, which suits each model.
        into: Axes or a figure where it is drawn, too.
        progress: Called with (done, total) points.
    """
    models, watch = as_models(segmenters), Stopwatch()
    settings = [preset(grid, m.name) if isinstance(grid, str) else grid for m in models]
    shown, why = shown_photos("fig3", photos)
    chosen = example_photos(shown)
    searches = len(chosen) * len(models)
    examples: list[Example] = []
    for at, photo in enumerate(chosen):
        image, wanted = photo.image(), visible_objects(photo)
        panels = [Panel(image, title="photo")]
        for k, model in enumerate(models):

            def report(points: int, total: int, done: int = at * len(models) + k) -> None:
                tick(progress, done * total + points, searches * total)

            with watch.running():
                masks = segment_everything(model, image, settings[k], progress=report)
            draw = partial(show_masks, masks=masks, opacity=OPACITY)
            found = f"{found_of(masks.data, wanted)} of {len(wanted)} objects"
            panels.append(Panel(image, draw, model.title, f"{len(masks)} masks, {found}"))
        examples.append(panels)
    text = signed(
        f"Figure 3. Segment everything. {_rules(models, settings)} Masks that touch have clearly "
        f"different colours. Objects: those annotated from {100 * VISIBLE:g} % of the photo on, "
        f"found by a mask with an IoU of at least 0.5.{why}",
        models,
        watch.seconds,
    )
    return draw_page("fig3_segment_everything", examples, text, into=into)


def _rules(models: Sequence[Segmenter], settings: Sequence[GridSettings]) -> str:
    """Say which grid and thresholds each model had; once, if they are the same for all."""
    said = [
        f"{each.points_per_side} x {each.points_per_side} points, masks with predicted IoU above "
        f"{each.pred_iou_thresh:g} and stability from {each.stability_score_thresh:g}"
        for each in settings
    ]
    if len(set(said)) == 1:
        return f"{said[0]}."
    return "; ".join(f"{m.title}: {rule}" for m, rule in zip(models, said, strict=True)) + "."
