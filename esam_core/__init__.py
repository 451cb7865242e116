"""Promptable segmentation with EfficientSAM: image -> embedding (+ prompt) -> masks -> picture.

Names are imported on first use, so that ``import esam_core`` is fast and the page and ``--help``
start without loading torch. The imports below are for editors and type checkers.
"""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.cleanup import CleanUp
    from esam_core.comparison import compare_models
    from esam_core.corrections.replaying import replay
    from esam_core.corrections.steps import Step, steps_of
    from esam_core.datasets.detections import load_detections
    from esam_core.errors import (
        Cancelled,
        DownloadFailed,
        EsamError,
        InvalidImage,
        InvalidPrompt,
        InvalidSettings,
        MissingPackage,
        TooManyPrompts,
        UnknownModel,
        UnknownWord,
        UnsupportedPrompt,
        WeightsMismatch,
        WeightsNotFound,
    )
    from esam_core.everything.generate import segment_everything
    from esam_core.everything.settings import GridSettings, preset
    from esam_core.images import asset, load_photo, load_rgb
    from esam_core.mask_files import load_mask
    from esam_core.masks import Masks, rank_masks_by
    from esam_core.models import MODELS, available_models, load_segmenter
    from esam_core.process import tune_process
    from esam_core.prompts import PointLabel, Prompt
    from esam_core.saliency.maps import SALIENCY, load_saliency
    from esam_core.saliency.masks import SalientSettings, salient_masks
    from esam_core.sam.compat import SamAutomaticMaskGenerator, SamPredictor, sam_model_registry
    from esam_core.segmenter import ImageEmbedding, Segmenter
    from esam_core.text.encoders import load_text_encoder
    from esam_core.text.proposals import propose
    from esam_core.text.ranking import embed_regions, rank_masks
    from esam_core.text.specs import TEXT_ENCODERS
    from esam_core.visualize import draw_masks, draw_prompt, panel

__version__ = "0.1.0"

_NAMES_IN = {
    "cleanup": ("CleanUp",),
    "comparison": ("compare_models",),
    "corrections.replaying": ("replay",),
    "corrections.steps": ("Step", "steps_of"),
    "datasets.detections": ("load_detections",),
    "errors": (
        "Cancelled",
        "DownloadFailed",
        "EsamError",
        "InvalidImage",
        "InvalidPrompt",
        "InvalidSettings",
        "MissingPackage",
        "TooManyPrompts",
        "UnknownModel",
        "UnknownWord",
        "UnsupportedPrompt",
        "WeightsMismatch",
        "WeightsNotFound",
    ),
    "everything.generate": ("segment_everything",),
    "everything.settings": ("GridSettings", "preset"),
    "images": ("asset", "load_photo", "load_rgb"),
    "mask_files": ("load_mask",),
    "masks": ("Masks", "rank_masks_by"),
    "models": ("MODELS", "available_models", "load_segmenter"),
    "process": ("tune_process",),
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
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
