"""The canvas and a playground for Jupyter."""
