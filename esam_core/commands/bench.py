"""``python -m esam_core bench NAME``: one module of ``esam_core.benchmark`` per name."""

import argparse
import importlib
import pkgutil

from esam_core import benchmark


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Add the subcommand; modules of the package that have ``add_arguments`` are its names."""
    parser = subparsers.add_parser("bench", help="measure speed and memory on this machine")
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for info in pkgutil.iter_modules(benchmark.__path__):
        module = importlib.import_module(f"{benchmark.__name__}.{info.name}")
        if hasattr(module, "add_arguments"):
            child = names.add_parser(info.name, help=module.HELP)
            module.add_arguments(child)
            child.set_defaults(measure=module.run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the chosen measurement."""
    return args.measure(args)
