"""The documents are correct."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import esam_core
from esam_core.weights import IMAGENET_LITE2, MINI

ROOT = Path(__file__).parents[1]


def read(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_changelog_begins_with_this_version():
    assert re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)[1] == esam_core.__version__


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-sam.txt", "requirements-dev.txt"]
)
def test_every_dependency_has_a_reason(name):
    named = re.findall(r"`([\w-]+)`", read("CONTRIBUTING.md").partition("## Dependencies")[2])
    for line in read(name).splitlines():
        if line and not line.startswith(("#", "-r", "-e")):
            package = re.match(r"[\w-]+", line)[0]
            assert package in named, f"{package} has no reason in CONTRIBUTING.md"


def test_contributing_names_places_that_exist():
    text = read("CONTRIBUTING.md").partition("## Dependencies")[0]
    places = re.findall(r"`([\w/]+(?:/|\.py))`", text)
    assert len(places) > 20
    roots = (ROOT, ROOT / "esam_core", ROOT / "esam_core" / "modeling")
    for place in places:
        name = place.replace("NAME", "salient")
        if "benchmark/" in place or "evaluation/" in place:
            name = name.replace("benchmark/salient", "benchmark/stages")
        assert any(root.joinpath(name).exists() for root in roots), place


def test_readme_example_prints_what_it_says():
    example = blocks(read("README.md"), "python")[0]
    expected = re.findall(r"^# prints: (.*)$", example, re.MULTILINE)
    assert expected
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == expected


def test_readme_gives_the_two_commands():
    start, test = blocks(read("README.md"), "bash")[:2]
    for command, last in ((start, "app.py"), (test, "-m pytest --all")):
        assert command.startswith("python -m venv .venv && .venv/bin/pip install -r requirements")
        assert command.count("\n") == 1
        assert command.endswith(f".venv/bin/python {last}\n")


def test_ci_finds_the_test_command_of_the_readme():
    extraction = re.search(r"test_command=\$\((.*)\)$", read(".ci", "run"), re.MULTILINE)[1]
    done = subprocess.run(
        ["bash", "-c", extraction], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == blocks(read("README.md"), "bash")[1]


def test_readme_command_lines_are_understood():
    from esam_core.cli import build_parser

    lines = re.findall(r"python -m esam_core ([^`\n]+)", read("README.md"))
    assert len(lines) >= 5
    for line in lines:
        build_parser().parse_args(shlex.split(line, comments=True))


@pytest.mark.parametrize(
    "document",
    [
        *("README.md", "CONTRIBUTING.md", "deploy/README.md"),
        *("assets/weights/README.md", "assets/words/README.md"),
    ],
)
def test_links_to_files_lead_somewhere(document):
    for target in re.findall(r"(?<!!)\[[^\]]*\]\((?!http)([^)#]+)\)", read(document)):
        assert (ROOT / document).parent.joinpath(target).exists(), target


def test_every_photo_is_attributed_with_its_licence():
    text = read("assets", "photos", "ATTRIBUTION.md")
    photos = json.loads(read("assets", "photos", "photos.json"))["photos"]
    assert {path.name for path in (ROOT / "assets" / "photos").glob("*.jpg")} == {
        photo["file"] for photo in photos
    }
    for photo in photos:
        row = next(line for line in text.splitlines() if f"`{photo['file']}`" in line)
        assert f"[{photo['licence']}]" in row
        assert photo["flickr_url"] in row


def test_every_bundled_weights_file_has_a_row_with_its_digest_and_a_card():
    text = read("assets", "weights", "README.md")
    assert MINI.sha256 in text and IMAGENET_LITE2.sha256 in text
    for path in (ROOT / "assets" / "weights").iterdir():
        if path.suffix != ".md":
            assert f"`{path.name}`" in text
            assert path.with_suffix(".md").exists()


def test_notice_keeps_what_the_licences_ask_for():
    notice = read("NOTICE")
    for needed in ("WordNet 3.0 Copyright 2006 by Princeton University", "Apache-2.0", "CC BY-SA"):
        assert needed in notice
