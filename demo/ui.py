"""The page: layout and wiring.

To add a mode (a tab over the same photo):

1. Write ``demo/tabs/<name>.py`` with ``build(engine, canvas)`` and a ``MODE = Mode(...)`` (see
   ``demo/tabs/__init__.py``). ``build`` runs inside the mode's panel: put its Gradio components
   there and give every event an explicit ``api_name`` and ``**QUIET`` from ``demo.tabs.points``;
   events that run a model also ``**MODEL``, or ``**LONG`` if they take more than a second.
2. Take ``canvas`` as an input: its value is ``{"mode", "token", "model", "picked", "prompt"}``.
   ``engine.photo(token)`` is the photo, ``engine.embed(photo, model)`` its embedding. Run models
   by ``engine.work(call)`` and call ``engine.give_way()`` between steps: clicks go first.
3. Return ``gr.update(layers={"<layer>": {"kind": ..., "token": token, "mode": "<name>", ...}})``
   with ``canvas`` as the output; the kinds of layers are listed at ``Layer`` in
   ``static/types.d.ts``. ``None`` instead of a layer takes it away.
4. Put the handlers into ``demo/handlers.py`` (no gradio), the sentences into ``demo/texts.py``,
   and ``MODE`` into ``MODES`` below. Tabs appear as soon as there is more than one mode.
"""

from typing import Any
from uuid import uuid4

import gradio as gr

from demo import texts
from demo.canvas import PromptCanvas, report_refusal
from demo.engine.engine import Engine
from demo.handlers import points as handlers
from demo.handlers.photos import strip
from demo.tabs import Mode, compare, everything, points, salient, text
from demo.tabs.points import MODEL, QUIET, ROUTES
from esam_core.errors import EsamError

MODES: tuple[Mode, ...] = (
    points.MODE,
    everything.MODE,
    salient.MODE,
    text.MODE,
    compare.MODE,
)
MAX_MEGABYTES = 40

LAUNCH: dict[str, Any] = {
    "run_history": False,
    "max_file_size": f"{MAX_MEGABYTES}mb",
    "footer_links": [],
    # Gradio's 600 of this font holds a few letters only; 400 and 700 are whole.
    "theme": gr.themes.Base(
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ),
}


def build(engine: Engine, modes: tuple[Mode, ...] = MODES) -> gr.Blocks:
    """Lay out the page over an engine; start the engine before or after."""
    with gr.Blocks(
        title=texts.PAGE["title"], delete_cache=(3600, 3600), analytics_enabled=False
    ) as demo:
        canvas = PromptCanvas(
            kinds=[*ROUTES, "upload"],
            texts=texts.PAGE,
            gallery=strip(),
            exports=texts.EXPORTS,
            modes=[
                {
                    "name": mode.name,
                    "title": mode.title,
                    "prompts": mode.prompts,
                    "hint": mode.hint,
                    "hint_touch": mode.hint_touch,
                    "wide": mode.wide,
                }
                for mode in modes
            ],
            max_bytes=MAX_MEGABYTES * 1_000_000,
            layers={},
        )
        _door(engine, canvas)
        # Panels wait here; the page moves each beside the stage when its tab is opened.
        with gr.Column(elem_id="es-modes"):
            for mode in modes:
                with gr.Column(elem_id=f"es-mode-{mode.name}", elem_classes="es-mode-panel"):
                    mode.build(engine, canvas)
        _endpoint(engine)
    return queue(demo)


def queue(demo: gr.Blocks) -> gr.Blocks:
    """Bound the waiting line: a full line is refused with a message, not slowed to a halt."""
    return demo.queue(max_size=64, default_concurrency_limit=1)


def _door(engine: Engine, canvas: PromptCanvas) -> None:
    """Photos enter through Gradio's own button; it checks their size and never hands out a path."""
    with gr.Column(elem_id="es-door"):
        button = gr.UploadButton(type="binary")

    def opened(content: bytes | None) -> dict:
        # A prop that does not change is not noticed: two equal refusals must differ.
        return gr.update(upload_reply={**handlers.upload(engine, content), "nonce": uuid4().hex})

    event = button.upload(
        opened,
        button,
        canvas,
        api_name="canvas_upload",
        concurrency_id="photo",
        concurrency_limit=4,
        **QUIET,
    )
    report_refusal(event, "upload")


def _endpoint(engine: Engine) -> None:
    """The one public endpoint, on plain inputs of its own."""

    def segment(image: str, prompts: dict) -> tuple:
        """Segment one photo by points and a box; see /segment in the README."""
        try:
            return handlers.segment_file(engine, image, prompts)
        except EsamError as error:
            raise gr.Error(str(error), print_exception=False) from error

    with gr.Row(visible=False):
        image = gr.File(type="filepath", label="image")
        prompts = gr.JSON(label="prompts")
        mask = gr.Image(format="png", image_mode="L", label="mask")
        info = gr.JSON(label="info")
        gr.Button().click(segment, [image, prompts], [mask, info], api_name="segment", **MODEL)
