"""Pictures of the page at work, for README.md: ``python -m demo.pictures``."""
