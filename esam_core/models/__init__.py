"""The table of models, and loading a row as a segmenter; importing it loads no network."""

from esam_core.models.loading import available_models as available_models
from esam_core.models.loading import best_model as best_model
from esam_core.models.loading import load_segmenter as load_segmenter
from esam_core.models.rows import MODELS as MODELS
from esam_core.models.rows import model_spec as model_spec
from esam_core.models.specs import SAM_THRESHOLDS as SAM_THRESHOLDS
from esam_core.models.specs import GridThresholds as GridThresholds
from esam_core.models.specs import ModelSpec as ModelSpec
