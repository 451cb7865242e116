"""One visitor's question in, one ``Reply`` out; a file per mode. Knows no page.

A handler takes the engine, the browser's JSON (``payload``) and further plain values, and is
decorated with ``errors.answering``, which turns what it raises into its reply. Long work also takes
``progress(done, total)`` and ``cancel() -> bool``. What a handler finds is made by a plain function
of the same file (``search``), which raises.
"""
