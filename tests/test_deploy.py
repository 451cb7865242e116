"""What deploy/ says is what happens: the Space's folder, and the container's steps one by one."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.utils import Status
from huggingface_hub import metadata_load
from packaging.requirements import Requirement
from PIL import Image

from tests.support.package import ROOT, outside

START_SECONDS = 120
# https://huggingface.co/docs/hub/spaces-config-reference, and "license" of every repository's card.
SPACE_KEYS = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version"),
    *("app_file", "fullWidth", "header", "pinned", "license", "short_description", "tags"),
}
NOBODY = 1000  # the user of the container


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Split a Dockerfile into (NAME, rest), with lines joined and comments left out."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


DOCKERFILE = instructions((ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8"))


def of_kind(*names: str) -> list[str]:
    return [rest for name, rest in DOCKERFILE if name in names]


# ---- the Space ----


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """The folder that the guide's commands make, with `hf` only writing down what it is asked."""
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout, so there is nothing to archive")
    work = tmp_path_factory.mktemp("space")
    guide = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    commands = re.search(r"<!-- space -->\n```bash\n(.*?)```", guide, re.DOTALL)[1]
    _program(
        work / "bin" / "hf",
        f'echo "$@" >> {work}/asked; [ "$1" = repos ] || cp -r "$3" {work}/made',
    )
    path = {"PATH": f"{work / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(work)}
    subprocess.run(["bash", "-euc", commands], cwd=ROOT, env=os.environ | path, check=True)
    return work


def test_the_guide_makes_a_space_and_sends_its_folder(space):
    made, sent = (space / "asked").read_text().splitlines()
    assert made == "repos create USER/NAME --type space --space-sdk gradio --exist-ok"
    assert sent.startswith("upload USER/NAME ") and sent.endswith(" . --repo-type space")
    names = {path.name for path in (space / "made").iterdir()}
    assert names == {
        *("LICENSE", "NOTICE", "README.md", "pyproject.toml", "requirements.txt", "app.py"),
        *("demo", "esam_core", "assets"),
    }
    assert not (space / "made" / "assets" / "figures").exists()


def test_the_header_of_the_space_fits_what_is_needed():
    header = metadata_load(ROOT / "deploy" / "space.md")
    needed = [
        Requirement(line)
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    gradio = next(requirement for requirement in needed if requirement.name == "gradio")
    assert set(header) <= SPACE_KEYS  # an unknown one is ignored in silence
    assert header["sdk"] == "gradio" and gradio.specifier.contains(header["sdk_version"])
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    least = re.search(r'requires-python = ">=3\.(\d+)"', project)[1]
    assert int(header["python_version"].split(".")[1]) >= int(least)
    assert (ROOT / header["app_file"]).is_file()
    assert len(header["short_description"]) <= 60  # longer ones are refused
    assert header["license"] == "apache-2.0"
    assert {header["colorFrom"], header["colorTo"]} < {
        *("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"),
    }


@pytest.mark.slow
def test_the_space_answers_where_its_variables_say(space, bear_file):
    port, home = _free_port(), space / "home"
    home.mkdir()
    variables = {
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/esam",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(port),
        "HOME": str(home),
        "BROWSER": str(_program(space / "bin" / "browser", f"touch {space}/opened")),
    }
    command = [sys.executable, "app.py"]
    with _running(command, space / "made", outside() | variables, space / "log") as page:
        _await_health([sys.executable, "-m", "demo.health"], space / "made", page, variables)
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "someone-esam.hf.space"}
        config = httpx.get(f"http://127.0.0.1:{port}/config", headers=forwarded).json()
        assert config["root"] == "https://someone-esam.hf.space"
        assert config["space_id"] == "someone/esam"
        _assert_a_bear(port, bear_file)
    assert not (space / "opened").exists()


# ---- the container ----


def test_the_container_has_no_rights_and_a_volume_for_what_stays():
    assert of_kind("USER") == ["esam"] and of_kind("VOLUME") == ["/data"]
    names = [name for name, _ in DOCKERFILE]
    assert names.index("USER") < names.index("CMD")
    assert f"--uid {NOBODY}" in " ".join(of_kind("RUN"))
    assert _environment()["ESAM_CACHE"].startswith("/data/")


def test_packages_are_installed_before_the_code_is_copied():
    steps = [rest for name, rest in DOCKERFILE if name in ("RUN", "COPY")]
    pip = next(i for i, step in enumerate(steps) if step.startswith("pip install"))
    assert [step for step in steps[:pip] if "requirements" in step] == ["requirements.txt ./"]
    assert [step.split()[0] for step in steps[pip + 1 :]][-2:] == ["esam_core/", "demo/"]


def test_the_builder_is_sent_what_is_copied():
    lines = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    copied = {name.strip("/") for rest in of_kind("COPY") for name in rest.split()[:-1]}
    assert lines[1] == "*" and sent == copied


@pytest.fixture(scope="module")
def image():
    """A folder as the Dockerfile leaves it, `/app` and `/data` below it.

    Nothing is downloaded: `pip install` checks that the packages here are what is asked for, and
    `useradd`, which would change this machine, does nothing.
    """
    with tempfile.TemporaryDirectory() as name:  # not pytest's folder, which others may not enter
        root = Path(name)
        root.chmod(0o755)
        _program(root / "bin" / "useradd", "exit 0")
        _program(root / "bin" / "install", 'mkdir -p "${@: -1}"')
        _program(root / "bin" / "pip", f'{sys.executable} -m pip "$@" --dry-run --no-index')
        env = outside() | _arguments() | {"PATH": f"{root / 'bin'}:{os.environ['PATH']}"}
        (root / "app").mkdir()
        (root / "tmp").mkdir()
        for step, rest in DOCKERFILE:
            if step == "COPY":
                _copy(rest, root / "app")
            elif step == "RUN":
                done = subprocess.run(
                    ["bash", "-euc", _inside(rest, root)],
                    cwd=root / "app",
                    env=env,
                    capture_output=True,
                    text=True,
                )
                assert done.returncode == 0, done.stderr
                assert "Would install" not in done.stdout
        yield root


@pytest.mark.slow
def test_the_steps_of_the_container_make_a_page_that_answers_and_stops(image, bear_file):
    port = _free_port()
    env = {name: _inside(value, image) for name, value in _environment().items()}
    env |= {"GRADIO_SERVER_PORT": str(port), "TMPDIR": str(image / "tmp"), "HOME": str(image)}
    env |= {"PYTHONDONTWRITEBYTECODE": "1"}  # as where the program's folder is read-only
    user, before = _without_rights(image), _files(image / "app")
    command = [sys.executable, *_words(of_kind("CMD")[0])[1:]]
    with _running(command, image / "app", outside() | env, image / "log", **user) as page:
        health = _words(of_kind("HEALTHCHECK")[0].partition(" CMD ")[2])
        _await_health([sys.executable, *health[1:]], image / "app", page, env)
        _assert_a_bear(port, bear_file)
        with _long_work(port, bear_file):
            page.send_signal(signal.SIGTERM)
            assert page.wait(20) == 0, (image / "log").read_text()
    assert _files(image / "app") == before


# ---- parts ----


def _arguments() -> dict[str, str]:
    return dict(rest.split("=", 1) for rest in of_kind("ARG"))


def _environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in of_kind("ENV") for pair in shlex.split(rest))


