"""A web server on 127.0.0.1 that serves one file per path, with configurable faults."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """The response for one path.

    cut_at: the connection breaks after this many bytes of each reply, `cuts` times.
    """

    body: bytes = b""
    status: int = 200
    cut_at: int | None = None
    cuts: int = 1
    ranges: bool = True
    etag: str | None = None
    redirect: str | None = None
    hang: float = 0.0
    slow: float = 0.0
    declare_length: bool = True
    wrong_range: bool = False
    requests: list[dict[str, str]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        page: Page = self.server.pages.get(self.path.partition("?")[0], Page(status=404))
        page.requests.append({key.lower(): value for key, value in self.headers.items()})
        if page.hang:
            time.sleep(page.hang)
            return
        if page.redirect:
            self.send_response(302)
            self.send_header("Location", page.redirect)
            self.end_headers()
            return
        if page.status != 200:
            self.send_error(page.status)
            return
        self._send(page)

    def _send(self, page: Page) -> None:
        start = self._start(page)
        if start >= len(page.body) and start:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            shown = start + 1 if page.wrong_range else start
            end = len(page.body) - 1
            self.send_header("Content-Range", f"bytes {shown}-{end}/{len(page.body)}")
        if page.declare_length:
            self.send_header("Content-Length", str(len(page.body) - start))
        if page.etag:
            self.send_header("ETag", page.etag)
        self.end_headers()
        body = page.body[start:]
        if page.cut_at is not None and page.cuts > 0:
            page.cuts -= 1
            body = body[: page.cut_at]
        if page.slow:
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            time.sleep(page.slow)
            body = body[half:]
        self.wfile.write(body)

    def _start(self, page: Page) -> int:
        header = self.headers.get("Range", "")
        if not page.ranges or not header.startswith("bytes="):
            return 0
        condition = self.headers.get("If-Range")
        if condition is not None and condition != page.etag:
            return 0
        return int(header.removeprefix("bytes=").rstrip("-"))


@contextmanager
def serve(pages: dict[str, Page]) -> Iterator[str]:
    """Serve the pages until the block ends; yields the server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.pages = pages
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
