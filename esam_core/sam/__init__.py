"""SAM: its names on our models, and the original through ``transformers``."""
