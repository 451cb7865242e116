"""Salient: what stands out, the map it was seen in, and the points that prompted the masks."""

import random
from dataclasses import dataclass
from uuid import uuid4

import gradio as gr

from demo import finding, texts
from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.tabs import Mode
from demo.tabs.points import MODEL, QUIET
from esam_core.errors import EsamError
from esam_core.salient import SalientSettings

SEEDS = 10_000


@dataclass(frozen=True, slots=True)
class _Panel:
    threshold: gr.Slider
    points: gr.Slider
    prompt: gr.Radio
    instances: gr.Checkbox
    seed: gr.Number
    show_map: gr.Checkbox
    note: gr.HTML

    def inputs(self) -> list:
        return [
            self.threshold,
            self.points,
            self.prompt,
            self.instances,
            self.seed,
            self.show_map,
        ]


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row():
        run = gr.Button(texts.SALIENT_RUN, variant="primary", elem_id="es-salient-run")
        shuffle = gr.Button(texts.SALIENT_SHUFFLE, elem_id="es-salient-shuffle")
    panel = _Panel(
        note=gr.HTML(elem_id="es-salient-note"),
        threshold=gr.Slider(0.05, 0.95, 0.5, step=0.05, label=texts.SALIENT_THRESHOLD),
        points=gr.Slider(1, 6, 3, step=1, label=texts.SALIENT_POINTS),
        prompt=gr.Radio(list(texts.SALIENT_PROMPTS), value="uniform", label=texts.SALIENT_HOW),
        instances=gr.Checkbox(True, label=texts.SALIENT_INSTANCES),
        show_map=gr.Checkbox(True, label=texts.SALIENT_MAP),
        seed=gr.Number(0, label=texts.SALIENT_SEED, precision=0, minimum=0),
    )
    keep = gr.Button(texts.KEEP_FOUND, elem_id="es-salient-keep")

    def find(value: dict, *chosen: object) -> tuple:
        *settings, show_map = chosen
        try:
            answer = finding.find_salient(engine, value, _settings(*settings))
        except EsamError as error:
            return gr.skip(), str(error)
        layers = finding.salient_layers(value["token"], answer, with_map=bool(show_map))
        return gr.update(layers=layers), finding.say_salient(answer)

    def keep_found(value: dict, *chosen: object) -> tuple:
        *settings, _ = chosen
        try:
            answer = finding.find_salient(engine, value, _settings(*settings))
        except EsamError as error:
            return gr.skip(), str(error)
        layers = finding.salient_layers(value["token"], answer)
        kept = {**layers["salient-masks"], "kind": "objects", "nonce": uuid4().hex}
        return gr.update(layers={**dict.fromkeys(layers), "kept": kept}), gr.skip()

    found = {
        "fn": find,
        "inputs": [canvas, *panel.inputs()],
        "outputs": [canvas, panel.note],
        **QUIET,
        **MODEL,
    }
    run.click(api_name="salient", **found)
    shuffle.click(
        lambda: random.randrange(SEEDS),
        None,
        panel.seed,
        api_name="salient_seed",
        queue=False,
        **QUIET,
    ).then(api_name="salient_shuffled", **{**found, "trigger_mode": None})
    for slider in (panel.threshold, panel.points):
        slider.release(api_name=f"salient_{slider.label.lower()}", **found)
    for name, choice in (
        ("prompt", panel.prompt),
        ("instances", panel.instances),
        ("map", panel.show_map),
    ):
        choice.input(api_name=f"salient_{name}", **found)
    panel.seed.submit(api_name="salient_seeded", **found)
    keep.click(
        keep_found,
        [canvas, *panel.inputs()],
        [canvas, panel.note],
        api_name="salient_keep",
        **QUIET,
        **MODEL,
    )


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


MODE = Mode("salient", "Salient", build, hint=texts.SALIENT_HINT)
