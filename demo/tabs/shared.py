"""Shared by the tabs: queues of events, the message line, and long work with Cancel."""

import html
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas, report_refusal
from demo.engine import Engine
from demo.handlers import tasks
from demo.handlers.errors import Reply
from demo.texts import shared as texts

QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    "api_visibility": "private",
}
# While a slider moves, only its last value matters.
NEWEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}
# The engine runs one model call at a time, clicks first; other requests meanwhile decode photos and
# encode masks. Each kind has its own queue, or photos would fill the queue of clicks. Measured with
# 16 visitors: limit 1 gave 21 clicks/s, 4 gave 23 to 27, 16 gave 25 to 27 and 10% more memory.
MODEL_QUEUE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 8}
EMBED_QUEUE: dict[str, Any] = {"concurrency_id": "embed", "concurrency_limit": 2}
PHOTO_QUEUE: dict[str, Any] = {"concurrency_id": "photo", "concurrency_limit": 4}
LONG_QUEUE: dict[str, Any] = {"concurrency_id": "long", "concurrency_limit": 1}
NO_QUEUE: dict[str, Any] = {"queue": False}

Updates = tuple[Any, ...]
Handler = Callable[[Engine, Any], Reply]
# event of the canvas -> handler and Gradio queue; requests without a model never wait for one
Routes = dict[str, tuple[Handler, dict[str, Any]]]


def wire_routes(engine: Engine, canvas: PromptCanvas, routes: Routes) -> None:
    """Wire requests of the canvas to their handlers; each reply is the prop ``<event>_reply``."""
    for kind, (handler, how) in routes.items():
        listen, answer = getattr(canvas, kind), _route(engine, kind, handler)
        event = listen(answer, None, canvas, api_name=f"canvas_{kind}", **QUIET, **how)
        report_refusal(event, kind)


def _route(engine: Engine, kind: str, handler: Handler) -> Callable[[gr.EventData], Any]:
    def answer(event: gr.EventData) -> Any:
        reply: dict[str, Any] = {f"{kind}_reply": handler(engine, event._data)}
        return gr.update(**reply)

    return answer


def message(text: str, error: bool = False) -> str:
    """Return sentences, one per line, as HTML; escaped, because they may quote user input."""
    lines = "<br>".join(html.escape(line) for line in text.split("\n"))
    kind = "es-error" if error else ""
    return f'<span role="status" class="{kind}">{lines}</span>'


def message_of(reply: Reply) -> str:
    """Return the message or the error of a reply as HTML."""
    error = reply.get("error")
    return message(error, error=True) if error else message(reply.get("message", ""))


def message_line(mode: str, elem_id: str | None = None) -> gr.HTML:
    """Add the line for messages and errors of a mode."""
    return gr.HTML(elem_id=elem_id or f"es-{mode}-message", elem_classes="es-message")


def run_buttons(mode: str, label: str) -> tuple[gr.Button, gr.Button]:
    """Add the main button, and Cancel, which replaces it during the work."""
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
    """Wire long work: progress in the message line, Cancel during the work, then the reply.

    Args:
        engine: The engine.
        canvas: The first input of the work.
        mode: Name of the mode.
        triggers: The events that start the work, by API name.
        handler: Called with the engine, the canvas' value, the values of ``inputs``, and
            ``progress`` and ``cancel`` by name.
        show: Turns a reply, or a partial one, into updates of ``outputs``.
        inputs: Further inputs.
        outputs: Components that the reply updates besides the message.
        controls: Message line, main button, Cancel.
        counting: Text of the progress, with ``done`` and ``total``.
        how: Gradio's queue settings.
    """
    unchanged = (gr.skip(),) * len(outputs)

    def listen(payload: Any, *values: Any) -> Iterator[Updates]:
        yield progress_bar(texts.WAITING), *_busy(True), *unchanged

        def task(progress: tasks.Report, cancel: Callable[[], bool]) -> Reply:
            return handler(engine, payload, *values, progress=progress, cancel=cancel)

        for event in tasks.run(engine, payload, mode, task):
            if isinstance(event, tasks.Step):
                sentence = counting.format(done=event.done, total=event.total)
                yield progress_bar(sentence, event), *(gr.skip(),) * 2, *unchanged
            elif isinstance(event, tasks.Partial):
                yield *(gr.skip(),) * 3, *show(event.reply)
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
    """Return a progress bar as HTML; without a step, an indeterminate one."""
    amount = f' max="{step.total}" value="{step.done}"' if step else ""
    # Counting is for the eye: announced, every step would interrupt the last one.
    return f'<progress{amount}></progress><span aria-live="off">{html.escape(sentence)}</span>'


def _busy(is_busy: bool) -> Updates:
    return gr.update(visible=not is_busy), gr.update(visible=is_busy)
