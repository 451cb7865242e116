"""SAM's API on this project's models, and the original SAM through ``transformers``."""
