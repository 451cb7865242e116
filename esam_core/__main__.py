"""``python -m esam_core``, and the command ``esam`` of an installed package."""

import sys

from esam_core.process import tune_process


def main() -> int:
    """Run the command line as a program of its own; return its exit code."""
    tune_process()
    from esam_core.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
