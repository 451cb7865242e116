"""Text: masks ranked by texts, with one colour per text."""

import html
from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas, word_chips
from demo.engine import Engine
from demo.handlers import encoders, text, words
from demo.handlers.encoders import OFFLINE
from demo.handlers.errors import Reply
from demo.tabs import Mode
from demo.tabs.shared import (
    EMBED_QUEUE,
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
            elem_classes=["es-field", "es-typed"],
        )
        run, cancel = run_buttons("text", texts.RUN)
    line = message_line("text")
    meant, chips = word_chips("es-text-meant"), word_chips("es-text-words")
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
    score = gr.HTML(
        _plain(encoders.about_score(OFFLINE)), elem_id="es-text-score", elem_classes="es-message"
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
    compete = gr.Checkbox(
        label=texts.COMPETE,
        info=texts.COMPETE_MEANS,
        visible=encoders.competes(OFFLINE),
        elem_id="es-text-compete",
    )
    picked = gr.State(None)
    inputs = [query, threshold, encoder, compete]
    results = [canvas, ranked, picked, meant]
    wire_long(
        engine,
        canvas,
        "text",
        triggers={
            "text_submit": query.submit,
            "text_find": run.click,
            "text_word": _chosen(chips, query, "words"),
            "text_meant": _chosen(meant, query, "meant"),
        },
        handler=text.find,
        show=_show,
        inputs=inputs,
        outputs=results,
        controls=(line, run, cancel),
        counting=texts.PROGRESS,
    )
    _wire_results(engine, inputs, [line, *results], keep)
    for name, changed in (("typed", meant.typed), ("changed", encoder.input)):
        changed(_cleared, None, [line, *results], api_name=f"text_{name}", **NEWEST, **NO_QUEUE)
    encoder.input(
        lambda name: (
            _about(name),
            encoders.threshold_of(name),
            _plain(encoders.about_score(name)),
            gr.update(visible=encoders.competes(name)),
        ),
        encoder,
        [about, threshold, score, compete],
        api_name="text_encoder",
        **QUIET,
        **NO_QUEUE,
    )
    _wire_words(engine, canvas, chips, [line, ranked, picked, meant])


def _wire_results(engine: Engine, inputs: list[Any], outputs: list[Any], keep: gr.Button) -> None:
    line, canvas, ranked, picked, _ = outputs

    def again(payload: Any, query: str, *values: Any) -> Updates:
        """Apply another threshold or rule, if there is a query."""
        if not query.strip():
            return (gr.skip(),) * len(outputs)
        reply = text.find(engine, payload, query, *values)
        return message_of(reply), *_show(reply)

    def pick(
        payload: Any, query: str, score: float, name: str, compete: bool, event: gr.SelectData
    ) -> Updates:
        reply = text.find(engine, payload, query, score, name, compete, picked=event.index)
        # What "Keep" has said meanwhile stays, unless there is an error to show.
        line_now = message_of(reply) if "error" in reply else gr.skip()
        return line_now, _layers(reply), event.index

    def keep_masks(payload: Any, *values: Any) -> Updates:
        *settings, index = values
        reply = text.keep(engine, payload, *settings, picked=index)
        return message_of(reply), _layers(reply)

    everything = [canvas, *inputs]
    _, threshold, _, compete = inputs
    for name, changed in (("threshold", threshold), ("compete", compete)):
        changed.input(again, everything, outputs, api_name=f"text_{name}", **NEWEST, **LONG_QUEUE)
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


def _chosen(chips: gr.HTML, query: gr.Textbox, name: str) -> Any:
    """Put a chosen word into the field; what follows is given to the result."""

    def put(event: gr.EventData) -> str:
        return str(event._data.get("word") or "")

    return chips.word(put, None, query, api_name=f"text_{name}_put", **QUIET, **NO_QUEUE).then


def _wire_words(engine: Engine, canvas: PromptCanvas, chips: gr.HTML, results: list[Any]) -> None:
    """Clear the results for a new photo and show its words."""

    def entered(event: gr.EventData) -> Updates:
        if not event._data.get("fresh"):
            return (gr.skip(),) * (len(results) + 1)
        reply = words.known(engine, event._data)
        return "", _no_thumbnails(), None, "", _words(reply, look=not reply.get("seen"))

    def look(payload: Any) -> Any:
        reply = words.likely(engine, payload)
        return gr.skip() if "error" in reply else _words(reply)

    canvas.entered(entered, None, [*results, chips], api_name="text_entered", **QUIET, **NO_QUEUE)
    chips.look(look, canvas, chips, api_name="text_look", **QUIET, **EMBED_QUEUE)


def _words(reply: Reply, *, look: bool = False) -> str:
    label = texts.WORDS if reply.get("seen") else texts.TRY
    return _chips(label, reply.get("words", []), look=look)


def _chips(label: str, names: list[str], *, look: bool = False) -> str:
    """Return words as buttons; no HTML without words."""
    buttons = "".join(
        f'<button type="button" data-word="{html.escape(name)}">{html.escape(name)}</button>'
        for name in names
    )
    mark = " data-look" if look else ""
    shown = html.escape(label)
    row = f'<div class="es-word-row" role="group" aria-label="{shown}"{mark}>'
    return f"{row}<span>{shown}</span>{buttons}</div>" if names else ""


def _cleared() -> Updates:
    """Remove the results of an earlier text: message, masks, thumbnails, pick, suggestions."""
    return "", gr.update(layers={"text-masks": None}), _no_thumbnails(), None, ""


def _no_thumbnails() -> Any:
    return gr.update(value=[], visible=False)


def _show(reply: Reply) -> Updates:
    """Return the updates of canvas, thumbnails, pick and suggestions."""
    if "layers" not in reply:
        return gr.skip(), gr.skip(), None, ""
    captions = [f"{hit['score']:.2f} {hit['label'][:24]}" for hit in reply["hits"]]
    pictures = list(zip(reply["thumbnails"], captions, strict=True))
    gallery = gr.update(value=pictures, visible=bool(pictures), selected_index=None)
    return _layers(reply), gallery, None, _chips(texts.MEANT, reply["suggestions"])


def _layers(reply: Reply) -> Any:
    return gr.update(layers=reply["layers"]) if "layers" in reply else gr.skip()


def _plain(sentence: str) -> str:
    return f"<span>{html.escape(sentence)}</span>"


def _about(encoder: str) -> str:
    """Describe a text model as HTML; the page fills in the download of an absent one."""
    sentence, absent = map(html.escape, encoders.about(encoder))
    place = f'<div class="es-get" aria-live="polite" data-download="{absent}"></div>'
    return f"<span>{sentence}</span>{place if absent else ''}"


MODE = Mode("text", texts.TITLE, 30, build, hint=texts.HINT)
