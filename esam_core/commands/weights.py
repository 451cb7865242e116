"""``weights``: list, download and verify weights files, without importing torch."""

import argparse
from pathlib import Path

from esam_core.commands._common import progress_bar
from esam_core.errors import UnknownModel, WeightsMismatch, WeightsNotFound
from esam_core.models import MODELS
from esam_core.weights import (
    WEIGHTS,
    WeightsFile,
    download_weights,
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
    download = actions.add_parser("download", help="fetch one file, checked by its digest")
    download.add_argument("name", metavar="NAME", help=", ".join(_files()))
    download.add_argument("--folder", type=Path, help="where to put it")
    verify = actions.add_parser("verify", help="compare a file on this machine with its digest")
    verify.add_argument("name", metavar="NAME", help=", ".join(_files()))
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
    for name, file in _files().items():
        print(f"{name:18} {_state(file)}")
        if not file.bundled:
            print(f"{'':18} {file.size / 1e6:.1f} MB, sha256 {file.sha256[:8]}, from")
            for source in file.sources:
                print(f"{'':20} {source.url}")
    for folder in search_folders():
        print(f"Looked in {folder}{'' if folder.exists() else ' (does not exist)'}")


def _state(file: WeightsFile) -> str:
    try:
        path = resolve_weights(file)
    except WeightsMismatch as error:
        return f"wrong: {error}"
    except WeightsNotFound:
        return "not here"
    return f"present ({provenance(file, path)}): {path}"


def _download(name: str, folder: Path | None) -> None:
    file = _row(name)
    if file.bundled:
        print(f"{name} comes with the project: {resolve_weights(file)}")
        return
    bar = progress_bar(file.filename, unit="B", unit_scale=True, unit_divisor=1000)
    with bar as progress:
        path = download_weights(file, folder=folder, progress=progress)
    print(f"{name}: {provenance(file, path)}: {path}")


def _verify(name: str, named: Path | None) -> None:
    file = _row(name)
    path = resolve_weights(file, named)
    verify_weights(file, path)
    print(f"{name}: {provenance(file, path)}: {path}")


def _row(name: str) -> WeightsFile:
    files = _files()
    if name not in files:
        raise UnknownModel(f"{name!r} is no model with weights. Known: {', '.join(files)}.")
    return files[name]


def _files() -> dict[str, WeightsFile]:
    """Name every weights file: the published ones, and those of models that were added."""
    return WEIGHTS | {name: spec.weights for name, spec in MODELS.items()}
