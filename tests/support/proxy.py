"""A small reverse proxy that shows a server below a path, as nginx and Caddy do."""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection"}


class Proxy(ThreadingHTTPServer):
    """Forwards what lies below ``prefix`` to a local port and answers everything else itself.

    Args:
        port: The port of the server behind; may be changed.
        prefix: Such as ``/tools/esam``.
        strip: Whether the server behind sees paths without the prefix.
    """

    daemon_threads = True

    def __init__(self, port: int, prefix: str, strip: bool = True):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port, self.prefix, self.strip = port, prefix, strip
        self.outside: list[str] = []
        self.below: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def forward(self) -> None:
        prefix = self.server.prefix
        self.close_connection = True
        if self.path == prefix:
            self.answer(301, ("Location", f"{prefix}/"))
        elif not self.path.startswith(f"{prefix}/"):
            self.server.outside.append(self.path)
            self.answer(404)
        else:
            self.server.below.append(self.path)
            path = self.path.removeprefix(prefix) if self.server.strip else self.path
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.pass_on(path)

    do_GET = do_POST = do_HEAD = do_DELETE = do_PUT = do_OPTIONS = forward

    def pass_on(self, path: str) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        behind = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        with contextlib.closing(behind):
            try:
                behind.request(self.command, path, body or None, headers)
            except OSError:
                self.answer(502)
                return
            reply = behind.getresponse()
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in HOP | {"date", "server"}:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while part := reply.read1(65536):  # as it comes: events are not held back
                self.wfile.write(part)
                self.wfile.flush()

    def answer(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", "0"), ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def proxied(port: int, prefix: str, *, strip: bool = True) -> Iterator[Proxy]:
    """Run a proxy before a local port until the block ends."""
    proxy = Proxy(port, prefix, strip)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
