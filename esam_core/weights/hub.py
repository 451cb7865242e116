"""Find, fetch and check the folders of ``HubModel``.

A folder comes from the place that a caller names, from ``<name>`` in ``ESAM_WEIGHTS`` or the cache
folder, or from the cache of the hub's client, which has variables of its own.
"""

import re
from collections.abc import Callable
from pathlib import Path

from esam_core.errors import WeightsMismatch, WeightsNotFound
from esam_core.weights.digests import content_sha256
from esam_core.weights.hub_client import explained, reachable_hub, reporting
from esam_core.weights.places import existing_folders, is_named, search_folders
from esam_core.weights.rows import HubModel

Progress = Callable[[int, int], None]
OTHER_LAYOUTS = (".pth", ".pt", ".bin")


def find_hub_model(model: HubModel, path: Path | str | None = None) -> Path | None:
    """Return the folder of a model without reading its weights, or None.

    Args:
        model: The model's row.
        path: The only folder to use: the model's own, or the one that it lies in.

    Raises:
        WeightsNotFound: ``ESAM_WEIGHTS`` names a place that does not exist, or its folder lacks a
            file.
    """
    if path is not None:
        named = Path(path).expanduser()
        return next((f for f in (named, named / model.name) if not _lacking(model, f)), None)
    return placed_hub_model(model) or _cached(model)


def placed_hub_model(model: HubModel) -> Path | None:
    """Return the model's folder in ``ESAM_WEIGHTS`` or the cache folder, or None.

    Raises:
        WeightsNotFound: ``ESAM_WEIGHTS`` names a place that does not exist, or its folder lacks a
            file: another one is not used in silence.
    """
    for place in existing_folders():
        folder = place if place.name == model.name else place / model.name
        lacking = _lacking(model, folder)
        if not lacking:
            return folder
        if folder.is_dir() and is_named(place):
            raise WeightsNotFound(
                f"ESAM_WEIGHTS names {place}, but {folder} has no {' and no '.join(lacking)}. "
                f"{_advice(model)}"
            )
    return None


def resolve_hub_model(model: HubModel, path: Path | str | None = None) -> Path:
    """Return the folder of a model like ``find_hub_model``; a missing one is an error.

    Raises:
        WeightsNotFound: There is none; the message says how to get it.
    """
    found = find_hub_model(model, path)
    if found is not None:
        return found
    if path is None:
        looked = ", ".join(map(str, [*search_folders(), hub_cache()]))
        raise WeightsNotFound(
            f"{model.title} is not on this machine: looked in {looked}. {_advice(model)}"
        )
    named = Path(path).expanduser()
    if not named.exists():
        raise WeightsNotFound(f"{path} does not exist; it was named as the weights to use.")
    raise WeightsNotFound(
        f"{path} is no folder with {' and '.join(model.files)}{_beside(named)}. Name the one that "
        f"save_pretrained of transformers wrote for {model.title}, or get it with `python -m "
        f"esam_core weights download {model.name}`."
    )


def download_hub_model(
    model: HubModel, *, folder: Path | str | None = None, progress: Progress | None = None
) -> Path:
    """Download a model by the hub's client, which goes on where an earlier download broke off.

    Args:
        model: The model's row.
        folder: Where to make the model's folder; None for the cache of the hub's client.
        progress: Called with (bytes present, total bytes) of the file in transfer.

    Returns:
        The model's folder.

    Raises:
        DownloadFailed: No connection, it broke, or the hub refuses.
    """
    from huggingface_hub import hf_hub_download

    hub = reachable_hub(model.title)
    target = None if folder is None else Path(folder).expanduser() / model.name
    bar = reporting(progress) if progress else None
    revision = model.revision
    with explained(model.title):
        for name in model.files:
            fetched = hf_hub_download(
                model.repository,
                name,
                revision=revision,
                local_dir=target,
                endpoint=hub,
                tqdm_class=bar,
            )
            path = Path(fetched).parent
            # All files of one commit, also if the newest one changes meanwhile.
            revision = revision or _commit(path)
    return path


def hub_provenance(model: HubModel, folder: Path) -> str:
    """Describe where a model's folder comes from: repository and commit, or its content."""
    if commit := _commit(folder):
        return f"{model.repository}, revision {commit[:8]}"
    return f"folder, sha256 {content_sha256(folder / model.files[-1])[:8]}"


def verify_hub_model(model: HubModel, folder: Path) -> None:
    """Compare the weights with the digest under which the hub's client keeps them, if it does.

    Raises:
        WeightsMismatch: The file is damaged.
    """
    weights = folder / model.files[-1]
    kept_as = weights.resolve().name
    if not re.fullmatch("[0-9a-f]{64}", kept_as):
        return
    digest = content_sha256(weights)
    if digest != kept_as:
        raise WeightsMismatch(
            f"{weights} is not what {model.repository} published: sha256 {digest[:8]}, expected "
            f"{kept_as[:8]}. Delete {weights.resolve()} and download it again."
        )


def hub_cache() -> Path:
    """Return the folder in which the hub's client keeps what it downloads."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _cached(model: HubModel) -> Path | None:
    """Return the folder in the cache of the hub's client, without network access, or None."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model.repository, model.files[-1], revision=model.revision)
    folder = Path(found).parent if isinstance(found, str) else None
    return folder if folder is not None and not _lacking(model, folder) else None


def _lacking(model: HubModel, folder: Path) -> list[str]:
    return [name for name in model.files if not (folder / name).is_file()]


def _beside(named: Path) -> str:
    """Name files that hold the weights in another layout, which is not read; "" if none does."""
    files = [named] if named.is_file() else named.iterdir()
    others = sorted(path.name for path in files if path.suffix in OTHER_LAYOUTS)
    if not others:
        return ""
    return (
        f" ({', '.join(others[:3])}: a pickled checkpoint, such as segment-anything's, is not read)"
    )


def _commit(folder: Path) -> str | None:
    """Return the commit of a folder in the cache of the hub's client, which names it so."""
    kept = folder.parent.name == "snapshots" and re.fullmatch("[0-9a-f]{40}", folder.name)
    return folder.name if kept else None


def _advice(model: HubModel) -> str:
    return (
        f"Get it with `python -m esam_core weights download {model.name}` "
        f"({round(model.size / 1e6)} MB), or name a folder that save_pretrained of transformers "
        "wrote (weights=PATH, --weights PATH)."
    )
