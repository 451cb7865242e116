"""Image -> embedding -> masks: the interface of all models, and its implementations.

Names are imported on first use, so that importing the package does not load torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.segmenter.base import BaseSegmenter as BaseSegmenter
    from esam_core.segmenter.base import prompts_per_batch as prompts_per_batch
    from esam_core.segmenter.base import stability_score as stability_score
    from esam_core.segmenter.network import TorchSegmenter as TorchSegmenter
    from esam_core.segmenter.protocol import ImageEmbedding as ImageEmbedding
    from esam_core.segmenter.protocol import LowResMasks as LowResMasks
    from esam_core.segmenter.protocol import Segmenter as Segmenter

_MODULE_OF = {
    "BaseSegmenter": "base",
    "prompts_per_batch": "base",
    "stability_score": "base",
    "TorchSegmenter": "network",
    "ImageEmbedding": "protocol",
    "LowResMasks": "protocol",
    "Segmenter": "protocol",
}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'esam_core.segmenter' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.segmenter.{_MODULE_OF[name]}"), name)
