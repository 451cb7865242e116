"""Every sentence that a person reads on the page; a file per mode, and what modes share."""
