"""Figures by name, with the models that are on this machine."""

from pathlib import Path

from esam_core.benchmark.stages import measure_limits
from esam_core.benchmark.table1 import TABLE1_MODELS as TIMED
from esam_core.benchmark.table1 import measure
from esam_core.figures.efficiency import machine_limits, table1_efficiency
from esam_core.figures.figure import Figure, Progress
from esam_core.figures.modes import fig3_segment_everything, fig4_saliency, fig6_text_prompts
from esam_core.figures.noise import fig5_noise
from esam_core.figures.points import fig1_point_prompts, fig2_box_prompts
from esam_core.models import MODELS, available_models, load_segmenter
from esam_core.segmenter import Segmenter
from esam_core.text.encoders import load_text_encoder

SIMPLE = {"fig3": fig3_segment_everything, "fig4": fig4_saliency, "fig5": fig5_noise}


def render(
    name: str,
    model: str = "auto",
    *,
    other: str | None = None,
    device: str = "auto",
    precision: str = "auto",
    boxes: Path | None = None,
    progress: Progress | None = None,
) -> Figure:
    """Draw one figure with its own example photos.

    Args:
        name: ``fig1`` to ``fig6``, ``table1`` or ``limits``.
        model: As for ``load_segmenter``.
        other: The second model of ``fig1`` and ``fig2``; see ``second_model``.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
        boxes: A detector's results for ``fig2`` and ``table1``.
        progress: Called with (done, total).
    """
    if name == "table1":
        rows = measure(device=device, precision=precision, boxes=boxes, progress=progress)
        return table1_efficiency(rows)
    if name == "limits":
        names = [each for each in TIMED if each in MODELS]
        found = measure_limits(names, device=device, precision=precision, progress=progress)
        return machine_limits(found)
    segmenter = load_segmenter(model, device=device, precision=precision)
    if name in SIMPLE:
        return SIMPLE[name](segmenter, progress=progress)
    if name == "fig6":
        return fig6_text_prompts(segmenter, load_text_encoder(), progress=progress)
    second = second_model(segmenter, other, device=device, precision=precision)
    if name == "fig1":
        return fig1_point_prompts(segmenter, other=second, progress=progress)
    return fig2_box_prompts(segmenter, other=second, boxes=boxes, progress=progress)


def second_model(
    first: Segmenter, name: str | None = None, *, device: str = "auto", precision: str = "auto"
) -> Segmenter | None:
    """Load the model that stands beside the first one.

    Args:
        first: The first model.
        name: Which one; otherwise the best other one whose weights are on this machine, or none.
        device: As for ``load_segmenter``.
        precision: As for ``load_segmenter``.
    """
    names = [name] if name else [n for n in available_models() if n != first.name]
    return load_segmenter(names[0], device=device, precision=precision) if names else None
