"""What pip installs works without the repository, from an empty folder."""

import json
import socket
import subprocess
import tarfile
import time
import zipfile

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from esam_core import asset
from tests.support.package import ROOT, build, install

pytestmark = pytest.mark.slow
DATA = (
    *("photos/*.*", "photos/masks/*", "weights/*", "words/*"),
    *("README.md", "detections.json", "examples.json"),
)
BEAR = "000000000285.jpg"


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def installed(distributions, tmp_path_factory):
    """The wheel in an environment of its own; nothing may be written there by all these tests."""
    program = install(distributions[1], tmp_path_factory.mktemp("installed"))
    before = program.files()
    yield program
    assert program.files() == before


@pytest.fixture(scope="module")
def bear_photo(installed):
    path = installed.work.parent / "bear.jpg"
    path.write_bytes(asset("photos", BEAR).read_bytes())
    return path


def test_the_wheel_holds_the_program_and_its_data_and_nothing_else(distributions):
    with zipfile.ZipFile(distributions[1]) as wheel:
        names = set(wheel.namelist())
        licence = wheel.read(next(n for n in names if n.endswith("licenses/LICENSE")))
    code = [
        path.relative_to(ROOT).as_posix()
        for package in ("demo", "esam_core")
        for suffix in ("*.py", "*.js", "*.css", "*.svg", "*.mplstyle")
        for path in (ROOT / package).rglob(suffix)
    ]
    data = [
        f"esam_core/assets/{path.relative_to(ROOT / 'assets').as_posix()}"
        for pattern in DATA
        for path in (ROOT / "assets").glob(pattern)
    ]
    info = {name for name in names if ".dist-info/" in name}
    assert names - info == {*code, *data}
    assert len(data) > 80 and len(code) > 200
    assert {name.partition(".dist-info/")[2] for name in info} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"),
        *("licenses/LICENSE", "licenses/NOTICE"),
    }
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert distributions[1].stat().st_size < 40_000_000


def test_the_source_holds_what_the_wheel_is_built_from(distributions):
    with tarfile.open(distributions[0]) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    assert {"app.py", "setup.py", "NOTICE", "requirements.txt", "assets/weights/u2netp.md"} <= names
    assert not [n for n in names if n.startswith(("tests", "notebooks", "assets/figures"))]


def test_the_installed_package_is_the_one_that_answers(installed):
    ask = "import esam_core, demo; print(esam_core.__file__, demo.__file__, esam_core.asset())"
    places = installed.run("-c", ask).stdout.split()
    assert len(places) == 3
    assert all(place.startswith(str(installed.package)) for place in places)


@pytest.mark.parametrize("model", ["auto", "mini"])
def test_a_click_on_the_command_line(installed, bear_photo, model):
    command = ["points", str(bear_photo), "--point", "300,350", "--model", model]
    done = installed.run("-m", "esam_core", *command, "--out", "mask.png", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["provenance"].startswith("bundled mini, sha256 d896da11")
    mask = np.asarray(Image.open(installed.work / "mask.png").convert("L"))
    assert mask.shape == (640, 586) and mask[350, 300] == 255 and not mask[0, 0]


def test_every_mode_and_list_finds_its_files(installed, bear_photo):
    photo = str(bear_photo)
    for command in (
        ["weights"],
        ["salient", photo, "--out", "salient.png"],
        ["text", photo, "a bear", "--out", "text.png"],
        ["everything", photo, "--out", "masks"],
    ):
        done = installed.run("-m", "esam_core", *command)
        assert done.returncode == 0, done.stderr
        if command == ["weights"]:
            assert "u2netp" in done.stdout and "mini" in done.stdout
    assert {"salient.png", "text.png", "masks"} <= {path.name for path in installed.work.iterdir()}


def test_a_figure_goes_to_the_working_folder(installed):
    done = installed.run("-m", "esam_core", "figures", "--only", "fig4", "--model", "mini")
    assert done.returncode == 0, done.stderr
    made = {path.suffix for path in (installed.work / "outputs").iterdir()}
    assert made == {".png", ".pdf"}


def test_the_command_esam_is_the_same_program(installed):
    program = installed.python.with_name("esam" + installed.python.suffix)
    done = subprocess.run(
        [program, "--version"],
        cwd=installed.work,
        env=installed.env,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("esam ") and done.returncode == 0


def test_a_click_in_the_widget(installed, bear_photo):
    code = f"""
from demo.notebook.widget import PromptWidget
from esam_core import Prompt
widget = PromptWidget({str(bear_photo)!r})
widget.prompt = Prompt.point(300, 350)
print(len(widget.masks), widget.masks.data[0, 350, 300], widget.masks.data[0, 0, 0])
"""
    done = installed.run("-c", code)
    assert done.stdout.split() == ["3", "True", "False"], done.stderr


def test_a_click_on_the_page(installed, bear_photo):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(installed.python), "-m", "demo", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=installed.work, env=installed.env, stderr=subprocess.PIPE, text=True
    ) as page:
        try:
            client = _client(f"http://127.0.0.1:{port}", page)
            prompt = {"point_coords": [[300, 350]], "point_labels": [1]}
            path, info = client.predict(handle_file(bear_photo), prompt, api_name="/segment")
            client.close()
        finally:
            page.terminate()
    with Image.open(path) as mask:
        assert mask.size == (586, 640) and mask.getpixel((300, 350)) == 255
    assert info["provenance"].startswith("bundled mini")


def _client(url: str, page: subprocess.Popen) -> Client:
    for _ in range(120):
        assert page.poll() is None, page.stderr.read()
        try:
            return Client(url, verbose=False)
        except Exception:
            time.sleep(0.5)
    raise AssertionError("the page did not start")
