"""Request handlers: one request in, one ``Reply`` out; a file per mode, without Gradio.

A handler takes the engine, the browser's JSON (``payload``) and further plain values, and is
decorated with ``errors.answering``, which turns exceptions into replies. Long work also takes
``progress(done, total)`` and ``cancel() -> bool``. The result itself is computed by a
plain function of the same file (``search``), which raises.
"""
