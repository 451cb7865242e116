"""Segment-anything's API on EfficientSAM: its tutorials run with one import changed.

``SamPredictor``, ``SamAutomaticMaskGenerator`` and ``sam_model_registry`` take and return what
those of segment-anything 1.0 do. Differences: coordinates need no transform (``transform`` leaves
them as they are), the embedding is EfficientSAM's, boxes of records include their last pixel, the
generator's thresholds default to those of the model, and what the model does not support raises an
error with the reason.
"""

from esam_core.sam.generator import OUTPUT_MODES as OUTPUT_MODES
from esam_core.sam.generator import SamAutomaticMaskGenerator as SamAutomaticMaskGenerator
from esam_core.sam.model import SamModel as SamModel
from esam_core.sam.model import sam_model_registry as sam_model_registry
from esam_core.sam.predictor import SamPredictor as SamPredictor
