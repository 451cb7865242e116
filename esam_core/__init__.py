"""Promptable segmentation with EfficientSAM: image -> embedding (+ prompt) -> masks -> picture."""

from importlib import import_module

__version__ = "0.1.0"

# Names are imported when they are first used, so that `import esam_core` costs nothing and reads no
# file; the page and `--help` come up before torch is loaded.
_HOMES = {
    "comparison": ("compare",),
    "datasets.detections": ("load_detections",),
    "errors": ("EsamError", "InvalidImage", "InvalidPrompt", "WeightsNotFound"),
    "images": ("asset", "load_rgb"),
    "masks": ("Masks", "rank_masks_by"),
    "models": ("MODELS", "available_models", "load_segmenter"),
    "prompts": ("PointLabel", "Prompt"),
    "saliency.maps": ("SALIENCY", "load_saliency"),
    "saliency.masks": ("SalientSettings", "salient_masks"),
    "segmenter": ("ImageEmbedding", "Segmenter"),
    "text.encoders": ("load_text_encoder",),
    "text.proposals": ("propose",),
    "text.ranking": ("embed_regions", "rank_masks"),
    "text.specs": ("TEXT_ENCODERS",),
    "visualize": ("draw_masks", "draw_prompt", "panel"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'esam_core' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
