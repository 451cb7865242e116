"""Text: what texts name, ranked; one colour per text."""

import html
from collections.abc import Sequence
from uuid import uuid4

import gradio as gr

from demo import texts
from demo.canvas import PromptCanvas
from demo.engine.engine import Engine
from demo.handlers import text as naming
from demo.tabs import Mode
from demo.tabs.points import LONG, MODEL, QUIET
from esam_core.errors import EsamError
from esam_core.text import OFFLINE, TEXT_ENCODERS

T = texts.TEXT
# The canvas is an answer too, and must not fade while one is awaited: progress shows in the panel.
BUSY = {**QUIET, "show_progress": "minimal"}


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row(elem_classes="es-run"):
        query = gr.Textbox(
            label=T["query"],
            show_label=False,
            container=False,
            placeholder=T["example"],
            max_lines=1,
            elem_id="es-text-query",
            elem_classes="es-field",
        )
        run = gr.Button(T["run"], variant="primary", elem_id="es-text-run")
    told = gr.HTML(elem_id="es-text-message", elem_classes="es-message")
    ranked = gr.Gallery(
        label=T["ranked"],
        show_label=False,
        columns=3,
        height="auto",
        allow_preview=False,
        visible=False,
        buttons=[],
        elem_id="es-text-ranked",
        elem_classes="es-gallery",
    )
    with gr.Group(elem_classes="es-sliders"):
        threshold = gr.Slider(
            0,
            1,
            TEXT_ENCODERS[OFFLINE].threshold,
            step=0.01,
            label=T["threshold"],
            elem_classes="es-slider",
        )
    with gr.Row(elem_classes="es-pair"):
        who = gr.Dropdown(
            naming.encoder_menu(), value=OFFLINE, label=T["who"], filterable=False, min_width=120
        )
        keep = gr.Button(T["keep"], elem_id="es-text-keep")
    about = gr.HTML(_about(OFFLINE), elem_id="es-text-about", elem_classes="es-message")
    picked = gr.State(None)
    asked = [canvas, query, threshold, who]

    def find(value: dict, *asking: object) -> tuple:
        try:
            found = naming.find(engine, value, *asking)
        except EsamError as error:
            return gr.skip(), _lines([str(error)], bad=True), gr.skip(), None
        shown = [hit for hit in found.hits if hit.chosen]
        pictures = naming.thumbnails(found)
        gallery = gr.update(value=pictures, visible=bool(pictures), selected_index=None)
        return gr.update(layers=naming.layers(found, shown)), _lines(found.notices), gallery, None

    def again(value: dict, query: str, *asking: object) -> tuple:
        """Answer another threshold, if anything was asked for."""
        return find(value, query, *asking) if query.strip() else (gr.skip(),) * 4

    def pick(value: dict, query: str, score: float, encoder: str, event: gr.SelectData) -> tuple:
        found = naming.find(engine, value, query, score, encoder)
        layers = naming.layers(found, _shown(found, event.index))
        return gr.update(layers=layers), event.index

    def keep_masks(value: dict, query: str, score: float, encoder: str, index: int | None) -> tuple:
        try:
            found = naming.find(engine, value, query, score, encoder)
        except EsamError as error:
            return gr.skip(), _lines([str(error)], bad=True)
        shown = _shown(found, index)
        layers = naming.kept_layers(found, shown, uuid4().hex)
        return gr.update(layers=layers), _lines([T["kept"].format(count=len(shown))])

    answer = [canvas, told, ranked, picked]
    query.submit(find, asked, answer, api_name="text", show_progress_on=told, **BUSY, **LONG)
    run.click(find, asked, answer, api_name="text_find", show_progress_on=told, **BUSY, **LONG)
    newest = {**QUIET, "trigger_mode": "always_last"}
    threshold.input(again, asked, answer, api_name="text_threshold", **newest, **LONG)
    ranked.select(pick, asked, [canvas, picked], api_name="text_pick", **QUIET, **MODEL)
    keep.click(keep_masks, [*asked, picked], [canvas, told], api_name="text_keep", **QUIET, **MODEL)
    who.input(
        lambda name: (_about(name), TEXT_ENCODERS[name].threshold),
        who,
        [about, threshold],
        api_name="text_encoder",
        queue=False,
        **QUIET,
    )
    canvas.entered(_entered, None, [told, ranked], api_name="text_entered", queue=False, **QUIET)


def _shown(found: naming.Found, index: int | None) -> list[naming.Hit]:
    """Take the picked thumbnail, or without one all that answer."""
    hits = found.hits
    if index is not None and 0 <= index < len(hits):
        return [hits[index]]
    return [hit for hit in hits if hit.chosen]


def _entered(event: gr.EventData) -> tuple:
    if not event._data.get("fresh"):
        return gr.skip(), gr.skip()
    return "", gr.update(value=[], visible=False)


def _about(encoder: str) -> str:
    """Say who reads texts; the offline vocabulary also says what it cannot, and what can."""
    if encoder == OFFLINE:
        return f"<span>{html.escape(T['offline'])} <code>{html.escape(T['command'])}</code></span>"
    row = TEXT_ENCODERS[encoder]
    return f"<span>{html.escape(T['clip'].format(title=row.title, licence=row.licence))}</span>"


def _lines(notices: Sequence[str], *, bad: bool = False) -> str:
    """Set sentences as HTML; they repeat what was typed, so they are escaped."""
    kind = "es-error" if bad else ""
    lines = (f'<span class="{kind}">{html.escape(notice)}</span>' for notice in notices)
    return f'<div role="status">{"<br>".join(lines)}</div>'


MODE = Mode("text", "Text", build, hint=T["hint"])
