"""Figures 1 and 2: masks from points and from boxes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from esam_core.datasets.annotated import AnnotatedPhoto
from esam_core.datasets.detections import read_detections
from esam_core.datasets.photos import usable_boxes
from esam_core.errors import InvalidImage
from esam_core.figures.figure import (
    Figure,
    Progress,
    Stopwatch,
    example_photos,
    signed,
    tick,
)
from esam_core.figures.registry import figure
from esam_core.geometry import interior_point
from esam_core.images import asset
from esam_core.masks import Masks
from esam_core.prompts import Prompt
from esam_core.segmenter import Segmenter
from esam_core.visualize import draw_box, draw_masks, draw_prompt, palette, panel

# Points set by hand; other photos get the interior point of their largest object.
POINTS = {
    "285": Prompt.point(295, 330),
    "785": Prompt.point(380, 200),
    "377575": Prompt.point(160, 330).with_point(160, 440).with_point(282, 275, 0),
    "565778": Prompt.point(300, 230),
}
BOX_PHOTOS = ("555705", "229997", "475678", "423617")
TOP = 5


@figure("fig1")
def fig1_point_prompts(
    segmenter: Segmenter,
    photos: Sequence[str] = tuple(POINTS),
    *,
    other: Segmenter | None = None,
    progress: Progress | None = None,
) -> Figure:
    """Show point prompts: photos with the points above, the best mask below.

    Args:
        segmenter: The model.
        photos: Numbers of example photos.
        other: A second model for one more row.
        progress: Called with (done, total) photos.
    """
    models = [model for model in (segmenter, other) if model is not None]
    watch, top = Stopwatch(), []
    rows: list[list[np.ndarray]] = [[] for _ in models]
    notes: list[list[str]] = [[] for _ in models]
    chosen = example_photos(photos)
    for done, photo in enumerate(chosen):
        tick(progress, done, len(chosen))
        image = photo.image()
        prompt = _points_of(photo)
        top.append(draw_prompt(image, prompt))
        for row, note, model in zip(rows, notes, models, strict=True):
            with watch.running():
                masks = model.predict(model.embed(image), prompt)
            row.append(draw_prompt(draw_masks(image, masks[:1], colours=palette(1)), prompt))
            note.append(f"predicted IoU {masks.predicted_iou[0]:.2f}")
    tick(progress, len(chosen), len(chosen))
    text = signed(
        "Figure 1. Point prompts. Green stars are on the object, red ones beside it. Of three "
        "candidates the one with the highest predicted IoU is shown.",
        models,
        watch.seconds,
    )
    page = panel(
        [top, *rows],
        captions=[[""] * len(top), *notes],
        labels=["points", *(model.title for model in models)],
        footer=text,
    )
    return Figure("fig1_point_prompts", page, text)


@figure("fig2")
def fig2_box_prompts(
    segmenter: Segmenter,
    photos: Sequence[str] = BOX_PHOTOS,
    *,
    other: Segmenter | None = None,
    boxes: str | Path | None = None,
    top: int = TOP,
    progress: Progress | None = None,
) -> Figure:
    """Show box prompts: photo | masks of one model | masks of another, one row per photo.

    Args:
        segmenter: The first model.
        photos: Numbers of example photos.
        other: The second model. Without one, the second column shows the first model with
            candidates chosen by the paper's rule, the highest IoU with the box.
        boxes: A detector's results (COCO JSON); default is the tight boxes of the annotated masks.
            Entries that are no boxes of a photo are left out and named by the figure.
        top: Number of best boxes used per photo.
        progress: Called with (done, total) photos.
    """
    found, left_out = read_detections(asset("detections.json") if boxes is None else boxes)
    second, rule = (other, "predicted_iou") if other is not None else (segmenter, "box_iou")
    watch, rows = Stopwatch(), []
    chosen = example_photos(photos)
    for done, photo in enumerate(chosen):
        tick(progress, done, len(chosen))
        image = photo.image()
        usable, left_out = usable_boxes(found, left_out, photo.path, image.shape[:2])
        best = usable.top(top)
        colours, row = palette(len(best)), [image]
        for box, colour in zip(best.boxes_xyxy, colours, strict=True):
            row[0] = draw_box(row[0], box, colour=colour)
        for model, by in ((segmenter, "predicted_iou"), (second, rule)):
            with watch.running():
                answers = model.predict_batch(model.embed(image), best.prompts(), rule=by)
            masks = Masks.concat([answer[:1] for answer in answers])
            row.append(draw_masks(image, masks, colours=colours))
        rows.append(row)
    tick(progress, len(chosen), len(chosen))
    models = [segmenter] if other is None else [segmenter, other]
    titles, columns = _columns(models)
    source = (
        "the tight boxes of the photos' own masks, in the place of a detector's"
        if boxes is None
        else f"a detector's, from {Path(boxes).name}"
    )
    text = signed(f"Figure 2. Box prompts: {source}. {columns}", models, watch.seconds)
    page = panel(rows, titles=["boxes", *titles], footer=text)
    return Figure("fig2_box_prompts", page, text, tuple(map(str, left_out)))


def _points_of(photo: AnnotatedPhoto) -> Prompt:
    """Return the points set by hand, or the interior point of the photo's largest object."""
    prompt = POINTS.get(photo.path.stem.lstrip("0"))
    middle = interior_point(photo.masks()[0]) if prompt is None else None
    if middle is not None:
        prompt = Prompt.point(*middle)
    if prompt is None:
        raise InvalidImage(f"{photo.path.name} has no object to put a point on.")
    return prompt


def _columns(models: Sequence[Segmenter]) -> tuple[list[str], str]:
    """Return the titles of Figure 2's columns of masks, and a sentence that explains them."""
    if len(models) == 2:
        text = "Of three candidates the one with the highest predicted IoU is shown."
        return [model.title for model in models], text
    text = (
        "Second column: the candidate with the highest predicted IoU. Third: the one whose own "
        "box is most like the prompt, the paper's rule."
    )
    return [f"{models[0].title}, by predicted IoU", f"{models[0].title}, by box"], text
