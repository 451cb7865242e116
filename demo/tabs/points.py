"""Points and boxes, the first mode of the page. Its panel is drawn by static/panel.js."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.canvas import PromptCanvas, report_refusal
from demo.engine import Engine
from demo.handlers import everything, export, masks, models, photos, points, tasks
from demo.handlers.errors import Reply
from demo.tabs import Mode
from demo.tabs.shared import EMBED_QUEUE, MODEL_QUEUE, NO_QUEUE, PHOTO_QUEUE, QUIET
from demo.texts import points as texts

Handler = Callable[[Engine, Any], Reply]

# event of the canvas -> handler and Gradio queue; requests without a model never wait for one
ROUTES: dict[str, tuple[Handler, dict[str, Any]]] = {
    "prompt": (points.prompt, MODEL_QUEUE),
    "preview": (points.preview, NO_QUEUE),
    "embed": (photos.embed, EMBED_QUEUE),
    "export": (export.export, MODEL_QUEUE),
    "example": (photos.example, PHOTO_QUEUE),
    "mask": (masks.opened, PHOTO_QUEUE),
    "regions": (everything.regions, NO_QUEUE),
    "status": (models.status, NO_QUEUE),
    "fetch": (models.fetch, NO_QUEUE),
}


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Wire the canvas' own events to the handlers."""
    for kind, (handler, how) in ROUTES.items():
        listen = getattr(canvas, kind)
        answer = _route(engine, kind, handler)
        event = listen(answer, None, canvas, api_name=f"canvas_{kind}", **QUIET, **how)
        report_refusal(event, kind)

    def left(event: gr.EventData) -> None:
        """Stop the work on the last photo when another one is opened."""
        tasks.stop(engine, {"token": event._data.get("left")})

    canvas.entered(left, None, None, api_name="canvas_entered", **QUIET, **NO_QUEUE)


def _route(engine: Engine, kind: str, handler: Handler) -> Callable[[gr.EventData], Any]:
    def answer(event: gr.EventData) -> Any:
        reply: dict[str, Any] = {f"{kind}_reply": handler(engine, event._data)}
        return gr.update(**reply)

    return answer


MODE = Mode("points", texts.TITLE, 0, build, prompts=True)
