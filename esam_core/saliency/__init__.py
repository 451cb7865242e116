"""Salient objects: saliency maps, and masks prompted from them."""

from typing import TYPE_CHECKING

from esam_core.lazy import lazy_names

if TYPE_CHECKING:
    from esam_core.saliency.maps import (
        SALIENCY,
        SaliencyMap,
        SaliencyModel,
        SaliencySpec,
        load_saliency,
    )
    from esam_core.saliency.masks import (
        SalientMasks,
        SalientSettings,
        salient_components,
        salient_masks,
    )

# Imported on first use: the page reads settings and specs without loading torch.
_MODULE_OF = {
    "SALIENCY": "maps",
    "SaliencyMap": "maps",
    "SaliencyModel": "maps",
    "SaliencySpec": "maps",
    "load_saliency": "maps",
    "SalientMasks": "masks",
    "SalientSettings": "masks",
    "salient_components": "masks",
    "salient_masks": "masks",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _MODULE_OF)
