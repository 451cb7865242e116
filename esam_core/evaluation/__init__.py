"""Evaluations on annotated photos: ``python -m esam_core eval NAME --data FOLDER``.

One module each, with ``HELP``, ``add_arguments(parser)`` and ``run(args) -> int``.
"""
