"""Subcommands with one sub-subcommand per module of a package."""

import argparse
import importlib
import pkgutil
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any


class LateParser(argparse.ArgumentParser):
    """A parser that adds its arguments on first use, so that the main ``--help`` stays fast."""

    fill: Callable[[argparse.ArgumentParser], None] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Add the arguments on the first call, then parse."""
        fill, self.fill = self.fill, None
        if fill is not None:
            fill(self)
        return super().parse_known_args(args, namespace)


def add_group(
    subparsers: "argparse._SubParsersAction",
    name: str,
    package: ModuleType,
    *,
    help: str,
    default: str | None = None,
) -> argparse.ArgumentParser:
    """Add a subcommand with one name per module of a package that has ``add_arguments``.

    Such a module has ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int``. The modules are
    imported when the subcommand is used: they may import torch. The ``default`` module, if any,
    runs when no name is given; its options are then options of the subcommand.
    """
    parser = subparsers.add_parser(name, help=help)
    parser.fill = partial(_fill, package, default)
    return parser


def _fill(package: ModuleType, default: str | None, parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest="name", required=default is None, metavar="NAME")
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, "add_arguments"):
            child = names.add_parser(info.name, help=module.HELP)
            module.add_arguments(child)
            child.set_defaults(measure=module.run)
            if info.name == default:
                module.add_arguments(parser)
                parser.set_defaults(measure=module.run)
