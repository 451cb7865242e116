"""Figures 1 and 2: masks from points and from boxes."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes

from esam_core.datasets.annotated import AnnotatedPhoto
from esam_core.datasets.boxes import Detections
from esam_core.datasets.detections import read_detections
from esam_core.datasets.examples import examples as stored
from esam_core.datasets.photos import usable_boxes
from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.figures.annotation import (
    agreement,
    example_photos,
    is_number_of,
    object_under,
    objects_in_boxes,
    shown_photos,
)
from esam_core.figures.captions import LABELS, measured, signed
from esam_core.figures.drawing import draw_page
from esam_core.figures.figure import PaperFigure
from esam_core.figures.layout import Example, Panel
from esam_core.figures.models import Models, as_models
from esam_core.figures.progress import Progress, Stopwatch, tick
from esam_core.figures.registry import figure
from esam_core.geometry import interior_point
from esam_core.images import asset
from esam_core.masks import Masks
from esam_core.prompts import PointLabel, Prompt
from esam_core.visualize import palette
from esam_core.visualize.axes import Container, show_box, show_masks, show_prompt
from esam_core.visualize.colours import Colour

TOP = 5
WHICH = {
    "predicted_iou": "with the highest predicted IoU",
    "box_iou": "whose own box is most like the prompt (the paper's rule)",
}
Photos = Sequence[str] | Mapping[str, Prompt]


@figure("fig1")
def fig1_point_prompts(
    segmenters: Models,
    photos: Photos | None = None,
    *,
    into: Container | None = None,
    progress: Progress | None = None,
) -> PaperFigure:
    """Show point prompts: photo with the points | best mask of each model.

    Args:
        segmenters: The model, or several.
        photos: Numbers of example photos, also with a prompt each; the default prompt is a click in
            the middle of the largest object. By default those of ``datasets.examples``.
        into: Axes or a figure where it is drawn, too.
        progress: Called with (done, total) photos.
    """
    models, watch = as_models(segmenters), Stopwatch()
    shown, why = shown_photos("fig1", photos)
    examples: list[Example] = []
    prompts: list[Prompt] = []
    chosen = example_photos(tuple(shown))
    for done, photo in enumerate(chosen):
        tick(progress, done, len(chosen))
        image, prompt = photo.image(), _prompt_of(photo, photos)
        prompts.append(prompt)
        wanted = object_under(photo, prompt)
        panels = [Panel(image, partial(show_prompt, prompt=prompt), "photo and points")]
        for model in models:
            with watch.running():
                best = model.predict(model.embed(image), prompt)[:1]
            note = measured(agreement(best.data, [wanted]), float(best.predicted_iou[0]))
            panels.append(Panel(image, partial(_answer, best, prompt), model.title, note))
        examples.append(panels)
    tick(progress, len(chosen), len(chosen))
    text = signed(
        f"Figure 1. Point prompts. {_legend(prompts)} Of three candidates the one with the highest "
        f"predicted IoU is shown. {LABELS}{why}",
        models,
        watch.seconds,
    )
    return draw_page("fig1_point_prompts", examples, text, into=into)


@figure("fig2")
def fig2_box_prompts(
    segmenters: Models,
    photos: Sequence[str] | None = None,
    *,
    boxes: str | Path | None = None,
    top: int = TOP,
    rule: str = "predicted_iou",
    into: Container | None = None,
    progress: Progress | None = None,
) -> PaperFigure:
    """Show box prompts: photo | masks and boxes of each model.

    Args:
        segmenters: The model, or several.
        photos: Numbers of example photos; by default those of ``datasets.examples``.
        boxes: A detector's results (COCO JSON); default is the tight boxes of the annotated masks.
            Entries that are no boxes of a photo are left out and named by the figure.
        top: Number of best boxes used per photo; fewer of an example that was measured with fewer.
        rule: Which of three candidates is shown: ``predicted_iou``, as in the authors' code, or
            ``box_iou``, the one whose own box is most like the prompt, as the paper says.
        into: Axes or a figure where it is drawn, too.
        progress: Called with (done, total) photos.

    Raises:
        InvalidSettings: Another rule, or no box wanted.
        InvalidPrompt: Boxes that cannot be read, or none for a photo.
    """
    if rule not in WHICH:
        raise InvalidSettings(f"rule {rule!r} is unknown; use {' or '.join(WHICH)}.")
    if top < 1:
        raise InvalidSettings(f"top is {top}; give 1 or more boxes per photo.")
    models, watch = as_models(segmenters), Stopwatch()
    read, left_out = read_detections(asset("detections.json") if boxes is None else boxes)
    shown, why = shown_photos("fig2", photos)
    examples: list[Example] = []
    counts = {each.photo: len(each.items) for each in stored("fig2").chosen} if why else {}
    chosen = example_photos(shown)
    found: list[Detections] = []
    for name, photo in zip(shown, chosen, strict=True):  # before models run, which takes long
        usable, left_out = usable_boxes(read, left_out, photo.path, photo.image_hw())
        found.append(usable.top(min(top, counts.get(name, top))))
    for done, (photo, best) in enumerate(zip(chosen, found, strict=True)):
        tick(progress, done, len(chosen))
        image = photo.image()
        wanted, colours = objects_in_boxes(photo, best.boxes_xyxy), palette(len(best))
        panels = [Panel(image, partial(_boxes, best, colours), "photo and boxes")]
        for model in models:
            with watch.running():
                answers = model.predict_batch(model.embed(image), best.prompts(), rule=rule)
            masks = Masks.concat([answer[:1] for answer in answers])
            note = measured(agreement(masks.data, wanted))
            draw = partial(_answers, masks, best, colours)
            panels.append(Panel(image, draw, model.title, note and f"mean {note}"))
        examples.append(panels)
    tick(progress, len(chosen), len(chosen))
    source = (
        "the tight boxes of the photos' own masks, in the place of a detector's"
        if boxes is None
        else f"a detector's, from {Path(boxes).name}"
    )
    text = signed(
        f"Figure 2. Box prompts: {source}. Of three candidates for a box the one {WHICH[rule]} is "
        f"shown. Below the masks: their mean IoU with the photo's annotation.{why}",
        models,
        watch.seconds,
    )
    names = tuple(map(str, left_out))
    return draw_page("fig2_box_prompts", examples, text, left_out=names, into=into)


def _prompt_of(photo: AnnotatedPhoto, photos: Photos | None) -> Prompt:
    """Return the photo's own prompt, or a click in the middle of its largest object."""
    if isinstance(photos, Mapping):
        return next(prompt for name, prompt in photos.items() if is_number_of(name, photo))
    middle = interior_point(photo.masks()[0]) if photo.objects else None
    if middle is None:
        raise InvalidImage(f"{photo.path.name} has no object to put a point on; give a prompt.")
    return Prompt.point(*middle)


def _legend(prompts: Sequence[Prompt]) -> str:
    beside = any(PointLabel.BACKGROUND in prompt.point_labels for prompt in prompts)
    return f"Green stars are on the object{', red ones beside it' if beside else ''}."


def _answer(masks: Masks, prompt: Prompt, ax: Axes) -> None:
    show_masks(ax, masks, colours=palette(1))
    show_prompt(ax, prompt)


def _boxes(found: Detections, colours: Sequence[Colour], ax: Axes) -> None:
    for box, colour in zip(found.boxes_xyxy, colours, strict=True):
        show_box(ax, box, colour=colour)


def _answers(masks: Masks, found: Detections, colours: Sequence[Colour], ax: Axes) -> None:
    show_masks(ax, masks, colours=colours)
    _boxes(found, colours, ax)
