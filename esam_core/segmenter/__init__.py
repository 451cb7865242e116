"""Image -> embedding -> masks: the interface of all models, and its implementations.

Names are imported on first use, so that importing the package does not load torch.
"""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.segmenter.base import BaseSegmenter, prompts_per_batch, stability_score
    from esam_core.segmenter.network import TorchSegmenter
    from esam_core.segmenter.protocol import ImageEmbedding, LowResMasks, Segmenter

_MODULE_OF = {
    "BaseSegmenter": "base",
    "prompts_per_batch": "base",
    "stability_score": "base",
    "TorchSegmenter": "network",
    "ImageEmbedding": "protocol",
    "LowResMasks": "protocol",
    "Segmenter": "protocol",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
