"""The command line: builds the parser from ``esam_core/commands`` and reports errors in one line.

A subcommand is one module with ``add_parser(subparsers)`` and ``run(args) -> int``, discovered
automatically. Modules import heavy packages inside ``run``, so that ``--help`` is fast.
"""

import argparse
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Sequence

import esam_core
from esam_core import commands
from esam_core.commands._group import LateParser
from esam_core.errors import EsamError

EXIT_CODES = (
    "Exit codes: 0 all is done; 2 an error, said in one line; 3 done, but something was left out, "
    "which is named; 130 interrupted."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code.

    0 is success, 2 an error, 3 success but for something that was left out and named (a bad box of
    ``--boxes``, a figure whose package is missing), 130 an interruption.
    """
    args = build_parser().parse_args(join_negatives(sys.argv[1:] if argv is None else argv))
    return guarded(args.run, args)


def guarded(run: Callable[[argparse.Namespace], int | None], args: argparse.Namespace) -> int:
    """Run a program; an ``EsamError`` is printed in one line and gives exit code 2."""
    try:
        return run(args) or 0
    except EsamError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Build the parser with every subcommand found in ``esam_core.commands``."""
    parser = argparse.ArgumentParser(
        prog="python -m esam_core",
        description="Segment photos with EfficientSAM from the command line.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"esam {esam_core.__version__}")
    subparsers = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=LateParser
    )
    for module in pkgutil.iter_modules(commands.__path__):
        if module.name.startswith("_"):
            continue
        command = importlib.import_module(f"{commands.__name__}.{module.name}")
        child = command.add_parser(subparsers)
        child.set_defaults(run=command.run)
        child.epilog = EXIT_CODES
    return parser


def join_negatives(argv: Sequence[str]) -> list[str]:
    """Join ``--point -3,5`` to ``--point=-3,5``; argparse would parse the former as two options."""
    joined: list[str] = []
    for arg in argv:
        if (
            re.match(r"-([.\d]|inf|nan)", arg)
            and joined
            and re.fullmatch(r"--[a-z][a-z-]*", joined[-1])
        ):
            joined[-1] += f"={arg}"
        else:
            joined.append(arg)
    return joined
