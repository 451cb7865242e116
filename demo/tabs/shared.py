"""What the tabs share: how their events run, the line of text, and long work with Cancel."""

import html
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.handlers import tasks
from demo.handlers.errors import Reply
from demo.texts import shared as texts

QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    "api_visibility": "private",
}
# While a slider moves, only its last place counts.
NEWEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}
# The engine lets one at a time use the models, clicks first; what waits for it here can meanwhile
# decode photos and encode masks. Each kind has a line of its own, or photos would fill that of
# clicks. Measured with 16 visitors: limit 1 gave 21 clicks/s, 4 gave 23 to 27, 16 gave 25 to 27
# and 10% more memory.
MODEL_QUEUE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 8}
EMBED_QUEUE: dict[str, Any] = {"concurrency_id": "embed", "concurrency_limit": 2}
PHOTO_QUEUE: dict[str, Any] = {"concurrency_id": "photo", "concurrency_limit": 4}
LONG_QUEUE: dict[str, Any] = {"concurrency_id": "long", "concurrency_limit": 1}
NO_QUEUE: dict[str, Any] = {"queue": False}

Updates = tuple[Any, ...]


def message(text: str, error: bool = False) -> str:
    """Set sentences, one a line, as HTML; they may repeat what was typed, so they are escaped."""
    lines = "<br>".join(html.escape(line) for line in text.split("\n"))
    kind = "es-error" if error else ""
    return f'<span role="status" class="{kind}">{lines}</span>'


def message_of(reply: Reply) -> str:
    """Set what a reply says, errors as such."""
    error = reply.get("error")
    return message(error, error=True) if error else message(reply.get("message", ""))


def message_line(mode: str, elem_id: str | None = None) -> gr.HTML:
    """Lay out the line that says what a mode found, or what went wrong."""
    return gr.HTML(elem_id=elem_id or f"es-{mode}-message", elem_classes="es-message")


def run_buttons(mode: str, label: str) -> tuple[gr.Button, gr.Button]:
    """Lay out the main button, and Cancel, which stands in its place while it works."""
    run = gr.Button(label, variant="primary", elem_id=f"es-{mode}-run")
    cancel = gr.Button(texts.CANCEL, visible=False, elem_id=f"es-{mode}-cancel")
    return run, cancel


def wire_long(
    engine: Engine,
    canvas: PromptCanvas,
    mode: str,
    *,
    triggers: dict[str, Callable[..., Any]],
    handler: Callable[..., Reply],
    show: Callable[[Reply], Updates],
    inputs: list[Any],
    outputs: list[Any],
    controls: tuple[gr.HTML, gr.Button, gr.Button],
    counting: str,
    how: dict[str, Any] = LONG_QUEUE,
) -> None:
    """Wire long work: progress in the message line, Cancel while it works, then its reply.

    Args:
        engine: The engine.
        canvas: The first input of the work.
        mode: Name of the mode.
        triggers: By API name, the events that start it.
        handler: Called with the engine, the canvas' value, the further inputs' values, and
            ``progress`` and ``cancel`` by name.
        show: Makes a reply into updates of ``outputs``.
        inputs: Further inputs.
        outputs: What the reply changes besides the message.
        controls: Message line, main button, Cancel.
        counting: The sentence of the progress, with ``done`` and ``total``.
        how: The queue.
    """
    unchanged = (gr.skip(),) * len(outputs)

    def listen(payload: Any, *values: Any) -> Iterator[Updates]:
        yield progress_bar(texts.WAITING), *_busy(True), *unchanged

        def task(progress: Callable[[int, int], None], cancel: Callable[[], bool]) -> Reply:
            return handler(engine, payload, *values, progress=progress, cancel=cancel)

        for event in tasks.run(engine, payload, mode, task):
            if isinstance(event, tasks.Step):
                sentence = counting.format(done=event.done, total=event.total)
                yield progress_bar(sentence, event), *(gr.skip(),) * 2, *unchanged
            else:
                yield message_of(event), *_busy(False), *show(event)

    for api_name, trigger in triggers.items():
        trigger(listen, [canvas, *inputs], [*controls, *outputs], api_name=api_name, **QUIET, **how)
    controls[2].click(
        lambda payload: tasks.stop(engine, payload, mode),
        canvas,
        None,
        api_name=f"{mode}_cancel",
        **QUIET,
        **NO_QUEUE,
    )


def progress_bar(sentence: str, step: tasks.Step | None = None) -> str:
    """Draw how far long work is; without a step, that it waits."""
    amount = f' max="{step.total}" value="{step.done}"' if step else ""
    return f"<progress{amount}></progress>{message(sentence)}"


def _busy(is_busy: bool) -> Updates:
    return gr.update(visible=not is_busy), gr.update(visible=is_busy)
