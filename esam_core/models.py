"""The models, one row each, and how a row becomes a segmenter."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from esam_core.errors import UnknownModel, WeightsMismatch
from esam_core.modeling.config import EfficientSamConfig, MiniConfig
from esam_core.weights import (
    EFFICIENT_SAM_S,
    EFFICIENT_SAM_TI,
    MINI,
    WeightsFile,
    download_weights,
    find_weights,
    load_state_dict,
    provenance,
    resolve_weights,
)

if TYPE_CHECKING:
    from esam_core.modeling.promptable import Promptable
    from esam_core.segmenter import TorchSegmenter

# torch is imported when a model is built: the page and the command line list models without it.

PAPER = "Xiong et al., EfficientSAM, CVPR 2024, arXiv 2312.00863"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model.

    Args:
        name: How code and command line call it.
        title: How people call it.
        config: Architecture.
        build: Makes the network from the config, with random weights.
        weights: The file and where it comes from.
        parameters: How many, as the network has them.
        licence: Of the weights.
        paper: Where it is described.
        understands_background: Whether label 0 means anything to it.
        bundled: Whether its weights come with the project.
        recommended: Whether it is the one to get where only a bundled model is present.
    """

    name: str
    title: str
    config: EfficientSamConfig | MiniConfig
    build: "Callable[[EfficientSamConfig | MiniConfig], Promptable]"
    weights: WeightsFile
    parameters: int
    licence: str
    paper: str
    understands_background: bool = False
    bundled: bool = False
    recommended: bool = False


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
        paper=PAPER,
    ),
    ModelSpec(
        name="efficient_sam_ti",
        title="EfficientSAM-Ti",
        config=EfficientSamConfig(),
        build=_build_efficient_sam,
        weights=EFFICIENT_SAM_TI,
        parameters=10_223_204,
        licence="Apache-2.0",
        paper=PAPER,
        recommended=True,
    ),
    ModelSpec(
        name="mini",
        title="ESAM-mini",
        config=MiniConfig(),
        build=_build_mini,
        weights=MINI,
        parameters=5_663_444,
        licence="Apache-2.0; parts of its training data are for research use only",
        paper="assets/weights/esam_mini.md",
        understands_background=True,
        bundled=True,
    ),
)

MODELS: dict[str, ModelSpec] = {row.name: row for row in _ROWS}  # best first


def available_models() -> list[str]:
    """Name the models whose weights are on this machine, best first."""
    return [name for name, spec in MODELS.items() if find_weights(spec.weights) is not None]


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
        weights: A weights file, or the folder it lies in, instead of the usual places.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        precision: ``auto``, ``fp32`` (exact), ``bf16`` or ``fp16``.
        random: Make random weights; for timing, and said in the provenance.
        download: Fetch official weights that are missing.
        compiled: Let torch.compile rewrite the image encoder; its first call takes seconds.

    Raises:
        UnknownModel: No such row.
        WeightsNotFound: The weights are not there.
        WeightsMismatch: The file does not fit the model.
        InvalidSettings: A device or precision that this machine does not have.
    """
    from esam_core.segmenter import TorchSegmenter

    spec = model_spec(available_models()[0] if name == "auto" else name)
    network = _build(spec)
    origin = "random"
    if not random:
        if download and weights is None and find_weights(spec.weights) is None:
            download_weights(spec.weights)
        path = resolve_weights(spec.weights, weights)
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
        compiled=compiled,
    )


def model_spec(name: str) -> ModelSpec:
    """Return a row of ``MODELS``.

    Raises:
        UnknownModel: No such row.
    """
    if name not in MODELS:
        raise UnknownModel(f"model {name!r} is unknown; use auto or one of {', '.join(MODELS)}.")
    return MODELS[name]


def _build(spec: ModelSpec) -> "Promptable":
    """Make the network; its random weights are the same every time and disturb no one's seed."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return spec.build(spec.config)


def _fill(network: "Promptable", spec: ModelSpec, path: Path) -> None:
    state = load_state_dict(path)
    # The mini's file also carries the head of its backbone's image classifier, used for texts.
    state = {key: value for key, value in state.items() if not key.startswith("classifier.")}
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        reason = str(error).split("\n\t", 1)[-1][:300]
        raise WeightsMismatch(
            f"{path.name} does not hold the weights of {spec.title}: {reason} "
            f"Give a file of {spec.name}, or choose the model it belongs to."
        ) from error
