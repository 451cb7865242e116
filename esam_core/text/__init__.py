"""Text to masks: text and region encoders, and the ranking of an image's masks by texts."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.text.encoders import TextEncoder as TextEncoder
    from esam_core.text.encoders import load_text_encoder as load_text_encoder
    from esam_core.text.phrases import ParsedText as ParsedText
    from esam_core.text.phrases import split_texts as split_texts
    from esam_core.text.proposals import propose as propose
    from esam_core.text.ranking import RegionFeatures as RegionFeatures
    from esam_core.text.ranking import TextRanking as TextRanking
    from esam_core.text.ranking import embed_regions as embed_regions
    from esam_core.text.ranking import rank_masks as rank_masks
    from esam_core.text.regions import CropSettings as CropSettings
    from esam_core.text.regions import region_crops as region_crops
    from esam_core.text.specs import OFFLINE as OFFLINE
    from esam_core.text.specs import TEXT_ENCODERS as TEXT_ENCODERS
    from esam_core.text.specs import TextEncoderSpec as TextEncoderSpec
    from esam_core.text.vocabulary import Vocabulary as Vocabulary
    from esam_core.text.vocabulary import load_vocabulary as load_vocabulary

# Imported on first use: the page reads settings and specs without loading torch.
_MODULE_OF = {
    "TextEncoder": "encoders",
    "load_text_encoder": "encoders",
    "ParsedText": "phrases",
    "split_texts": "phrases",
    "propose": "proposals",
    "RegionFeatures": "ranking",
    "TextRanking": "ranking",
    "embed_regions": "ranking",
    "rank_masks": "ranking",
    "CropSettings": "regions",
    "region_crops": "regions",
    "OFFLINE": "specs",
    "TEXT_ENCODERS": "specs",
    "TextEncoderSpec": "specs",
    "Vocabulary": "vocabulary",
    "load_vocabulary": "vocabulary",
}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'esam_core.text' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.text.{_MODULE_OF[name]}"), name)
