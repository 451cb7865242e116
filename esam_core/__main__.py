"""``python -m esam_core``."""

import sys

from esam_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
