"""``weights``: list, download and verify weights files, without importing torch."""

import argparse
from pathlib import Path

from esam_core.commands._common import progress_bar
from esam_core.errors import UnknownModel, WeightsMismatch, WeightsNotFound
from esam_core.models import MODELS, available_models
from esam_core.weights import (
    WEIGHTS,
    HubModel,
    Weights,
    download_weights,
    hub_cache,
    is_bundled,
    provenance,
    resolve_weights,
    search_folders,
    verify_weights,
)


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add ``weights [list | download NAME | verify NAME]``."""
    parser = subparsers.add_parser("weights", help="list, download and verify weights files")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="what is present and what would be fetched (the default)")
    download = actions.add_parser("download", help="fetch one model or file")
    download.add_argument("name", metavar="NAME", help=", ".join(_rows()))
    download.add_argument("--folder", type=Path, help="where to put it")
    verify = actions.add_parser("verify", help="compare a file on this machine with its digest")
    verify.add_argument("name", metavar="NAME", help=", ".join(_rows()))
    verify.add_argument("--weights", type=Path, help="a file or folder instead of the usual places")
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the chosen action; without one, list."""
    if args.action == "download":
        _download(args.name, args.folder)
    elif args.action == "verify":
        _verify(args.name, args.weights)
    else:
        _list()
    return 0


def _list() -> None:
    for name, row in _rows().items():
        print(f"{name:18} {_state(row)}")
        for line in _sources(row):
            print(f"{'':18} {line}")
        if name in MODELS and (missing := MODELS[name].missing_packages):
            print(f"{'':18} needs {', '.join(missing)}: pip install -r requirements-sam.txt")
    for folder in (*search_folders(), hub_cache()):
        print(f"Looked in {folder}{'' if folder.exists() else ' (does not exist)'}")
    try:
        available_models()
    except WeightsNotFound as error:  # a model cannot be chosen with this ESAM_WEIGHTS
        print(f"wrong: {error}")


def _sources(row: Weights) -> list[str]:
    """Say where weights come from; nothing of bundled ones."""
    if is_bundled(row):
        return []
    if isinstance(row, HubModel):
        return [f"{row.size / 1e6:.1f} MB, by the hub's client from", f"  {row.url}"]
    addresses = [f"  {source.url}" for source in row.sources]
    return [f"{row.size / 1e6:.1f} MB, sha256 {row.sha256[:8]}, from", *addresses]


def _state(row: Weights) -> str:
    try:
        path = resolve_weights(row)
    except WeightsMismatch as error:
        return f"wrong: {error}"
    except WeightsNotFound:
        return "not here"
    return f"present ({provenance(row, path)}): {path}"


def _download(name: str, folder: Path | None) -> None:
    row = _row(name)
    if is_bundled(row):
        print(f"{name} comes with the project: {resolve_weights(row)}")
        return
    if name in MODELS:
        MODELS[name].check_packages()
    bar = progress_bar(row.filename, unit="B", unit_scale=True, unit_divisor=1000)
    with bar as progress:
        path = download_weights(row, folder=folder, progress=progress)
    print(f"{name}: {provenance(row, path)}: {path}")


def _verify(name: str, named: Path | None) -> None:
    row = _row(name)
    path = resolve_weights(row, named)
    verify_weights(row, path)
    print(f"{name}: {provenance(row, path)}: {path}")


def _row(name: str) -> Weights:
    rows = _rows()
    if name not in rows:
        raise UnknownModel(f"{name!r} is no model with weights. Known: {', '.join(rows)}.")
    return rows[name]


def _rows() -> dict[str, Weights]:
    """Name all weights: the published files, and those of models that were added."""
    return WEIGHTS | {name: spec.weights for name, spec in MODELS.items()}
