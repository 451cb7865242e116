"""Loaders of this project's own networks; see ``ModelSpec.loader``."""

from pathlib import Path

from esam_core.errors import WeightsMismatch
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.modeling.promptable import Promptable
from esam_core.models.specs import ModelSpec
from esam_core.segmenter import TorchSegmenter
from esam_core.weights import load_state_dict


def load_efficient_sam(
    spec: ModelSpec, path: Path | None, provenance: str, **options: str | bool
) -> TorchSegmenter:
    """Make the segmenter of an EfficientSAM; ``options`` are those of ``ModelSpec.loader``.

    Raises:
        WeightsMismatch: The file does not fit the network.
    """
    return _segmenter(EfficientSam(spec.config), spec, path, provenance, options)


def load_mini(
    spec: ModelSpec, path: Path | None, provenance: str, **options: str | bool
) -> TorchSegmenter:
    """Make the segmenter of a mini model; ``options`` are those of ``ModelSpec.loader``.

    Raises:
        WeightsMismatch: The file does not fit the network.
    """
    from esam_core.modeling.mini import Mini  # timm takes seconds to import; only mini needs it

    return _segmenter(Mini(spec.config), spec, path, provenance, options)


def _segmenter(
    network: Promptable, spec: ModelSpec, path: Path | None, provenance: str, options: dict
) -> TorchSegmenter:
    if path is not None:
        _fill(network, spec, path)
    return TorchSegmenter(
        network,
        name=spec.name,
        title=spec.title,
        provenance=provenance,
        understands_background=spec.understands_background,
        understands_mask_input=spec.understands_mask_input,
        quick=spec.quick,
        **options,
    )


def _fill(network: Promptable, spec: ModelSpec, path: Path) -> None:
    try:
        network.load_state_dict(load_state_dict(path), strict=True)
    except RuntimeError as error:
        reason = str(error).split("\n\t", 1)[-1][:300]
        raise WeightsMismatch(
            f"{path.name} does not hold the weights of {spec.title}: {reason} "
            f"Give a file of {spec.name}, or choose the model it belongs to."
        ) from error
