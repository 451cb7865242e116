"""What visitors share: models, photos, results and one scheduler. Knows no page."""

from demo.engine.engine import Engine

__all__ = ["Engine"]
