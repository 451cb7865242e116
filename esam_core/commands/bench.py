"""``python -m esam_core bench [NAME]``: one module of ``esam_core.benchmark`` per name."""

import argparse

from esam_core import benchmark
from esam_core.commands._group import add_group


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add the subcommand; without a name it runs ``bench stages``."""
    return add_group(
        subparsers,
        "bench",
        benchmark,
        help="measure speed and memory on this machine",
        default="stages",
    )


def run(args: argparse.Namespace) -> int:
    """Run the chosen benchmark."""
    return args.measure(args)
