"""The table of models, one row each, and loading a row as a segmenter.

To add a model, add a row: lists, presets, downloads and the page are derived from it.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from esam_core.errors import UnknownModel, WeightsMismatch, WeightsNotFound
from esam_core.modeling.config import EfficientSamConfig, MiniConfig
from esam_core.weights import (
    EFFICIENT_SAM_S,
    EFFICIENT_SAM_TI,
    MINI,
    WEIGHTS,
    WeightsFile,
    find_weights,
    load_state_dict,
    obtain_weights,
    provenance,
)

if TYPE_CHECKING:
    from esam_core.modeling.promptable import Promptable
    from esam_core.segmenter import TorchSegmenter

# torch is imported when a model is built: the page and the command line list models without it.

EFFICIENT_SAM_PAPER = "Xiong et al., EfficientSAM, CVPR 2024, arXiv 2312.00863"


class GridThresholds(NamedTuple):
    """Thresholds of segment everything that suit a model; see ``GridSettings``."""

    pred_iou_thresh: float
    stability_score_thresh: float
    stability_score_offset: float
    looks: int = 0  # of the preset fast; see ``GridSettings``
    crop_n_layers: int = 0
    crop_n_points_downscale_factor: int = 1


# The thresholds in the notebook of EfficientSAM's authors.
EFFICIENT_SAM_THRESHOLDS = GridThresholds(0.7, 0.9, 1.0)
# Small models predict lower scores for the clicks of a grid: with EfficientSAM's thresholds the
# bundled one finds next to nothing. Low ones with a second look at the best masks find most; a
# coarser grid in four crops finds a fifth more, in twice the time (``eval everything``).
MINI_THRESHOLDS = GridThresholds(
    0.1, 0.3, 0.5, looks=90, crop_n_layers=1, crop_n_points_downscale_factor=2
)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model.

    Args:
        name: Name in code and on the command line.
        title: Name in the interface and in captions.
        config: Configuration of the architecture.
        build: Builds the network from the config, with random weights.
        weights: The weights file and its sources.
        parameters: Number of the network's parameters.
        licence: Licence of the weights.
        paper: The paper or document that describes it.
        understands_background: Whether it was trained with background points (label 0).
        understands_mask_input: Whether it was trained to correct an earlier mask.
        quick: Whether second looks cost so little that they are always worth it.
        grid_thresholds: Default thresholds of segment everything.
        recommended: Whether to suggest its download to users who have only bundled models.
    """

    name: str
    title: str
    config: Any
    build: "Callable[[Any], Promptable]"
    weights: WeightsFile
    parameters: int
    licence: str
    paper: str
    understands_background: bool = False
    understands_mask_input: bool = False
    quick: bool = False
    grid_thresholds: GridThresholds = EFFICIENT_SAM_THRESHOLDS
    recommended: bool = False

    @property
    def bundled(self) -> bool:
        """Whether the weights come with the project."""
        return self.weights.bundled is not None


def _build_efficient_sam(config: EfficientSamConfig) -> "Promptable":
    from esam_core.modeling.efficient_sam import EfficientSam

    return EfficientSam(config)


def _build_mini(config: MiniConfig) -> "Promptable":
    from esam_core.modeling.mini import Mini  # timm takes seconds to import; only mini needs it

    return Mini(config)


_ROWS = (
    ModelSpec(
        name="efficient_sam_s",
        title="EfficientSAM-S",
        config=EfficientSamConfig(embed_dim=384, num_heads=6),
        build=_build_efficient_sam,
        weights=EFFICIENT_SAM_S,
        parameters=26_413_028,
        licence="Apache-2.0",
        paper=EFFICIENT_SAM_PAPER,
    ),
    ModelSpec(
        name="efficient_sam_ti",
        title="EfficientSAM-Ti",
        config=EfficientSamConfig(),
        build=_build_efficient_sam,
        weights=EFFICIENT_SAM_TI,
        parameters=10_223_204,
        licence="Apache-2.0",
        paper=EFFICIENT_SAM_PAPER,
        recommended=True,
    ),
    ModelSpec(
        name="mini",
        title="ESAM-mini",
        config=MiniConfig(),
        build=_build_mini,
        weights=MINI,
        parameters=5_663_876,
        licence="Apache-2.0; parts of its training data are for research use only",
        paper="esam_mini.md, the card beside its weights",
        understands_background=True,
        understands_mask_input=True,
        quick=True,
        grid_thresholds=MINI_THRESHOLDS,
    ),
)

