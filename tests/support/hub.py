"""A hub of models on 127.0.0.1, as the hub's client expects it: files by repository."""

import hashlib
import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789" * 4


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        body = self._answer()
        if body is not None:
            self.server.sent.append(self.path)
            self.wfile.write(body)

    def _answer(self) -> bytes | None:
        gated = any(f"/{name}/" in f"{self.path}/" for name in self.server.gated)
        listed = self.path.startswith("/api/models/")
        body = None if gated else self._listing() if listed else self._file()
        self.send_response(403 if gated else 404 if body is None else 200)
        if body is None:
            self.send_header("X-Error-Code", "GatedRepo" if gated else "EntryNotFound")
            self.send_header("Content-Length", "0")
        else:
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return body

    def _file(self) -> bytes | None:
        repository, _, rest = self.path.strip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        known = revision in ("main", COMMIT)
        return self.server.files.get((repository, name)) if known else None

    def _listing(self) -> bytes:
        """Name the files of a repository, which the client asks for before it fetches several."""
        owner, name, kind = self.path.removeprefix("/api/models/").split("/")[:3]
        repository = f"{owner}/{name}"
        files = {n: body for (place, n), body in self.server.files.items() if place == repository}
        tree = [
            {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}
            for name, body in files.items()
        ]
        siblings = [{"rfilename": name} for name in files]
        about = {"id": repository, "sha": COMMIT, "siblings": siblings}
        return json.dumps(tree if kind == "tree" else about).encode()


@contextmanager
def serve_hub(
    files: dict[tuple[str, str], bytes], gated: Collection[str] = ()
) -> Iterator[tuple[str, list[str]]]:
    """Serve files by (repository, name); yields the address and the paths sent so far.

    Repositories in ``gated`` refuse: they want their terms to be accepted.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.files, server.gated, server.sent = files, gated, []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.sent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
