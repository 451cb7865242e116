"""State that all visitors share: models, photos, results and a scheduler; no Gradio."""

from demo.engine.engine import Engine

__all__ = ["Engine"]
