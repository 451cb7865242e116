"""``python -m esam_core``."""

import sys

from esam_core.process import tune_process

if __name__ == "__main__":
    tune_process()
    from esam_core.cli import main

    sys.exit(main())
