"""Compare: several answers to the same clicks, shown on the stage by static/versus.js."""

from demo.canvas import PromptCanvas
from demo.engine import Engine
from demo.handlers import compare, compare_picture
from demo.tabs import Mode
from demo.tabs.shared import MODEL_QUEUE, NO_QUEUE, Routes, wire_routes
from demo.texts import compare as texts

ROUTES: Routes = {
    "choices": (compare.listed, NO_QUEUE),
    "compare": (compare.compare, MODEL_QUEUE),
    "stop": (compare.stop, NO_QUEUE),
    "comparison": (compare_picture.save, MODEL_QUEUE),
}


def build(engine: Engine, canvas: PromptCanvas) -> None:
    """Wire the requests; the panel has no controls of Gradio."""
    wire_routes(engine, canvas, ROUTES)


MODE = Mode(
    "compare",
    texts.TITLE,
    40,
    build,
    prompts=True,
    hint=texts.HINT,
    hint_touch=texts.HINT_TOUCH,
    compares=True,
    kinds=tuple(ROUTES),
)
