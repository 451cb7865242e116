"""Everything: a grid of points over the photo, its masks to choose from. The second mode."""

import html
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import gradio as gr

from demo import texts
from demo.canvas import PromptCanvas
from demo.engine.engine import Engine
from demo.handlers import everything
from demo.tabs import Mode
from demo.tabs.points import LONG, QUIET

T = texts.EVERYTHING
NEWEST = {
    **QUIET,
    "trigger_mode": "always_last",
}  # while a slider moves, only its last place counts
SLIDERS = {  # name -> lowest, highest, step
    "predicted_iou": (0.2, 1.0, 0.01),
    "stability": (0.0, 1.0, 0.01),
    "nms": (0.1, 1.0, 0.01),
    "min_area": (0.0, 5.0, 0.05),
}


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Lay out the panel and wire it."""
    with gr.Row(elem_classes="es-run"):
        choice = gr.Dropdown(
            [(T["presets"][name], name) for name in everything.CHOICES],
            value=everything.CHOICES[0],
            label=T["preset"],
            show_label=False,
            container=False,
            filterable=False,
            elem_classes="es-field",
        )
        run = gr.Button(T["run"], variant="primary", elem_id="es-everything-run")
        cancel = gr.Button(T["cancel"], visible=False, elem_id="es-everything-cancel")
    told = gr.HTML(elem_id="es-everything-message", elem_classes="es-message")
    with gr.Group(elem_classes="es-sliders"):
        sliders = [
            gr.Slider(low, high, value, step=step, label=T[name], elem_classes="es-slider")
            for (name, (low, high, step)), value in zip(
                SLIDERS.items(), everything.filters_for(None).values(), strict=True
            )
        ]
    table = gr.Dataframe(
        headers=T["headers"],
        datatype="number",
        type="array",
        interactive=False,
        visible=False,
        max_height=220,
        label=T["table"],
        show_label=False,
        elem_id="es-everything-table",
        elem_classes="es-table",
        buttons=[],
    )
    model = gr.State("")

    def find(seen: dict, choice: str, *values: float) -> Iterator[tuple]:
        yield gr.skip(), working(None), gr.skip(), *busy(True)
        answer: dict = {}
        for answer in everything.find(
            engine, seen, choice, dict(zip(SLIDERS, values, strict=True))
        ):
            if "done" in answer:
                yield gr.skip(), working(answer), *[gr.skip()] * 3
        yield *show(answer), *busy(False)

    def change(seen: dict, *values: float) -> tuple:
        answer = everything.change(engine, seen, dict(zip(SLIDERS, values, strict=True)))
        return show(answer) if answer else (gr.skip(), gr.skip(), gr.skip())

    def entered(event: gr.EventData, last: str) -> tuple:
        """Start afresh for a photo; keep the sliders as long as the model stays."""
        seen = event._data
        engine.kept.stop(seen.get("left") or "")
        name = seen.get("model") or ""
        places = everything.filters_for(name).values()
        same = name == last
        fresh = ("", gr.update(visible=False)) if seen.get("fresh") else (gr.skip(), gr.skip())
        return name, *fresh, *(gr.skip() if same else gr.update(value=v) for v in places)

    def selected(seen: dict, event: gr.SelectData) -> dict:
        row = event.row_value
        pick = {"kind": "pick", "token": seen["token"], "ids": [int(row[0])], "nonce": uuid4().hex}
        return gr.update(layers={"everything-pick": pick})

    shown = [canvas, told, table]
    run.click(
        find,
        [canvas, choice, *sliders],
        [*shown, run, cancel],
        api_name="everything",
        **QUIET,
        **LONG,
    )
    cancel.click(
        lambda seen: everything.stop(engine, seen),
        canvas,
        None,
        api_name="everything_cancel",
        queue=False,
        **QUIET,
    )
    for name, slider in zip(SLIDERS, sliders, strict=True):
        slider.input(change, [canvas, *sliders], shown, api_name=f"everything_{name}", **NEWEST)
    table.select(selected, canvas, canvas, api_name="everything_select", queue=False, **QUIET)
    canvas.entered(
        entered,
        model,
        [model, told, table, *sliders],
        api_name="everything_entered",
        queue=False,
        **QUIET,
    )


def show(answer: dict[str, Any]) -> tuple:
    """Return what the canvas, the line of text and the table become."""
    if "layer" not in answer:
        sentence = answer.get("error") or T["stopped"]
        return gr.skip(), line(sentence, bad="error" in answer), gr.skip()
    count = answer["count"]
    sentence = (
        T["none"] if not count else T["one"] if count == 1 else T["count"].format(count=count)
    )
    table = gr.update(value=answer["rows"], visible=bool(count))
    return gr.update(layers={"everything": answer["layer"]}), line(sentence), table


def working(answer: dict[str, int] | None) -> str:
    """Draw the progress bar."""
    if answer is None:
        return f'<progress></progress><span role="status">{T["waiting"]}</span>'
    done, total = answer["done"], answer["total"]
    sentence = T["progress"].format(done=done, total=total)
    return f'<progress max="{total}" value="{done}"></progress><span>{sentence}</span>'


def line(sentence: str, *, bad: bool = False) -> str:
    """Draw a sentence."""
    kind = "es-error" if bad else ""
    return f'<span role="status" class="{kind}">{html.escape(sentence)}</span>'


def busy(is_busy: bool) -> tuple:
    """Return what the two buttons become: one stands in the place of the other."""
    return gr.update(visible=not is_busy), gr.update(visible=is_busy)


MODE = Mode(
    "everything", "Everything", build, prompts=False, hint=T["hint"], hint_touch=T["hint_touch"]
)
