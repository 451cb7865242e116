"""Notebooks start anywhere: where the project is missing, the first cell installs it."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from demo.notebook.start import refuse_replaced
from esam_core.errors import EsamError
from tests.notebooks import (
    FOLDER,
    PYPROJECT,
    badge,
    begin,
    first_cell,
    notebooks,
    publish,
    repository,
    set_parameters,
)
from tests.support.package import NOT_COPIED, ROOT, build, outside

ADDRESS = "https://github.com/owner/name"
RUN = """
import sys, nbclient, nbformat
for name in sys.argv[1:]:
    notebook = nbformat.read(name, 4)
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=300).execute()
    nbformat.write(notebook, name)
"""


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_notebook_begins_with_the_same_cell_and_its_badge(path):
    notebook = nbformat.read(path, 4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.source == first_cell(repository())
    assert badge(path.stem, repository()) in notebook.cells[0].source.split("\n\n")


def test_the_address_of_the_project_is_written_once_and_read_everywhere(tmp_path):
    pyproject = tmp_path / "pyproject.toml"
    before = PYPROJECT.read_text("utf-8")
    pyproject.write_text(before, "utf-8")
    for url in (ADDRESS, "https://elsewhere.example/name", ADDRESS):
        publish(url, pyproject)
        assert repository(pyproject) == url
    assert pyproject.read_text("utf-8").count("[project.urls]") == 1
    notebook = nbformat.read(FOLDER / "playground.ipynb", 4)
    texts = notebook.cells[0].source
    begin(notebook, "playground", ADDRESS)
    assert f'"git+{ADDRESS}"' in notebook.cells[1].source
    assert "/github/owner/name/blob/main/notebooks/playground.ipynb" in notebook.cells[0].source
    begin(notebook, "playground", repository())
    assert notebook.cells[0].source == texts
    publish(repository(), pyproject)
    assert pyproject.read_text("utf-8") == before


def test_elsewhere_than_on_github_the_badge_leads_to_the_upload():
    assert badge("x", "https://elsewhere.example/name") == badge("x", "")
    assert badge("x", f"{ADDRESS}.git") == badge("x", ADDRESS) != badge("x", "")


def test_without_a_source_the_first_cell_says_what_to_give():
    command = [sys.executable, "-I", "-S", "-c", first_cell("")]
    done = subprocess.run(command, capture_output=True, text=True, env=outside())
    assert done.returncode == 1 and "ImportError: esam_core is missing" in done.stderr
    assert "set SOURCE" in done.stderr


def test_a_replaced_package_matters_only_if_it_is_loaded(tmp_path, monkeypatch):
    info = tmp_path / "some_colours-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-colours\nVersion: 2.0\n")
    (info / "top_level.txt").write_text("some_colours\n")
    (tmp_path / "some_colours.py").write_text("RED = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    refuse_replaced({"some-colours": "1.0"})
    monkeypatch.setitem(sys.modules, "some_colours", object())
    refuse_replaced({"some-colours": "2.0"})
    refuse_replaced({})
    with pytest.raises(EsamError, match=r"some-colours 1\.0 \(now 2\.0\).*Restart the kernel"):
        refuse_replaced({"some-colours": "1.0"})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"))[1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return shutil.copytree(ROOT, tmp_path_factory.mktemp("a") / "checkout", ignore=NOT_COPIED)


@pytest.fixture
def bare(tmp_path):
    """The interpreter of an environment that has all packages of this one except the project."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    package = Path(found.stdout.strip())
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "esam_workspace" not in path.name and path.name != "__pycache__":
            (package / path.name).symlink_to(path)
    return python


@pytest.mark.slow
@pytest.mark.notebook
@pytest.mark.parametrize("kind", ["wheel", "checkout"])
def test_a_notebook_alone_installs_the_project_and_runs(kind, bare, tmp_path, request):
    names = {"wheel": ("fig1_point_prompts",), "checkout": ("playground",)}[kind]
    work = tmp_path / "work"
    work.mkdir()
    for name in names:
        notebook = nbformat.read(FOLDER / f"{name}.ipynb", 4)
        set_parameters(notebook, {"PHOTOS": ["285"], "POINTS_PER_SIDE": 2, "DEVICE": "cpu"})
        for cell in notebook.cells:
            cell.update({"outputs": []} if cell.cell_type == "code" else {})
        nbformat.write(notebook, work / f"{name}.ipynb")
    # Nothing comes from an index: what the project requires is here, the tool that builds it, too.
    env = outside() | {
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # which, oddly, means what the name says
        "ESAM_SOURCE": str(request.getfixturevalue(kind)),
        "HOME": str(tmp_path),
    }
    files = [f"{name}.ipynb" for name in names]
    done = subprocess.run(
        [bare, "-c", RUN, *files], cwd=work, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    ask = "import esam_core, demo; print(esam_core.__file__, demo.__file__)"
    places = subprocess.run([bare, "-c", ask], cwd=work, env=env, capture_output=True, text=True)
    assert places.stdout.count(str(tmp_path / "venv")) == 2
    for name in files:
        outputs = [o for c in nbformat.read(work / name, 4).cells for o in c.get("outputs", [])]
        assert any("image/jpeg" in output.get("data", {}) for output in outputs)
