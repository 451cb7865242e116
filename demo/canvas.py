"""PromptCanvas: the workspace as one Gradio component; its scripts and styles are in static/."""

from typing import Any

import gradio as gr
from gradio.events import Dependency

from demo.handlers.pictures import drawing_colours
from demo.static import bundle, styles

STYLES = (
    *("canvas.css", "objects.css", "page.css", "controls.css", "fields.css"),
    *("words.css", "export.css", "found.css", "arrival.css", "versus.css"),
)
# Constant on purpose: Gradio runs templates as code, so no user input may enter them.
TEMPLATE = '<div class="es-page"></div>'
MOUNT = "entry.mount({ element, props, trigger, watch });"
WORDS = "entry.mount({ element, trigger });"
REFUSED = """() => {{
  const refused = new CustomEvent('es-refused', {{ detail: '{kind}', bubbles: true }});
  document.querySelector('.es-page').dispatchEvent(refused);
}}"""
# The file that static/gradio.js has sent, as the value of Gradio's upload button.
UPLOADED = "() => JSON.parse(document.querySelector('.es-page').dataset.upload)"


class PromptCanvas(gr.HTML):
    """The photo, its tools, candidates, objects, export and strip.

    Requests are events (``canvas.prompt(fn, None, canvas)``): the payload is the event's data and
    the reply goes into the prop ``<event>_reply``. ``layers`` shows further pictures over the
    photo, see ``Layer`` in static/types.d.ts. As an input of other events, the component's value is
    ``{"mode", "token", "model", "picked", "prompt"}``.

    Args:
        kinds: The events that have a reply prop.
        props: ``texts``, ``gallery``, ``welcome``, ``exports``, ``help``, ``modes``,
            ``max_bytes``, ``layers``.
    """

    def __init__(self, *, kinds: list[str], elem_id: str = "es-canvas", **props: Any):
        # Gradio creates the component again for every update, with the updated props.
        replies = {f"{kind}_reply": None for kind in kinds}
        props = {"value": {}, **drawing_colours(), **replies, **props}
        super().__init__(
            html_template=TEMPLATE,
            js_on_load=f"{bundle('main.js')}\n{MOUNT}",
            head=f"<style>\n{styles(*STYLES)}\n</style>",
            apply_default_css=False,
            elem_id=elem_id,
            kinds=kinds,
            **props,
        )

    def api_info(self) -> dict[str, Any]:
        """Describe the value for Gradio's API listing."""
        return {"type": "object", "description": "mode, token, model, picked, prompt"}


def word_chips(elem_id: str) -> gr.HTML:
    """Add words as buttons: the data of its event ``word`` has the chosen one as ``word``.

    A value with ``data-look`` is answered by the event ``look`` when it comes into view.
    ``typed`` comes for every change of a field ``es-typed`` of the same mode.
    """
    script = f"{bundle('words.js')}\n{WORDS}"
    return gr.HTML(js_on_load=script, elem_id=elem_id, elem_classes="es-words")


def report_refusal(event: Dependency, kind: str) -> None:
    """Notify the page at once when Gradio refuses a request because its queue is full.

    Otherwise the page would wait for the reply until its timeout.

    Args:
        event: The dependency that registering the listener returned.
        kind: The event of the request.
    """
    event.failure(None, None, None, js=REFUSED.format(kind=kind), api_visibility="private")
