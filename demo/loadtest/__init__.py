"""Simulated visitors of the page."""
