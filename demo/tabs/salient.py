"""Salient: salient objects, the saliency map, and the points that prompted the masks."""

import random
from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.handlers import salient
from demo.handlers.errors import Reply
from demo.tabs import Mode
from demo.tabs.shared import (
    MODEL_QUEUE,
    NEWEST,
    NO_QUEUE,
    QUIET,
    Updates,
    message_line,
    message_of,
    run_buttons,
    wire_long,
)
from demo.texts import salient as texts

SEEDS = 10_000


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row(elem_classes="es-run"):
        run, cancel = run_buttons("salient", texts.RUN)
        shuffle = gr.Button(texts.SHUFFLE, elem_id="es-salient-shuffle")
    line = message_line("salient")
    with gr.Group(elem_classes="es-sliders"):
        threshold = gr.Slider(
            0.05, 0.95, 0.5, step=0.05, label=texts.THRESHOLD, elem_classes="es-slider"
        )
        points = gr.Slider(1, 6, 3, step=1, label=texts.POINTS, elem_classes="es-slider")
    prompt = gr.Radio(
        [(title, name) for name, title in texts.PROMPTS.items()],
        value="uniform",
        label=texts.PROMPT,
        elem_classes="es-choice",
    )
    with gr.Row(elem_classes="es-pair"):
        instances = gr.Checkbox(True, label=texts.INSTANCES)
        show_map = gr.Checkbox(True, label=texts.MAP)
    with gr.Row(elem_classes="es-pair"):
        seed = gr.Number(
            0,
            label=texts.SEED,
            precision=0,
            minimum=0,
            elem_id="es-salient-seed",
            elem_classes="es-field",
            min_width=80,
        )
        keep = gr.Button(texts.KEEP, elem_id="es-salient-keep")
    controls = {
        "threshold": threshold,
        "points": points,
        "prompt": prompt,
        "instances": instances,
        "seed": seed,
        "map": show_map,
    }
    wire_long(
        engine,
        canvas,
        "salient",
        triggers={"salient_find": run.click},
        handler=_find,
        show=_show,
        inputs=[*controls.values()],
        outputs=[canvas],
        controls=(line, run, cancel),
        counting=texts.PROGRESS,
        how=MODEL_QUEUE,
    )
    _wire_settings(engine, canvas, line, controls, shuffle, keep)
    canvas.entered(_entered, None, line, api_name="salient_entered", **QUIET, **NO_QUEUE)


def _wire_settings(
    engine: Engine,
    canvas: PromptCanvas,
    line: gr.HTML,
    controls: dict[str, Any],
    shuffle: gr.Button,
    keep: gr.Button,
) -> None:
    def again(payload: Any, *values: Any) -> Updates:
        """Apply a changed setting; do nothing without a photo."""
        if not payload.get("token"):
            return gr.skip(), gr.skip()
        reply = _find(engine, payload, *values)
        return message_of(reply), *_show(reply)

    def keep_masks(payload: Any, *values: Any) -> Updates:
        reply = salient.keep(engine, payload, _settings(*values))
        return message_of(reply), *_show(reply)

    inputs, outputs = [canvas, *controls.values()], [line, canvas]
    seed = controls["seed"]
    drawn = shuffle.click(_other_seed, seed, seed, api_name="salient_shuffle", **QUIET, **NO_QUEUE)
    drawn.then(again, inputs, outputs, api_name="salient_shuffled", **QUIET, **MODEL_QUEUE)
    for name, control in controls.items():
        api_name = f"salient_{name}"
        control.input(again, inputs, outputs, api_name=api_name, **NEWEST, **MODEL_QUEUE)
    keep.click(keep_masks, inputs, outputs, api_name="salient_keep", **QUIET, **MODEL_QUEUE)


def _find(engine: Engine, payload: Any, *values: Any, **how: Any) -> Reply:
    return salient.find(engine, payload, _settings(*values), with_map=bool(values[-1]), **how)


def _settings(
    threshold: float, points: float, prompt: str, instances: bool, seed: float | None, _: bool
) -> dict[str, Any]:
    return {
        "threshold": threshold,
        "points": int(points),
        "prompt": prompt,
        "instances": bool(instances),
        "seed": int(seed or 0),
    }


def _show(reply: Reply) -> Updates:
    return (gr.update(layers=reply["layers"]) if "layers" in reply else gr.skip(),)


def _other_seed(seed: float | None) -> int:
    return (int(seed or 0) + random.randrange(1, SEEDS)) % SEEDS


def _entered(event: gr.EventData) -> Any:
    return "" if event._data.get("fresh") else gr.skip()


MODE = Mode("salient", texts.TITLE, 20, build, hint=texts.HINT)
