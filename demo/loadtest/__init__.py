"""Simulated visitors of the page: ``python -m demo.loadtest``.

``client`` sends requests to a page over HTTP, ``server`` starts one, ``visitors`` open photos,
click and check the replies, ``report`` prints the results as a table.
"""
