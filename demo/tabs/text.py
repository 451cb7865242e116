"""Text: masks ranked by texts, with one colour per text."""

import html
from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.handlers import encoders, text
from demo.handlers.encoders import OFFLINE
from demo.handlers.errors import Reply
from demo.tabs import Mode
from demo.tabs.shared import (
    LONG_QUEUE,
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
from demo.texts import text as texts


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row(elem_classes="es-run"):
        query = gr.Textbox(
            label=texts.QUERY,
            show_label=False,
            container=False,
            placeholder=texts.EXAMPLE,
            max_lines=1,
            elem_id="es-text-query",
            elem_classes="es-field",
        )
        run, cancel = run_buttons("text", texts.RUN)
    line = message_line("text")
    ranked = gr.Gallery(
        label=texts.RANKED,
        show_label=False,
        columns=3,
        height="auto",
        allow_preview=False,
        visible=False,
        buttons=[],
        elem_id="es-text-ranked",
        elem_classes=["es-gallery", "es-thumbs"],
    )
    with gr.Group(elem_classes="es-sliders"):
        threshold = gr.Slider(
            0,
            1,
            encoders.threshold_of(OFFLINE),
            step=0.01,
            label=texts.THRESHOLD,
            elem_classes="es-slider",
        )
    with gr.Row(elem_classes="es-pair"):
        encoder = gr.Dropdown(
            encoders.encoder_menu(),
            value=OFFLINE,
            label=texts.ENCODER,
            filterable=False,
            min_width=120,
            elem_classes="es-field",
        )
        keep = gr.Button(texts.KEEP, elem_id="es-text-keep")
    about = gr.HTML(_about(OFFLINE), elem_id="es-text-about", elem_classes="es-message")
    picked = gr.State(None)
    inputs = [query, threshold, encoder]
    wire_long(
        engine,
        canvas,
        "text",
        triggers={"text_submit": query.submit, "text_find": run.click},
        handler=text.find,
        show=_show,
        inputs=inputs,
        outputs=[canvas, ranked, picked],
        controls=(line, run, cancel),
        counting=texts.PROGRESS,
    )
    _wire_results(engine, canvas, inputs, (line, ranked, picked), keep)
    encoder.input(
        lambda name: (_about(name), encoders.threshold_of(name)),
        encoder,
        [about, threshold],
        api_name="text_encoder",
        **QUIET,
        **NO_QUEUE,
    )
    canvas.entered(_entered, None, [line, ranked], api_name="text_entered", **QUIET, **NO_QUEUE)


def _wire_results(
    engine: Engine,
    canvas: PromptCanvas,
    inputs: list[Any],
    results: tuple[gr.HTML, gr.Gallery, gr.State],
    keep: gr.Button,
) -> None:
    line, ranked, picked = results

    def again(payload: Any, query: str, *values: Any) -> Updates:
        """Apply another threshold, if there is a query."""
        if not query.strip():
            return (gr.skip(),) * 4
        reply = text.find(engine, payload, query, *values)
        return message_of(reply), *_show(reply)

    def pick(payload: Any, query: str, score: float, name: str, event: gr.SelectData) -> Updates:
        reply = text.find(engine, payload, query, score, name, picked=event.index)
        # What "Keep" has said meanwhile stays, unless there is an error to show.
        line_now = message_of(reply) if "error" in reply else gr.skip()
        return line_now, _layers(reply), event.index

    def keep_masks(payload: Any, *values: Any) -> Updates:
        *settings, index = values
        reply = text.keep(engine, payload, *settings, picked=index)
        return message_of(reply), _layers(reply)

    everything = [canvas, *inputs]
    threshold = inputs[1]
    outputs = [line, canvas, ranked, picked]
    threshold.input(again, everything, outputs, api_name="text_threshold", **NEWEST, **LONG_QUEUE)
    ranked.select(
        pick, everything, [line, canvas, picked], api_name="text_pick", **QUIET, **MODEL_QUEUE
    )
    keep.click(
        keep_masks,
        [*everything, picked],
        [line, canvas],
        api_name="text_keep",
        **QUIET,
        **MODEL_QUEUE,
    )


def _show(reply: Reply) -> Updates:
    """Return the updates of canvas, thumbnails and pick."""
    if "layers" not in reply:
        return gr.skip(), gr.skip(), None
    captions = [f"{hit['score']:.2f} {hit['label'][:24]}" for hit in reply["hits"]]
    pictures = list(zip(reply["thumbnails"], captions, strict=True))
    gallery = gr.update(value=pictures, visible=bool(pictures), selected_index=None)
    return _layers(reply), gallery, None


def _layers(reply: Reply) -> Any:
    return gr.update(layers=reply["layers"]) if "layers" in reply else gr.skip()


def _entered(event: gr.EventData) -> Updates:
    if not event._data.get("fresh"):
        return gr.skip(), gr.skip()
    return "", gr.update(value=[], visible=False)


def _about(encoder: str) -> str:
    """Describe a text model as HTML, with the command to get a better one, if any."""
    sentence, command = map(html.escape, encoders.about(encoder))
    code = f" <code>{command}</code>" if command else ""
    return f"<span>{sentence}{code}</span>"


MODE = Mode("text", texts.TITLE, 30, build, hint=texts.HINT)