MODELS: dict[str, ModelSpec] = {row.name: row for row in _ROWS}  # best first


def available_models() -> list[str]:
    """Return the names of the models whose weights are on this machine, best first.

    Raises:
        WeightsNotFound: ``ESAM_WEIGHTS`` names a place that does not exist, or one that holds no
            weights file of this project.
    """
    _check_named_place()
    return [name for name, spec in MODELS.items() if find_weights(spec.weights) is not None]


def best_model() -> str:
    """Return what ``auto`` means: the best model whose weights are present.

    Without any, this is the bundled model, whose missing file is then named on loading.

    Raises:
        WeightsNotFound: As for ``available_models``.
    """
    bundled = next(name for name, spec in MODELS.items() if spec.bundled)
    return next(iter(available_models()), bundled)


def load_segmenter(
    name: str = "auto",
    *,
    weights: Path | str | None = None,
    device: str = "auto",
    precision: str = "auto",
    random: bool = False,
    download: bool = False,
    compiled: bool = False,
) -> "TorchSegmenter":
    """Load a model.

    Args:
        name: A row of ``MODELS``, or ``auto`` for the best one whose weights are present.
        weights: A weights file, or its folder, instead of the usual places.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        precision: ``auto``, ``fp32`` (exact), ``bf16`` or ``fp16``.
        random: Use random weights, for timing; the provenance is then ``random``.
        download: Download official weights that are missing.
        compiled: Compile the image encoder with torch.compile; its first call takes seconds.

    Raises:
        UnknownModel: Unknown name.
        WeightsNotFound: The weights were not found (for ``auto``: not even the bundled ones), or
            ``name`` is ``auto`` and the place in ``ESAM_WEIGHTS`` has no weights.
        WeightsMismatch: The file does not fit the model.
        InvalidSettings: A device or precision that is not available on this machine.
    """
    from esam_core.segmenter import TorchSegmenter

    spec = model_spec(best_model() if name == "auto" else name)
    network = _build(spec)
    origin = "random"
    if not random:
        path = obtain_weights(spec.weights, weights, download=download)
        _fill(network, spec, path)
        origin = provenance(spec.weights, path)
    return TorchSegmenter(
        network,
        name=spec.name,
        title=spec.title,
        provenance=origin,
        device=device,
        precision=precision,
        understands_background=spec.understands_background,
        understands_mask_input=spec.understands_mask_input,
        quick=spec.quick,
        compiled=compiled,
    )


def model_spec(name: str) -> ModelSpec:
    """Return a row of ``MODELS``.

    Raises:
        UnknownModel: Unknown name.
    """
    if name not in MODELS:
        raise UnknownModel(f"model {name!r} is unknown; use auto or one of {', '.join(MODELS)}.")
    return MODELS[name]


def _check_named_place() -> None:
    """Raise an error instead of using a bundled model if ``ESAM_WEIGHTS`` names other weights."""
    place = os.environ.get("ESAM_WEIGHTS")
    files = (*WEIGHTS.values(), *(spec.weights for spec in MODELS.values()))
    fetched = {file.filename: file for file in files if not file.bundled}
    if place and not any(find_weights(file) for file in fetched.values()):
        raise WeightsNotFound(
            f"ESAM_WEIGHTS names {place}, which holds none of the published files "
            f"{', '.join(fetched)} in its full size. Correct it, or unset it to use the cache "
            "folder; a file of your own is named with weights=PATH or --weights PATH."
        )


def _build(spec: ModelSpec) -> "Promptable":
    """Build the network with reproducible random weights; the global seed does not change."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return spec.build(spec.config)


def _fill(network: "Promptable", spec: ModelSpec, path: Path) -> None:
    try:
        network.load_state_dict(load_state_dict(path), strict=True)
    except RuntimeError as error:
        reason = str(error).split("\n\t", 1)[-1][:300]
        raise WeightsMismatch(
            f"{path.name} does not hold the weights of {spec.title}: {reason} "
            f"Give a file of {spec.name}, or choose the model it belongs to."
        ) from error
