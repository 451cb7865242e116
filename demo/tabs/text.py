"""Text: what a text names, ranked; one colour per text."""

import html
from uuid import uuid4

import gradio as gr

from demo import finding, texts
from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.tabs import Mode
from demo.tabs.points import LONG, MODEL, QUIET
from esam_core.errors import EsamError
from esam_core.text_encoders import OFFLINE, TEXT_ENCODERS

OFFLINE_THRESHOLD = 0.15
CLIP_THRESHOLD = 0.5


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row(equal_height=True):
        query = gr.Textbox(
            label=texts.TEXT_QUERY,
            placeholder=texts.TEXT_EXAMPLE,
            max_lines=1,
            scale=4,
            elem_id="es-text-query",
        )
        run = gr.Button(texts.TEXT_RUN, variant="primary", scale=1, elem_id="es-text-run")
    note = gr.HTML(elem_id="es-text-note")
    gallery = gr.Gallery(
        label=texts.TEXT_RANKED,
        columns=4,
        height="auto",
        allow_preview=False,
        elem_id="es-text-ranked",
    )
    keep = gr.Button(texts.KEEP_FOUND, elem_id="es-text-keep")
    threshold = gr.Slider(0, 1, OFFLINE_THRESHOLD, step=0.01, label=texts.TEXT_THRESHOLD)
    who = gr.Dropdown(finding.encoder_menu(), value=OFFLINE, label=texts.TEXT_WHO)
    about = gr.HTML(_about(OFFLINE), elem_id="es-text-about")
    picked = gr.State(None)

    def find(value: dict, asked: str, score: float, encoder: str) -> tuple:
        try:
            found = finding.find_texts(engine, value, asked, score, encoder)
        except EsamError as error:
            return gr.skip(), _said([str(error)]), [], None
        listed = finding.hits(found)
        shown = [hit for hit in listed if hit.chosen]
        layers = finding.text_layers(found.photo.token, found, shown)
        return (
            gr.update(layers=layers),
            _said(found.notices),
            finding.thumbnails(found, listed),
            None,
        )

    def pick(value: dict, asked: str, score: float, encoder: str, event: gr.SelectData) -> tuple:
        return _show(value, asked, score, encoder, event.index), event.index

    def _show(
        value: dict, asked: str, score: float, encoder: str, index: int | None, keep: bool = False
    ) -> dict:
        try:
            found = finding.find_texts(engine, value, asked, score, encoder)
        except EsamError:
            return gr.skip()
        listed = finding.hits(found)
        one = index is not None and 0 <= index < len(listed)
        shown = [listed[index]] if one else [hit for hit in listed if hit.chosen]
        layers = finding.text_layers(found.photo.token, found, shown, keep=keep)
        if keep:
            layers["kept"]["nonce"] = uuid4().hex
        return gr.update(layers=layers)

    def keep_shown(value: dict, asked: str, score: float, encoder: str, index: int | None) -> dict:
        return _show(value, asked, score, encoder, index, keep=True)

    asked = [canvas, query, threshold, who]
    answer = [canvas, note, gallery, picked]
    busy = QUIET | {"show_progress": "minimal"}
    query.submit(find, asked, answer, api_name="text", **busy, **LONG)
    run.click(find, asked, answer, api_name="text_find", **busy, **LONG)
    threshold.release(find, asked, answer, api_name="text_threshold", **QUIET, **LONG)
    gallery.select(pick, asked, [canvas, picked], api_name="text_pick", **QUIET, **MODEL)
    keep.click(keep_shown, [*asked, picked], canvas, api_name="text_keep", **QUIET, **MODEL)
    who.input(
        lambda name: (_about(name), OFFLINE_THRESHOLD if name == OFFLINE else CLIP_THRESHOLD),
        who,
        [about, threshold],
        api_name="text_encoder",
        queue=False,
        **QUIET,
    )


def _about(encoder: str) -> str:
    if encoder == OFFLINE:
        return f"{html.escape(texts.TEXT_OFFLINE)}<code>{html.escape(texts.TEXT_COMMAND)}</code>"
    row = TEXT_ENCODERS[encoder]
    return html.escape(f"{row.title}, licence: {row.licence}")


def _said(notices: list[str] | tuple[str, ...]) -> str:
    """Set sentences as HTML; they repeat what was typed, so they are escaped."""
    return "".join(f"<p>{html.escape(notice)}</p>" for notice in notices)


MODE = Mode("text", "Text", build, hint=texts.TEXT_HINT)
