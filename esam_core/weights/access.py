"""The same questions about both kinds of weights: one file, or a model's folder on the hub."""

from pathlib import Path

from esam_core.errors import WeightsMismatch, WeightsNotFound
from esam_core.weights import digests, download, places
from esam_core.weights.hub import (
    download_hub_model,
    find_hub_model,
    hub_provenance,
    placed_hub_model,
    resolve_hub_model,
    verify_hub_model,
)
from esam_core.weights.rows import HubModel, Weights
from esam_core.weights.transfer import Progress


def is_bundled(row: Weights) -> bool:
    """Whether weights come with the project."""
    return not isinstance(row, HubModel) and row.bundled is not None


def find_weights(row: Weights, path: Path | str | None = None) -> Path | None:
    """Find weights without reading them; see ``places.find_weights``, ``hub.find_hub_model``.

    Raises:
        WeightsNotFound: A named place does not exist or is damaged.
    """
    if isinstance(row, HubModel):
        return find_hub_model(row, path)
    return places.find_weights(row, path)


def find_placed(row: Weights) -> Path | None:
    """Find weights in ``ESAM_WEIGHTS`` or the cache folder, and nowhere else.

    Raises:
        WeightsNotFound: As for ``find_weights``.
    """
    return placed_hub_model(row) if isinstance(row, HubModel) else places.find_weights(row)


def resolve_weights(row: Weights, path: Path | str | None = None) -> Path:
    """Find weights; see ``places.resolve_weights`` and ``hub.resolve_hub_model``.

    Raises:
        WeightsNotFound: They are not here.
        WeightsMismatch: A file of a published name has different content.
    """
    if isinstance(row, HubModel):
        return resolve_hub_model(row, path)
    return places.resolve_weights(row, path)


def download_weights(
    row: Weights,
    *,
    folder: Path | str | None = None,
    progress: Progress | None = None,
    timeout: float = 30.0,
) -> Path:
    """Download weights; see ``download.download_weights`` and ``hub.download_hub_model``.

    Args:
        row: The row of the weights.
        folder: Where to put them; None for the usual place.
        progress: Called with (bytes present, total bytes).
        timeout: Seconds without data after which an address of a file fails; the hub's client
            reads its own, ``HF_HUB_DOWNLOAD_TIMEOUT``.

    Raises:
        DownloadFailed: All addresses failed.
    """
    if isinstance(row, HubModel):
        return download_hub_model(row, folder=folder, progress=progress)
    return download.download_weights(row, folder=folder, progress=progress, timeout=timeout)


def obtain_weights(row: Weights, path: Path | str | None = None, *, download: bool = False) -> Path:
    """Return weights like ``resolve_weights``, and download them first if allowed.

    Args:
        row: The row of the weights.
        path: The only file or folder to use; nothing is downloaded then.
        download: Download what is missing, and replace a file with different content.

    Raises:
        WeightsNotFound: They were not found.
        WeightsMismatch: A file of a published name has different content.
        DownloadFailed: All addresses failed.
    """
    try:
        return resolve_weights(row, path)
    except (WeightsNotFound, WeightsMismatch):
        if not download or path is not None:
            raise
    return download_weights(row)


def verify_weights(row: Weights, path: Path) -> None:
    """Compare weights with their digest; see ``digests`` and ``hub.verify_hub_model``.

    Raises:
        WeightsMismatch: They are different ones or incomplete.
    """
    if isinstance(row, HubModel):
        verify_hub_model(row, path)
    else:
        digests.verify_weights(row, path)


def provenance(row: Weights, path: Path) -> str:
    """Describe weights for captions: official, bundled, custom, or from which commit of the hub."""
    if isinstance(row, HubModel):
        return hub_provenance(row, path)
    return digests.provenance(row, path)
