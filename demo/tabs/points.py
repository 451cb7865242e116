"""Points and boxes: the page's first mode. Its panel is drawn in static/panel.js."""

import gradio as gr

from demo.canvas import PromptCanvas, report_refusal
from demo.engine.engine import Engine
from demo.handlers import everything
from demo.handlers import points as handlers
from demo.tabs import Mode

QUIET = {"show_progress": "hidden", "trigger_mode": "multiple", "api_visibility": "private"}
# The engine lets one at a time use the models, clicks first; what waits for it here can meanwhile
# decode photos and encode masks. Each kind has a line of its own, or photos would fill that of
# clicks. Measured with 16 visitors: limit 1 gave 21 clicks/s, 4 gave 23 to 27, 16 gave 25 to 27
# and 10% more memory.
MODEL = {"concurrency_id": "model", "concurrency_limit": 8}
READ = {"concurrency_id": "read", "concurrency_limit": 2}
LONG = {"concurrency_id": "long", "concurrency_limit": 1}

# event -> (handler, how Gradio runs it); what needs no model never waits behind it
ROUTES = {
    "prompt": (handlers.prompt, MODEL),
    "embed": (handlers.embed, READ),
    "export": (handlers.export, MODEL),
    "example": (handlers.example, {"concurrency_id": "photo", "concurrency_limit": 4}),
    "regions": (everything.regions, {"queue": False}),
    "status": (handlers.status, {"queue": False}),
    "fetch": (handlers.fetch, {"queue": False}),
}


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Wire the canvas' own events to the handlers."""
    for kind, (handler, how) in ROUTES.items():
        listen = getattr(canvas, kind)
        event = listen(
            _route(engine, kind, handler), None, canvas, api_name=f"canvas_{kind}", **QUIET, **how
        )
        report_refusal(event, kind)


def _route(engine: Engine, kind: str, handler):  # noqa: ANN001, ANN202
    def answer(event: gr.EventData) -> dict:
        return gr.update(**{f"{kind}_reply": handler(engine, event._data)})

    return answer


MODE = Mode("points", "Points", build, prompts=True)
