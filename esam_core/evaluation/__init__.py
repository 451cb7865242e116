"""Evaluations on annotated photos: ``python -m esam_core eval NAME --data FOLDER``.

Each is one module, with ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int``.
"""
