"""PromptCanvas: the workspace as one Gradio component; its script and style lie in static/."""

from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("pictures.js", "canvas.js", "page.js")

# Constant on purpose: Gradio reads templates as code, so nothing that a visitor typed may enter.
TEMPLATE = '<div class="es-page"></div>'
MOUNT = "mountPage({ element, props, trigger, watch });"


class PromptCanvas(gr.HTML):
    """The photo, its tools, candidates, objects, export and strip.

    The page asks by events (``canvas.prompt(fn, None, canvas)``); the payload is the event's data
    and the answer goes into the prop ``<event>_reply``. ``layers`` shows further pictures over the
    photo, see ``setLayers`` in static/canvas.js. As an input of other events the component's value
    is ``{"mode", "token", "model", "picked", "prompt"}``.

    Args:
        kinds: The events that are answered through a prop.
        props: ``texts``, ``gallery``, ``exports``, ``modes``, ``max_bytes``, ``layers``.
    """

    def __init__(self, *, kinds: list[str], elem_id: str = "es-canvas", **props: Any):
        # Gradio makes the component anew for every update, with the update's props among these.
        props = {"value": {}} | {f"{kind}_reply": None for kind in kinds} | props
        super().__init__(
            html_template=TEMPLATE,
            js_on_load="\n".join((*map(_static, SCRIPTS), MOUNT)),
            head=f"<style>\n{_static('canvas.css')}\n{_static('page.css')}\n</style>",
            apply_default_css=False,
            elem_id=elem_id,
            kinds=kinds,
            **props,
        )

    def api_info(self) -> dict[str, Any]:
        """Describe the value to Gradio's own listing."""
        return {"type": "object", "description": "mode, token, model, picked, prompt"}


@cache
def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
