"""Run the load test: ``python -m demo.loadtest``."""

import sys

from demo.loadtest.run import main

sys.exit(main())
