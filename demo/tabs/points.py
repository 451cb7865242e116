"""Points and boxes, the first mode of the page. Its panel is drawn by static/panel.js."""

import gradio as gr

from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.handlers import everything, export, masks, models, photos, points, tasks
from demo.tabs import Mode
from demo.tabs.shared import (
    EMBED_QUEUE,
    MODEL_QUEUE,
    NO_QUEUE,
    PHOTO_QUEUE,
    QUIET,
    Routes,
    wire_routes,
)
from demo.texts import points as texts

ROUTES: Routes = {
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
    wire_routes(engine, canvas, ROUTES)

    def left(event: gr.EventData) -> None:
        """Stop the work on the last photo when another one is opened."""
        tasks.stop(engine, {"token": event._data.get("left")})

    canvas.entered(left, None, None, api_name="canvas_entered", **QUIET, **NO_QUEUE)


MODE = Mode("points", texts.TITLE, 0, build, prompts=True)
