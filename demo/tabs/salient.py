"""Salient: what stands out, the map it was seen in, and the points that prompted the masks."""

import html
import random
from uuid import uuid4

import gradio as gr

from demo import texts
from demo.canvas import PromptCanvas
from demo.engine.engine import Engine
from demo.handlers import salient as salience
from demo.tabs import Mode
from demo.tabs.points import MODEL, QUIET
from esam_core.errors import EsamError
from esam_core.saliency.masks import SalientSettings

T = texts.SALIENT
SEEDS = 10_000
NEWEST = {**QUIET, "trigger_mode": "always_last"}


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row(elem_classes="es-run"):
        run = gr.Button(T["run"], variant="primary", elem_id="es-salient-run")
        shuffle = gr.Button(T["shuffle"], elem_id="es-salient-shuffle")
    told = gr.HTML(elem_id="es-salient-message", elem_classes="es-message")
    with gr.Group(elem_classes="es-sliders"):
        threshold = gr.Slider(
            0.05, 0.95, 0.5, step=0.05, label=T["threshold"], elem_classes="es-slider"
        )
        points = gr.Slider(1, 6, 3, step=1, label=T["points"], elem_classes="es-slider")
    prompt = gr.Radio(
        [(T[name], name) for name in ("uniform", "spread", "box")],
        value="uniform",
        label=T["prompt"],
        elem_classes="es-choice",
    )
    with gr.Row(elem_classes="es-pair"):
        instances = gr.Checkbox(True, label=T["instances"])
        show_map = gr.Checkbox(True, label=T["map"])
    with gr.Row(elem_classes="es-pair"):
        seed = gr.Number(
            0, label=T["seed"], precision=0, minimum=0, elem_id="es-salient-seed", min_width=80
        )
        keep = gr.Button(T["keep"], elem_id="es-salient-keep")
    panel = [threshold, points, prompt, instances, seed, show_map]

    def find(value: dict, *chosen: object) -> tuple:
        try:
            sight, answer = salience.find(engine, value, _settings(*chosen[:-1]))
        except EsamError as error:
            return gr.skip(), _line(str(error), bad=True)
        layers = salience.layers(sight, answer, with_map=bool(chosen[-1]))
        return gr.update(layers=layers), _line(salience.sentence(answer))

    def again(value: dict, *chosen: object) -> tuple:
        """Answer a changed setting, but do not begin by itself on another photo."""
        return find(value, *chosen) if value.get("token") else (gr.skip(), gr.skip())

    def keep_masks(value: dict, *chosen: object) -> tuple:
        try:
            sight, answer = salience.find(engine, value, _settings(*chosen[:-1]))
        except EsamError as error:
            return gr.skip(), _line(str(error), bad=True)
        layers = salience.kept_layers(sight, answer, uuid4().hex)
        return gr.update(layers=layers), _line(T["kept"].format(count=len(answer.masks)))

    answered = {"inputs": [canvas, *panel], "outputs": [canvas, told]}
    run.click(find, **answered, api_name="salient", **QUIET, **MODEL)
    drawn = shuffle.click(_other_seed, seed, seed, api_name="salient_shuffle", queue=False, **QUIET)
    drawn.then(find, **answered, api_name="salient_shuffled", **QUIET, **MODEL)
    for name, part in (("threshold", threshold), ("points", points), ("prompt", prompt)):
        part.input(again, **answered, api_name=f"salient_{name}", **NEWEST, **MODEL)
    for name, part in (("instances", instances), ("map", show_map), ("seed", seed)):
        part.input(again, **answered, api_name=f"salient_{name}", **NEWEST, **MODEL)
    keep.click(keep_masks, **answered, api_name="salient_keep", **QUIET, **MODEL)
    canvas.entered(_entered, None, told, api_name="salient_entered", queue=False, **QUIET)


def _settings(
    threshold: float, points: float, prompt: str, instances: bool, seed: float | None
) -> SalientSettings:
    return SalientSettings(
        threshold=threshold,
        points=int(points),
        prompt=prompt,
        instances=bool(instances),
        seed=int(seed or 0),
    )


def _other_seed(seed: float | None) -> int:
    return (int(seed or 0) + random.randrange(1, SEEDS)) % SEEDS


def _entered(event: gr.EventData) -> object:
    return "" if event._data.get("fresh") else gr.skip()


def _line(sentence: str, *, bad: bool = False) -> str:
    kind = "es-error" if bad else ""
    return f'<span role="status" class="{kind}">{html.escape(sentence)}</span>'


MODE = Mode("salient", "Salient", build, hint=T["hint"])
