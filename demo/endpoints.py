"""The public endpoints of the page, for programs; each has components of its own."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import gradio as gr

from demo.engine import Engine
from demo.handlers import fields, service, tasks
from demo.handlers.errors import Reply
from demo.handlers.requests import Json
from demo.tabs.shared import LONG_QUEUE, MODEL_QUEUE, NO_QUEUE
from demo.texts import service as texts

Handler = Callable[..., Reply]

_NUMBERS = {"type": "array", "items": {"type": "number"}}
OBJECT: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "score": {"type": "number"},
        "predicted_iou": {"type": "number"},
        "stability_score": {"type": "number"},
        "box_xyxy": _NUMBERS,
        "area": {"type": "integer"},
        "rle": {
            "type": "object",
            "properties": {
                "size": {"type": "array", "items": {"type": "integer"}},
                "counts": {"type": "string"},
            },
        },
    },
}
ANSWER: Json = {
    "size_wh": {"type": "array", "items": {"type": "integer"}},
    "objects": {"type": "array", "items": OBJECT},
    "models": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                key: {"type": "string"}
                for key in ("name", "title", "provenance", "device", "precision")
            },
        },
    },
    "times": {
        "type": "object",
        "properties": {"embed_ms": {"type": "number"}, "total_ms": {"type": "number"}},
    },
    "note": {"type": "string"},
}
MODEL: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "title": {"type": "string"},
        "present": {"type": "boolean"},
        "parameters": {"type": "integer"},
        "licence": {"type": "string"},
        "understands_background": {"type": "boolean"},
        "download_bytes": {"type": "integer"},
        "default": {"type": "boolean"},
    },
}


class Record(gr.JSON):
    """JSON whose fields are listed for programs.

    Args:
        fields: Each field's JSON schema.
        label: What it holds.
        value: What it is where a program leaves it out; None if it must not.
    """

    is_template = True  # the browser shows Gradio's own component

    def __init__(self, fields: dict[str, Json], *, label: str, value: Json | None = None):
        self.fields = fields
        super().__init__(value, label=label)

    def api_info(self) -> dict[str, Any]:
        """Describe the fields for Gradio's API listing."""
        return {"type": "object", "description": self.label, "properties": self.fields}


def add_endpoints(engine: Engine) -> None:
    """Add the endpoints, out of sight."""
    with gr.Row(visible=False):
        info = Record(ANSWER, label=texts.INFO)
        image, prompts = _image(), Record(fields.SEGMENT, label=texts.PROMPTS)
        mask = gr.Image(format="png", image_mode="L", label=texts.MASK)
        _add(_segment(engine), [image, prompts], [mask, info], "segment", MODEL_QUEUE)
        for name, handler, wanted, how in (
            ("everything", service.everything, fields.EVERYTHING, LONG_QUEUE),
            ("salient", service.salient, fields.SALIENT, MODEL_QUEUE),
        ):
            settings = Record(wanted, label=texts.SETTINGS, value={})
            _add(_found(engine, name, handler), [image, settings], info, name, how)
        described = gr.Textbox(label=texts.TEXTS)
        settings = Record(fields.TEXT, label=texts.SETTINGS, value={})
        _add(_text(engine), [image, described, settings], info, "text", LONG_QUEUE)
        prompts = Record(fields.COMPARE, label=texts.PROMPTS)
        _add(_compare(engine), [image, prompts], info, "compare", MODEL_QUEUE)
        models = Record({"models": {"type": "array", "items": MODEL}}, label=texts.MODELS)
        _add(lambda: _answered(service.models(engine, {}))["info"], [], models, "models", NO_QUEUE)


def _image() -> gr.File:
    return gr.File(type="filepath", label=texts.IMAGE)


def _add(answer: Any, inputs: list[Any], outputs: Any, name: str, how: dict[str, Any]) -> None:
    gr.Button().click(answer, inputs, outputs, api_name=name, **how)


def _segment(engine: Engine) -> Callable[..., Any]:
    def segment(image: str, prompts: Json) -> tuple[Any, Json]:
        """Segment one photo by points and a box."""
        reply = _answered(service.segment(engine, {"image": image, "prompts": prompts}))
        return reply["mask"], reply["info"]

    return segment


def _found(engine: Engine, name: str, handler: Handler) -> Callable[..., Any]:
    def find(image: str, settings: Json) -> Iterator[Json]:
        yield from _work(engine, name, handler, {"image": image, "settings": settings})

    find.__doc__ = (handler.__doc__ or "").partition(";")[0] + "."
    return find


def _text(engine: Engine) -> Callable[..., Any]:
    def find(image: str, texts: str, settings: Json) -> Iterator[Json]:
        """Find what texts describe in a photo."""
        payload = {"image": image, "texts": texts, "settings": settings}
        yield from _work(engine, "text", service.text, payload)

    return find


def _compare(engine: Engine) -> Callable[..., Any]:
    def compare(image: str, prompts: Json) -> Iterator[Json]:
        """Run two to four models on the same points and box."""
        payload = {"image": image, "prompts": prompts}
        yield from _work(engine, "compare", service.compare, payload)

    return compare


def _work(engine: Engine, name: str, handler: Handler, payload: Json) -> Iterator[Json]:
    """Run long work: ``done`` and ``total`` while it lasts, then the answer.

    Gradio closes the iterator when the program has gone, which stops the work.
    """

    def task(progress: Callable[[int, int], None], cancel: Callable[[], bool]) -> Reply:
        return handler(engine, payload, progress=progress, cancel=cancel)

    for event in tasks.run(engine, {"token": uuid4().hex}, name, task):
        if isinstance(event, tasks.Step):
            yield {"done": event.done, "total": event.total}
        elif not isinstance(event, tasks.Partial):
            yield _answered(event)["info"]


def _answered(reply: Reply) -> Reply:
    if "info" not in reply:
        raise gr.Error(reply.get("error") or reply["message"], print_exception=False)
    return reply
