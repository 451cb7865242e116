"""Salient objects: saliency maps, and masks prompted from them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from esam_core.saliency.maps import SALIENCY as SALIENCY
    from esam_core.saliency.maps import SaliencyMap as SaliencyMap
    from esam_core.saliency.maps import SaliencyModel as SaliencyModel
    from esam_core.saliency.maps import SaliencySpec as SaliencySpec
    from esam_core.saliency.maps import load_saliency as load_saliency
    from esam_core.saliency.masks import SalientMasks as SalientMasks
    from esam_core.saliency.masks import SalientSettings as SalientSettings
    from esam_core.saliency.masks import salient_components as salient_components
    from esam_core.saliency.masks import salient_masks as salient_masks

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
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'esam_core.saliency' has no attribute {name!r}")
    return getattr(import_module(f"esam_core.saliency.{_MODULE_OF[name]}"), name)
