"""Compare: the same clicks on two to four models, side by side and under a slider."""

import html
from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.handlers import compare
from demo.handlers.errors import Reply
from demo.tabs import Mode
from demo.tabs.shared import (
    MODEL_QUEUE,
    NO_QUEUE,
    QUIET,
    Updates,
    message_line,
    run_buttons,
    wire_long,
)
from demo.texts import compare as texts


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    choices = compare.model_choices(engine)
    chosen = gr.Dropdown(
        [(one.label, one.key) for one in choices],
        value=compare.first_choices(choices),
        multiselect=True,
        max_choices=compare.MOST,
        label=texts.MODELS,
        elem_classes="es-field",
    )
    if missing := compare.absent_models(engine):
        gr.HTML(_absent(missing), elem_id="es-compare-absent", elem_classes="es-message")
    with gr.Row(elem_classes="es-run"):
        run, cancel = run_buttons("compare", texts.RUN)
    line = message_line("compare", "es-compare-note")
    with gr.Column(visible=False) as results:
        table = gr.HTML(elem_id="es-compare-table", elem_classes="es-table")
        slider = gr.ImageSlider(label=texts.SLIDER, type="numpy", interactive=False)
        with gr.Row(elem_classes="es-pair"):
            left = gr.Dropdown([], label=texts.LEFT, interactive=True, elem_classes="es-field")
            right = gr.Dropdown([], label=texts.RIGHT, interactive=True, elem_classes="es-field")
        gallery = gr.Gallery(
            label=texts.SIDE,
            columns=2,
            object_fit="contain",
            height="auto",
            elem_classes="es-gallery",
        )
    wire_long(
        engine,
        canvas,
        "compare",
        triggers={"compare_find": run.click},
        handler=compare.find,
        show=_show,
        inputs=[chosen],
        outputs=[results, table, slider, left, right, gallery],
        controls=(line, run, cancel),
        counting=texts.PROGRESS,
        how=MODEL_QUEUE,
    )
    for menu in (left, right):
        menu.input(
            _slide,
            [gallery, left, right],
            slider,
            api_name="compare_slide",
            **QUIET,
            **NO_QUEUE,
        )


def _show(reply: Reply) -> Updates:
    """Return the updates of the results: column, table, slider, its two menus, gallery."""
    if "error" in reply:
        return gr.update(visible=False), *(gr.skip(),) * 5
    if "rows" not in reply:
        return (gr.skip(),) * 6
    pictures, labels = reply["pictures"], reply["labels"]
    menu = [(label, i) for i, label in enumerate(labels)]
    return (
        gr.update(visible=True),
        _table(reply["rows"]),
        (pictures[0], pictures[1]),
        gr.update(choices=menu, value=0),
        gr.update(choices=menu, value=1),
        list(zip(pictures, labels, strict=True)),
    )


def _slide(pictures: list[Any] | None, first: int | None, second: int | None) -> Any:
    if not pictures or first is None or second is None:
        return None
    most = len(pictures) - 1
    return pictures[min(first, most)][0], pictures[min(second, most)][0]


def _absent(missing: list[tuple[str, str]]) -> str:
    lines = (
        f"<span>{html.escape(sentence)} <code>{html.escape(command)}</code></span>"
        for sentence, command in missing
    )
    return "<br>".join(lines)


def _table(rows: list[list[str]]) -> str:
    """Return the rows as an HTML table, escaped."""
    head = ["", *texts.HEAD, *(f"IoU {number}" for number in range(1, len(rows) + 1))]
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = ""
    for number, (label, weights, *values) in enumerate(rows, 1):
        name = f"{html.escape(label)}<small>{html.escape(weights)}</small>"
        columns = "".join(f"<td>{html.escape(value)}</td>" for value in values)
        body += f"<tr><td>{number}</td><td>{name}</td>{columns}</tr>"
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


MODE = Mode("compare", texts.TITLE, 40, build, prompts=True, hint=texts.HINT, wide=True)
