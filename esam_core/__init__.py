"""Promptable segmentation with EfficientSAM: image -> embedding (+ prompt) -> masks -> picture.

Names are imported on first use, so that ``import esam_core`` is fast and the page and ``--help``
start without loading torch. The imports below are for editors and type checkers.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.comparison import compare_models as compare_models
    from esam_core.datasets.detections import load_detections as load_detections
    from esam_core.errors import Cancelled as Cancelled
    from esam_core.errors import DownloadFailed as DownloadFailed
    from esam_core.errors import EsamError as EsamError
    from esam_core.errors import InvalidImage as InvalidImage
    from esam_core.errors import InvalidPrompt as InvalidPrompt
    from esam_core.errors import InvalidSettings as InvalidSettings
    from esam_core.errors import TooManyPrompts as TooManyPrompts
    from esam_core.errors import UnknownModel as UnknownModel
    from esam_core.errors import UnknownWord as UnknownWord
    from esam_core.errors import UnsupportedPrompt as UnsupportedPrompt
    from esam_core.errors import WeightsMismatch as WeightsMismatch
    from esam_core.errors import WeightsNotFound as WeightsNotFound
    from esam_core.everything.generate import segment_everything as segment_everything
    from esam_core.everything.settings import GridSettings as GridSettings
    from esam_core.everything.settings import preset as preset
    from esam_core.images import asset as asset
    from esam_core.images import load_rgb as load_rgb
    from esam_core.masks import Masks as Masks
    from esam_core.masks import rank_masks_by as rank_masks_by
    from esam_core.models import MODELS as MODELS
    from esam_core.models import available_models as available_models
    from esam_core.models import load_segmenter as load_segmenter
    from esam_core.prompts import PointLabel as PointLabel
    from esam_core.prompts import Prompt as Prompt
    from esam_core.saliency.maps import SALIENCY as SALIENCY
    from esam_core.saliency.maps import load_saliency as load_saliency
    from esam_core.saliency.masks import SalientSettings as SalientSettings
    from esam_core.saliency.masks import salient_masks as salient_masks
    from esam_core.sam.compat import SamAutomaticMaskGenerator as SamAutomaticMaskGenerator
    from esam_core.sam.compat import SamPredictor as SamPredictor
    from esam_core.sam.compat import sam_model_registry as sam_model_registry
    from esam_core.segmenter import ImageEmbedding as ImageEmbedding
    from esam_core.segmenter import Segmenter as Segmenter
    from esam_core.text.encoders import load_text_encoder as load_text_encoder
    from esam_core.text.proposals import propose as propose
    from esam_core.text.ranking import embed_regions as embed_regions
    from esam_core.text.ranking import rank_masks as rank_masks
    from esam_core.text.specs import TEXT_ENCODERS as TEXT_ENCODERS
    from esam_core.visualize import draw_masks as draw_masks
    from esam_core.visualize import draw_prompt as draw_prompt
    from esam_core.visualize import panel as panel

__version__ = "0.1.0"

_NAMES_IN = {
    "comparison": ("compare_models",),
    "datasets.detections": ("load_detections",),
    "errors": (
        "Cancelled",
        "DownloadFailed",
        "EsamError",
        "InvalidImage",
        "InvalidPrompt",
        "InvalidSettings",
        "TooManyPrompts",
        "UnknownModel",
        "UnknownWord",
        "UnsupportedPrompt",
        "WeightsMismatch",
        "WeightsNotFound",
    ),
    "everything.generate": ("segment_everything",),
    "everything.settings": ("GridSettings", "preset"),
    "images": ("asset", "load_rgb"),
    "masks": ("Masks", "rank_masks_by"),
    "models": ("MODELS", "available_models", "load_segmenter"),
    "prompts": ("PointLabel", "Prompt"),
    "saliency.maps": ("SALIENCY", "load_saliency"),
    "saliency.masks": ("SalientSettings", "salient_masks"),
    "sam.compat": ("SamAutomaticMaskGenerator", "SamPredictor", "sam_model_registry"),
    "segmenter": ("ImageEmbedding", "Segmenter"),
    "text.encoders": ("load_text_encoder",),
    "text.proposals": ("propose",),
    "text.ranking": ("embed_regions", "rank_masks"),
    "text.specs": ("TEXT_ENCODERS",),
    "visualize": ("draw_masks", "draw_prompt", "panel"),
}
_MODULE_OF = {name: module for module, names in _NAMES_IN.items() for name in names}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'esam_core' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
