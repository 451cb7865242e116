"""Benchmarks that anyone can repeat: ``python -m esam_core bench NAME``.

One module each, with ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int``; every figure of
a comparison is measured in the same run.
"""
