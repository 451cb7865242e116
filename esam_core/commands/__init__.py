"""Subcommands of ``python -m esam_core``, one module each.

A module has ``add_parser(subparsers)``, which returns its parser, and ``run(args) -> int``.
"""
