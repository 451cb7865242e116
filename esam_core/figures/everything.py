"""Figure 3: segment everything."""

from collections.abc import Sequence

from esam_core.everything import GridSettings, preset, segment_everything
from esam_core.figures.figure import (
    Figure,
    Progress,
    Stopwatch,
    example_photos,
    signed,
    tick,
)
from esam_core.figures.registry import figure
from esam_core.segmenter import Segmenter
from esam_core.visualize import draw_masks, panel

PHOTOS = ("565778", "418281", "41888", "555705")


@figure("fig3")
def fig3_segment_everything(
    segmenter: Segmenter,
    photos: Sequence[str] = PHOTOS,
    settings: GridSettings | None = None,
    *,
    progress: Progress | None = None,
) -> Figure:
    """Show segment everything: photos above, all masks below, in stable colours.

    Args:
        segmenter: The model.
        photos: Numbers of example photos.
        settings: Grid and filters; default is the preset ``fast`` for this model.
        progress: Called with (done, total) points.
    """
    settings = preset("fast", segmenter.name) if settings is None else settings
    watch, above, below, notes = Stopwatch(), [], [], []
    chosen = example_photos(photos)
    for done, photo in enumerate(chosen):
        image = photo.image()

        def report(points: int, total: int, done: int = done) -> None:
            tick(progress, done * total + points, len(chosen) * total)

        with watch.running():
            masks = segment_everything(segmenter, image, settings, progress=report)
        above.append(image)
        below.append(draw_masks(image, masks, opacity=0.6))
        notes.append(f"{len(masks)} masks")
    side = settings.points_per_side
    text = signed(
        f"Figure 3. Segment everything: {side} x {side} points, masks with predicted IoU above "
        f"{settings.pred_iou_thresh:g} and stability from "
        f"{settings.stability_score_thresh:g}. Masks that touch have clearly different colours.",
        [segmenter],
        watch.seconds,
    )
    page = panel([above, below], captions=[[""] * len(above), notes], footer=text)
    return Figure("fig3_segment_everything", page, text)
