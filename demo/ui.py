"""The page: the canvas, the panel of every mode, and the public endpoints.

To add a mode, write ``demo/tabs/<name>.py`` with a ``MODE``; see ``demo/tabs/__init__.py``.
"""

from dataclasses import fields
from typing import Any
from uuid import uuid4

import gradio as gr

from demo.canvas import UPLOADED, PromptCanvas, report_refusal
from demo.endpoints import add_endpoints
from demo.engine import Engine
from demo.handlers import photos
from demo.static import FOLDER
from demo.tabs import Mode, discover
from demo.tabs.points import ROUTES
from demo.tabs.shared import PHOTO_QUEUE, QUIET
from demo.texts import page as texts

MAX_MEGABYTES = 40

LAUNCH: dict[str, Any] = {
    "run_history": False,
    # On Hugging Face's Spaces Gradio would render on the server, and offer to install the page.
    "ssr_mode": False,
    "pwa": False,
    "max_file_size": f"{MAX_MEGABYTES}mb",
    "footer_links": [],
    "favicon_path": FOLDER / "icon.svg",
    # Gradio ships weight 600 of this font with a few letters only; 400 and 700 are complete.
    "theme": gr.themes.Base(
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ),
}


def build(engine: Engine) -> gr.Blocks:
    """Lay out the page over an engine; the engine may be started before or after."""
    modes = discover()
    with gr.Blocks(
        title=texts.PAGE["title"], delete_cache=(3600, 3600), analytics_enabled=False
    ) as page:
        canvas = PromptCanvas(
            kinds=[*ROUTES, *(kind for mode in modes for kind in mode.kinds), "upload"],
            texts=texts.PAGE,
            gallery=photos.strip(),
            welcome=photos.WELCOME,
            exports=texts.EXPORTS,
            help=texts.HELP,
            modes=[_described(mode) for mode in modes],
            max_bytes=MAX_MEGABYTES * 1_000_000,
            layers={},
        )
        _upload(engine, canvas)
        # The page moves each panel beside the stage when its tab is opened.
        with gr.Column(elem_id="es-modes"):
            for mode in modes:
                with gr.Column(elem_id=f"es-mode-{mode.name}", elem_classes="es-mode-panel"):
                    mode.build(engine, canvas)
        add_endpoints(engine)
    # Requests to a full queue are refused with a message.
    return page.queue(max_size=64, default_concurrency_limit=1)


def _described(mode: Mode) -> dict[str, Any]:
    """Return a mode as JSON for the page's script, without ``build``."""
    return {
        field.name: getattr(mode, field.name) for field in fields(mode) if field.name != "build"
    }


class NamedUpload(gr.UploadButton):
    """Gradio's upload button; what it gives is the content of the file and its true name."""

    is_template = True  # the browser shows Gradio's own button

    def preprocess(self, payload: Any) -> Any:
        """Return the content and the name; the path has another one, without special letters."""
        content = super().preprocess(payload)
        return None if content is None else (content, payload.orig_name or "")


def _upload(engine: Engine, canvas: PromptCanvas) -> None:
    """Open what the page has sent; as the value of Gradio's upload button, so its path is checked.

    Only files that were uploaded pass, and never one that the page merely names.
    """
    with gr.Column(elem_id="es-upload"):
        button = NamedUpload(type="binary")

    def opened(file: tuple[bytes, str] | None, event: gr.EventData) -> Any:
        reply = photos.upload(engine, *(file or (None,)))
        # Gradio ignores a prop that does not change; the nonce makes equal replies differ.
        numbers = {"seq": (event._data or {}).get("seq"), "nonce": uuid4().hex}
        return gr.update(upload_reply={**reply, **numbers})

    event = canvas.upload(
        opened, button, canvas, js=UPLOADED, api_name="canvas_upload", **QUIET, **PHOTO_QUEUE
    )
    report_refusal(event, "upload")
