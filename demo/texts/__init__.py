"""All text that the page shows: one file per mode, and files for what modes share."""
