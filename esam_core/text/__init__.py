"""Text to masks: text and region encoders, and the ranking of an image's masks by texts."""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.text.clip_weights import download_clip, is_present, missing_packages
    from esam_core.text.encoders import TextEncoder, load_text_encoder
    from esam_core.text.phrases import ParsedText, split_texts
    from esam_core.text.proposals import (
        GridOrigin,
        PromptOrigin,
        Proposals,
        propose,
        trace_proposals,
    )
    from esam_core.text.ranking import RegionFeatures, TextRanking, embed_regions, rank_masks
    from esam_core.text.regions import CropSettings, region_crops
    from esam_core.text.specs import OFFLINE, TEXT_ENCODERS, TextEncoderSpec
    from esam_core.text.vocabulary import Vocabulary, load_vocabulary

# Imported on first use: the page reads settings and specs without loading torch.
_MODULE_OF = {
    "download_clip": "clip_weights",
    "is_present": "clip_weights",
    "missing_packages": "clip_weights",
    "TextEncoder": "encoders",
    "load_text_encoder": "encoders",
    "ParsedText": "phrases",
    "split_texts": "phrases",
    "GridOrigin": "proposals",
    "PromptOrigin": "proposals",
    "Proposals": "proposals",
    "propose": "proposals",
    "trace_proposals": "proposals",
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
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
