"""One visitor's question in, plain values out; a file per mode. Knows no page."""
