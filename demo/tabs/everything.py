"""Everything: a grid of points over the photo, and its masks to select from."""

from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.handlers import everything
from demo.handlers.errors import Cancel, Reply
from demo.handlers.tasks import Report
from demo.tabs import Mode
from demo.tabs.shared import (
    NEWEST,
    NO_QUEUE,
    QUIET,
    Updates,
    message_line,
    message_of,
    run_buttons,
    wire_long,
)
from demo.texts import everything as texts

RANGES = {  # slider -> lowest, highest, step
    "predicted_iou": (0.1, 1.0, 0.01),
    "stability": (0.0, 1.0, 0.01),
    "nms": (0.1, 1.0, 0.01),
    "min_area": (0.0, 5.0, 0.05),
}


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row(elem_classes="es-run"):
        grid = gr.Dropdown(
            [(title, name) for name, title in texts.PRESETS.items()],
            value=everything.GRIDS[0],
            label=texts.PRESET,
            show_label=False,
            container=False,
            filterable=False,
            elem_classes="es-field",
        )
        run, cancel = run_buttons("everything", texts.RUN)
    line = message_line("everything")
    with gr.Group(elem_classes="es-sliders"):
        sliders = [_slider(name, value) for name, value in everything.filters_for(None).items()]
    wire_long(
        engine,
        canvas,
        "everything",
        triggers={"everything_find": run.click},
        handler=_find,
        show=_show,
        inputs=[grid, *sliders],
        outputs=[canvas],
        controls=(line, run, cancel),
        counting=texts.PROGRESS,
    )
    _wire_filters(engine, canvas, sliders, [line, canvas])
    _wire_photo(canvas, line, sliders)


def _slider(name: str, value: float) -> gr.Slider:
    low, high, step = RANGES[name]
    return gr.Slider(
        low, high, value, step=step, label=texts.SLIDERS[name], elem_classes="es-slider"
    )


def _find(
    engine: Engine, payload: Any, grid: str, *values: float, progress: Report, cancel: Cancel
) -> Reply:
    return everything.find(
        engine,
        payload,
        grid,
        _filters(values),
        progress=progress,
        cancel=cancel,
        partial=progress.partial,
    )


def _filters(values: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(RANGES, values, strict=True))


def _show(reply: Reply) -> Updates:
    """Return the update of the canvas."""
    return (gr.update(layers=reply["layers"]) if "layers" in reply else gr.skip(),)


def _wire_filters(
    engine: Engine, canvas: PromptCanvas, sliders: list[gr.Slider], outputs: list[Any]
) -> None:
    def change(payload: Any, *values: float) -> Updates:
        reply = everything.change(engine, payload, _filters(values))
        return (message_of(reply), *_show(reply)) if reply else (gr.skip(),) * 2

    for name, slider in zip(RANGES, sliders, strict=True):
        slider.input(change, [canvas, *sliders], outputs, api_name=f"everything_{name}", **NEWEST)


def _wire_photo(canvas: PromptCanvas, line: gr.HTML, sliders: list[gr.Slider]) -> None:
    """Clear the message for a new photo; reset the sliders only for a new model."""
    model = gr.State("")

    def entered(event: gr.EventData, last: str) -> Updates:
        name = event._data.get("model") or ""
        values = everything.filters_for(name).values()
        fresh = "" if event._data.get("fresh") else gr.skip()
        return name, fresh, *(gr.skip() if name == last else gr.update(value=v) for v in values)

    outputs = [model, line, *sliders]
    canvas.entered(entered, model, outputs, api_name="everything_entered", **QUIET, **NO_QUEUE)


MODE = Mode("everything", texts.TITLE, 10, build, hint=texts.HINT)
