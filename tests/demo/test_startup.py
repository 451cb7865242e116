"""The start: fast, without torch or type stubs; a place where no page can be is one line."""

import errno
import inspect
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from demo.__main__ import main, parse
from demo.startup import choose_caches, refusal, without_type_stubs

ROOT = Path(__file__).parents[2]
HEAVY = ["torch", "timm", "torchvision", "onnxruntime", "open_clip"]
if (
    int(version("pandas").partition(".")[0]) >= 3
):  # before, Gradio's table imports it through pandas
    HEAVY.append("matplotlib")


@pytest.mark.slow
def test_the_page_is_laid_out_before_anything_heavy_is_imported():
    code = f"""
import sys
import app
from demo.engine.catalogue import CoreCatalogue
from demo.engine import Engine
from demo.ui import build
build(Engine(CoreCatalogue()))
print(sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_component_has_no_source_for_a_stub_within_and_everything_else_has():
    getfile = inspect.getfile
    with without_type_stubs():
        with pytest.raises(OSError, match="stub"):
            inspect.getfile(Component)
        assert inspect.getfile(Other) == __file__
    assert inspect.getfile(Component) == __file__
    assert inspect.getfile is getfile


@pytest.fixture
def taken():
    """A port where somebody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_taken_port_is_one_line(taken, capsys, host):
    assert main(["--host", host, "--port", str(taken)]) == 2
    error = capsys.readouterr().err
    assert error == (
        f"error: port {taken} is taken; choose another with --port, or leave --port out.\n"
    )


@pytest.mark.slow
def test_a_taken_port_ends_the_program_at_once_without_a_traceback(taken):
    command = [sys.executable, "app.py", "--port", str(taken)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("error: port ")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--port", "0"], "--port 0 is no port; use one from 1 to 65535."),
        (["--port", "65536"], "--port 65536 is no port"),
        (["--port=-1"], "--port -1 is no port"),
        (["--host", "203.0.113.7"], "--host '203.0.113.7' is no address of this machine"),
        (["--host", "a b"], "--host 'a b' is no address of this machine"),
        (["--host", "[::1"], "--host '[::1' is no address of this machine"),
        (["--host", "x" * 70], "is no address of this machine"),
    ],
)
def test_a_place_where_no_page_can_be_is_one_line(capsys, args, message):
    assert main(args) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_port_of_the_system_needs_rights(monkeypatch):
    def bind(self, address):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    assert "port 80 needs rights that this user lacks; use one from 1024" in refusal("0.0.0.0", 80)


def test_a_free_place_is_not_refused(taken):
    assert refusal("127.0.0.1", None) == refusal("[127.0.0.1]", None) == ""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert refusal("localhost", free) == ""


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("/tools/esam", "/tools/esam"),
        ("/tools/esam/", "/tools/esam"),
        ("https://photos.example/esam/", "https://photos.example/esam"),
        ("/", ""),
        ("", ""),
    ],
)
def test_a_root_path_has_no_slash_at_its_end(given, used):
    assert parse(["--root-path", given]).root_path == used


@pytest.mark.parametrize("given", ["tools/esam", "/a b", "/a?b", "//a", "ftp://host/a", "https://"])
def test_a_root_path_that_is_none_is_refused(given, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse(["--root-path", given])
    assert "is no path; use one such as /tools/esam" in capsys.readouterr().err


def test_the_variable_of_gradio_is_the_default_of_the_root_path(monkeypatch):
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/from/outside/")
    assert parse([]).root_path == "/from/outside"


def test_a_space_keeps_downloads_on_its_storage(tmp_path):
    environ = {"SPACE_ID": "someone/esam"}
    choose_caches(environ, volume=tmp_path)
    assert environ["ESAM_CACHE"] == str(tmp_path / "esam")
    assert environ["HF_HOME"] == str(tmp_path / "huggingface")


def test_a_space_without_storage_and_home_writes_to_the_folder_of_the_moment(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "not there")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    environ = {"SPACE_ID": "someone/esam"}
    choose_caches(environ, volume=tmp_path / "no volume")
    assert environ["ESAM_CACHE"] == str(tmp_path / "esam")


@pytest.mark.parametrize(
    "environ", [{}, {"SPACE_ID": "a/b", "ESAM_CACHE": "mine", "HF_HOME": "mine"}]
)
def test_named_caches_and_those_elsewhere_stay(tmp_path, environ):
    before = dict(environ)
    choose_caches(environ, volume=tmp_path)
    assert environ == before


def test_a_space_with_a_home_needs_no_other_place(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    environ = {"SPACE_ID": "someone/esam"}
    choose_caches(environ, volume=tmp_path / "no volume")
    assert list(environ) == ["SPACE_ID"]


class Component:
    EVENTS = ()


class Other:
    pass
