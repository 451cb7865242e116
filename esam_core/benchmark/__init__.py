"""Benchmarks: ``python -m esam_core bench NAME``.

Each is one module with ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int``. All numbers of
a comparison are measured in the same run.
"""
