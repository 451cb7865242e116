"""Promptable segmentation with EfficientSAM: image -> embedding (+ prompt) -> masks -> picture."""

__version__ = "0.1.0"