def _words(form: str) -> list[str]:
    words = json.loads(form)
    assert words[0] == "python"
    return words


def _inside(text: str, root: Path) -> str:
    """Move the absolute folders of the container below a folder of this machine."""
    return re.sub(r"(?<![\w.:/])/(app|data|tmp)\b", rf"{root}/\1", text)


def _copy(rest: str, workdir: Path) -> None:
    *sources, target = rest.split()
    for source in sources:
        if (ROOT / source).is_dir():
            left_out = ["__pycache__", "*.pyi", *(["figures"] if source == "assets/" else [])]
            shutil.copytree(
                ROOT / source, workdir / target, ignore=shutil.ignore_patterns(*left_out)
            )
        else:
            shutil.copy(ROOT / source, workdir / target)


def _without_rights(root: Path) -> dict[str, int | list[int]]:
    """Return arguments of Popen for a user without rights, where this one may change to it."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:  # an interpreter in a home folder cannot be run by others
        subprocess.run([sys.executable, "-c", ""], check=True, **user)
    except (OSError, subprocess.CalledProcessError):
        return {}
    for folder in ("data", "tmp"):
        os.chown(root / folder, NOBODY, NOBODY)
    return user


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _program(path: Path, line: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{line}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class _running:
    """A page as a program, ended with the block; what it says goes to a file."""

    def __init__(self, command: list[str], cwd: Path, env: dict[str, str], log: Path, **how):
        self._log = log.open("w")
        self._page = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=self._log, stderr=self._log, **how
        )

    def __enter__(self) -> subprocess.Popen:
        return self._page

    def __exit__(self, *_: object) -> None:
        self._page.terminate()
        self._page.wait(20)
        self._log.close()


def _await_health(command: list[str], cwd: Path, page: subprocess.Popen, env: dict) -> None:
    for _ in range(START_SECONDS):
        assert page.poll() is None, f"the page ended with {page.returncode}"
        done = subprocess.run(command, cwd=cwd, env=outside() | env, capture_output=True, text=True)
        if done.returncode == 0:
            return
        assert done.stderr.startswith("error: http://127.0.0.1:")
        time.sleep(1)
    raise AssertionError(done.stderr)


@contextmanager
def _long_work(port: int, photo: Path) -> Iterator[None]:
    """Ask for what takes minutes, and go on once it has begun."""
    client = Client(f"http://127.0.0.1:{port}", verbose=False)
    settings = {"grid": "quality", "points_per_side": 64}
    job = client.submit(handle_file(photo), settings, api_name="/everything")
    for _ in range(10 * START_SECONDS):
        assert not job.done()
        if job.status().code in (Status.PROCESSING, Status.PROGRESS, Status.ITERATING):
            break
        time.sleep(0.1)
    time.sleep(1)
    yield


def _assert_a_bear(port: int, photo: Path) -> None:
    client = Client(f"http://127.0.0.1:{port}", verbose=False)
    prompt = {"point_coords": [[300, 350]], "point_labels": [1]}
    path, info = client.predict(handle_file(photo), prompt, api_name="/segment")
    client.close()
    with Image.open(path) as mask:
        assert mask.size == (586, 640) and mask.getpixel((300, 350)) == 255
        assert mask.getpixel((0, 0)) == 0
    assert info["provenance"].startswith("bundled mini")
