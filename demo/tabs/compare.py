"""Compare: the same clicks on two to four models, side by side and under a slider."""

import html

import gradio as gr
import numpy as np

from demo import texts
from demo.canvas import PromptCanvas
from demo.engine.engine import Engine
from demo.handlers import compare as comparing
from demo.tabs import Mode
from demo.tabs.points import MODEL, QUIET
from esam_core.errors import EsamError

Slide = tuple[np.ndarray, np.ndarray] | None


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    choices = comparing.contestants(engine)
    menu = [(one.label, one.key) for one in choices]
    chosen = gr.Dropdown(
        menu,
        value=comparing.at_first(choices),
        multiselect=True,
        max_choices=comparing.MOST,
        label=texts.COMPARE_WHO,
        elem_classes="es-field",
    )
    missing = comparing.absent(engine)
    if missing:
        lines = [texts.COMPARE_ABSENT.format(title=t, command=c) for t, c in missing]
        gr.Markdown("\n".join(lines), elem_id="es-compare-absent", elem_classes="es-message")
    run = gr.Button(texts.COMPARE_RUN, variant="primary", elem_id="es-compare-run")
    note = gr.Markdown(elem_id="es-compare-note", elem_classes="es-message")
    with gr.Column(visible=False) as results:
        table = gr.HTML(elem_id="es-compare-table", elem_classes="es-table")
        slider = gr.ImageSlider(label=texts.COMPARE_SLIDER, type="numpy", interactive=False)
        with gr.Row(elem_classes="es-pair"):
            left = gr.Dropdown([], label=texts.COMPARE_LEFT, interactive=True)
            right = gr.Dropdown([], label=texts.COMPARE_RIGHT, interactive=True)
        gallery = gr.Gallery(
            label=texts.COMPARE_SIDE,
            columns=2,
            object_fit="contain",
            height="auto",
            elem_classes="es-gallery",
        )

    def answer(value: dict, keys: list[str]) -> list:
        try:
            result = comparing.compare_prompt(engine, value, keys)
        except EsamError as error:
            return [str(error), gr.update(visible=False), *[gr.skip()] * 5]
        labels = [one.label for one in result.contestants]
        side = list(zip(result.pictures, labels, strict=True))
        pick = [(label, i) for i, label in enumerate(labels)]
        return [
            "",
            gr.update(visible=True),
            _table(result),
            (result.pictures[0], result.pictures[1]),
            gr.update(choices=pick, value=0),
            gr.update(choices=pick, value=1),
            side,
        ]

    def slide(pictures: list | None, first: int | None, second: int | None) -> Slide:
        if not pictures or first is None or second is None:
            return None
        most = len(pictures) - 1
        return pictures[min(first, most)][0], pictures[min(second, most)][0]

    run.click(
        answer,
        [canvas, chosen],
        [note, results, table, slider, left, right, gallery],
        api_name="compare",
        **QUIET | {"show_progress": "minimal"},
        **MODEL,
    )
    for menu_of_two in (left, right):
        menu_of_two.input(
            slide, [gallery, left, right], slider, api_name="compare_slide", queue=False, **QUIET
        )


def _table(result: comparing.Result) -> str:
    """Set the rows as HTML; names come from our own tables, but are escaped all the same."""
    numbers = [f"{i + 1}" for i in range(len(result.contestants))]
    head = ["", *texts.COMPARE_HEAD, *(f"IoU {number}" for number in numbers)]
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = ""
    for number, (label, weights, *values) in zip(numbers, comparing.as_rows(result), strict=True):
        who = f"{html.escape(label)}<small>{html.escape(weights)}</small>"
        columns = "".join(f"<td>{html.escape(value)}</td>" for value in values)
        body += f"<tr><td>{number}</td><td>{who}</td>{columns}</tr>"
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


MODE = Mode("compare", "Compare", build, prompts=True, hint=texts.COMPARE_HINT, wide=True)
