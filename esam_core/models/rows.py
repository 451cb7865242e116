"""The table of models, one row each.

To add a model, add a row: lists, presets, downloads and the page are derived from it.
"""

from esam_core.errors import UnknownModel
from esam_core.modeling.config import EfficientSamConfig, MiniConfig, SamSize
from esam_core.models.specs import MINI_THRESHOLDS, SAM_THRESHOLDS, ModelSpec
from esam_core.weights import (
    EFFICIENT_SAM_S,
    EFFICIENT_SAM_TI,
    MINI,
    SAM_VIT_B,
    SAM_VIT_H,
    SAM_VIT_L,
    HubModel,
)

EFFICIENT_SAM_PAPER = "Xiong et al., EfficientSAM, CVPR 2024, arXiv 2312.00863"
SAM_PAPER = "Kirillov et al., Segment Anything, ICCV 2023, arXiv 2304.02643"


def _sam(letter: str, weights: HubModel, parameters: int, size: SamSize) -> ModelSpec:
    """Return the row of one of SAM's three sizes."""
    return ModelSpec(
        name=weights.name,
        title=f"SAM ViT-{letter}",
        loader="esam_core.sam.original:load_sam",
        config=size,
        weights=weights,
        parameters=parameters,
        licence="Apache-2.0",
        paper=SAM_PAPER,
        needs=("transformers",),
        understands_background=True,
        understands_mask_input=True,
        grid_thresholds=SAM_THRESHOLDS,
    )


_ROWS = (
    ModelSpec(
        name="efficient_sam_s",
        title="EfficientSAM-S",
        loader="esam_core.models.networks:load_efficient_sam",
        config=EfficientSamConfig(embed_dim=384, num_heads=6),
        weights=EFFICIENT_SAM_S,
        parameters=26_413_028,
        licence="Apache-2.0",
        paper=EFFICIENT_SAM_PAPER,
    ),
    ModelSpec(
        name="efficient_sam_ti",
        title="EfficientSAM-Ti",
        loader="esam_core.models.networks:load_efficient_sam",
        config=EfficientSamConfig(),
        weights=EFFICIENT_SAM_TI,
        parameters=10_223_204,
        licence="Apache-2.0",
        paper=EFFICIENT_SAM_PAPER,
        recommended=True,
    ),
    ModelSpec(
        name="mini",
        title="ESAM-mini",
        loader="esam_core.models.networks:load_mini",
        config=MiniConfig(),
        weights=MINI,
        parameters=5_663_876,
        licence="Apache-2.0; parts of its training data are for research use only",
        paper="esam_mini.md, the card beside its weights",
        understands_background=True,
        understands_mask_input=True,
        quick=True,
        grid_thresholds=MINI_THRESHOLDS,
    ),
    _sam("B", SAM_VIT_B, 93_735_728, SamSize(768, 12, 12, (2, 5, 8, 11))),
    _sam("L", SAM_VIT_L, 312_343_088, SamSize(1024, 24, 16, (5, 11, 17, 23))),
    _sam("H", SAM_VIT_H, 641_090_864, SamSize(1280, 32, 16, (7, 15, 23, 31))),
)

# Best first, up to the bundled one; the larger ones after it are used when they are asked for.
MODELS: dict[str, ModelSpec] = {row.name: row for row in _ROWS}


def model_spec(name: str) -> ModelSpec:
    """Return a row of ``MODELS``.

    Raises:
        UnknownModel: Unknown name.
    """
    if name not in MODELS:
        raise UnknownModel(f"model {name!r} is unknown; use auto or one of {', '.join(MODELS)}.")
    return MODELS[name]
