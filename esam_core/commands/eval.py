"""``python -m esam_core eval NAME``: one module of ``esam_core.evaluation`` per name."""

import argparse

from esam_core import evaluation
from esam_core.commands._group import add_group


def add_parser(subparsers: "argparse._SubParsersAction") -> argparse.ArgumentParser:
    """Add the subcommand."""
    return add_group(
        subparsers, "eval", evaluation, help="measure quality on photos with known masks"
    )


def run(args: argparse.Namespace) -> int:
    """Run the chosen evaluation."""
    return args.measure(args)
