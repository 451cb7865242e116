"""The health check: 0 where the page answers, else 1 and one line."""

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from demo.health import main, trouble

ROOT = Path(__file__).parents[2]
EVENT = b'{"event_id": "one"}'


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(200, self.server.asked)

    def do_GET(self):
        self._send(self.server.status, self.server.answer)

    def _send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(asked=EVENT, answer=b"", status=200):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answer, server.status = asked, answer, status
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.slow
def test_a_page_that_runs_is_healthy(fake_server):
    assert trouble(fake_server) == ""
    assert main([fake_server]) == 0


def test_nobody_there_is_one_line(capsys):
    with serving() as url:
        pass
    assert main([url]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {url} does not answer: ") and error.count("\n") == 1


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"answer": b"event: error\ndata: null\n\n"}, "answered 'event: error\\ndata: null'"),
        ({"status": 500}, "answered 500 Internal Server Error"),
        ({"asked": b"<html>"}, "is another program's"),
        ({"asked": b"[]"}, "is another program's"),
    ],
)
def test_a_page_that_is_ill_is_told_with_its_answer(how, said):
    with serving(**how) as url:
        assert said in trouble(url)


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\0\1\2", b""])
def test_a_port_that_speaks_something_else_is_one_line(greeting, capsys):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(greeting)

        thread = threading.Thread(target=answer)
        thread.start()
        assert main([f"http://127.0.0.1:{listening.getsockname()[1]}"]) == 1
        thread.join()
    error = capsys.readouterr().err
    assert error.startswith("error: http://127.0.0.1:") and error.count("\n") == 1


@pytest.mark.parametrize("url", ["127.0.0.1:7860", "localhost:7860", "", "file:///x", "http://a:b"])
def test_what_is_no_address_is_told_with_one_that_is(url):
    assert "give one such as http://127.0.0.1:7860" in trouble(url)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(answer=b"event: complete\ndata: []\n\n") as url:
        assert trouble(url) == ""


def test_the_port_is_that_of_the_page(monkeypatch, capsys):
    with serving() as url:
        monkeypatch.setenv("GRADIO_SERVER_PORT", url.rpartition(":")[2])
    assert main([]) == 1
    assert url in capsys.readouterr().err


def test_it_imports_nothing_heavy():
    heavy = ["gradio", "numpy", "torch"]
    code = f"import sys, demo.health; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
