"""Simulated visitors of the page: ``python -m demo.loadtest``.

``client`` talks to a page over HTTP, ``server`` starts one, ``visitors`` open photos, click and
check the replies, ``report`` lays out what they met as a table.
"""
