"""Which models are on this machine, and loading a row as a segmenter.

torch is imported when a model is built: the page and the command line list models without it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from esam_core.errors import WeightsNotFound
from esam_core.models.rows import MODELS, model_spec
from esam_core.models.specs import ModelSpec
from esam_core.weights import (
    WEIGHTS,
    WeightsFile,
    find_placed,
    find_weights,
    obtain_weights,
    provenance,
)

if TYPE_CHECKING:
    from esam_core.segmenter import BaseSegmenter


def available_models() -> list[str]:
    """Return the names of the models that can be loaded, in the order of ``MODELS``.

    Their weights are on this machine, and the packages that they need are installed.

    Raises:
        WeightsNotFound: ``ESAM_WEIGHTS`` names a place that does not exist, or one that holds no
            weights of this project.
    """
    _check_named_place()
    return [name for name, spec in MODELS.items() if _is_here(spec)]


def best_model() -> str:
    """Return what ``auto`` means: the first model whose weights are present, or the bundled one.

    Models after the bundled one are never chosen. Without any weights, this is the bundled model,
    whose missing file is then named on loading.

    Raises:
        WeightsNotFound: As for ``available_models``.
    """
    _check_named_place()
    return next(name for name, spec in MODELS.items() if spec.bundled or _is_here(spec))


def load_segmenter(
    name: str = "auto",
    *,
    weights: Path | str | None = None,
    device: str = "auto",
    precision: str = "auto",
    random: bool = False,
    download: bool = False,
    compiled: bool = False,
) -> "BaseSegmenter":
    """Load a model.

    Args:
        name: A row of ``MODELS``, or ``auto`` for the best one whose weights are present.
        weights: A weights file, or its folder, instead of the usual places; for SAM the folder
            that ``save_pretrained`` of transformers wrote.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        precision: ``auto``, ``fp32`` (exact), ``bf16`` or ``fp16``.
        random: Use random weights, for timing; the provenance is then ``random``.
        download: Download official weights that are missing.
        compiled: Compile the image encoder with torch.compile; its first call takes seconds.

    Raises:
        UnknownModel: Unknown name.
        MissingPackage: The model needs a package that is not installed.
        WeightsNotFound: The weights were not found (for ``auto``: not even the bundled ones), or
            ``name`` is ``auto`` and the place in ``ESAM_WEIGHTS`` has no weights.
        WeightsMismatch: The weights do not fit the model.
        DownloadFailed: The weights could not be downloaded.
        InvalidSettings: A device or precision that is not available on this machine.
    """
    spec = model_spec(best_model() if name == "auto" else name)
    spec.check_packages()
    path, origin = None, "random"
    if not random:
        path = obtain_weights(spec.weights, weights, download=download)
        origin = provenance(spec.weights, path)
    module, _, function = spec.loader.partition(":")
    load = getattr(import_module(module), function)
    with _reproducible():
        return load(spec, path, origin, device=device, precision=precision, compiled=compiled)


def _is_here(spec: ModelSpec) -> bool:
    return not spec.missing_packages and find_weights(spec.weights) is not None


def _check_named_place() -> None:
    """Raise an error instead of using a bundled model if ``ESAM_WEIGHTS`` names other weights."""
    place = os.environ.get("ESAM_WEIGHTS")
    rows = dict.fromkeys((*WEIGHTS.values(), *(spec.weights for spec in MODELS.values())))
    fetched = [row for row in rows if not (isinstance(row, WeightsFile) and row.bundled)]
    if place and not any(find_placed(row) for row in fetched):
        names = ", ".join(row.filename for row in fetched)
        raise WeightsNotFound(
            f"ESAM_WEIGHTS names {place}, which holds none of the published files "
            f"{names} in its full size. Correct it, or unset it to use the cache "
            "folder; a file of your own is named with weights=PATH or --weights PATH."
        )


@contextmanager
def _reproducible() -> Iterator[None]:
    """Make random weights the same each time; the global seed does not change."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
