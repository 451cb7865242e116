"""The committed notebooks are short, complete and small; and they run."""

import re
from pathlib import Path

import nbformat
import pytest

from esam_core.figures import figure_functions
from tests.notebooks import FOLDER, ROOT, TAG, WIDGET, clean, execute, notebooks

# Parameters that make each notebook quick.
SMALL = {
    "fig1_point_prompts": {"PHOTOS": ["285"]},
    "fig2_box_prompts": {"PHOTOS": ["285"]},
    "fig3_segment_everything": {"PHOTOS": ["286994"], "GRID": "fast"},
    "fig4_saliency": {"PHOTOS": ["285"]},
    "fig5_noise": {"EXAMPLES": [("285", 1)]},
    "fig6_text_prompts": {"TEXTS": {"286994": ["elephant"]}},
    "automatic_masks": {"POINTS_PER_SIDE": 4},
    "playground": {"POINTS_PER_SIDE": 2},
    "table1_efficiency": {"MODELS": ["mini"], "REPEATS": 3, "SIDE": 64},
}
one_notebook = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_a_notebook_per_figure_and_all_are_in_the_table():
    names = {path.stem for path in notebooks()}
    table = (FOLDER / "README.md").read_text("utf-8")
    assert set(re.findall(r"^\| \[(\w+)\]\(\1\.ipynb\)", table, re.MULTILINE)) == names
    shown = {name.partition("_")[0] for name in names}
    assert shown >= set(figure_functions()) - {"limits"}, "a figure has no notebook"


@one_notebook
def test_notebook_is_thin_and_says_what_it_shows(path):
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and "What differs from the" in first.source
    assert sum(TAG in cell.metadata.get("tags", []) for cell in code(notebook)) == 1
    source = "\n".join(cell.source for cell in code(notebook))
    assert not re.search(r"^\s*(def|class|[!%])|sys\.path|os\.chdir", source, re.MULTILINE)
    own = [line for cell in code(notebook)[1:] for line in cell.source.splitlines()]
    assert len(code(notebook)) <= 10 and len(own) <= 80  # all begin with the same cell
    assert all(name in source for name in ("MODEL", "DEVICE"))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("fig*.ipynb")), ids=lambda path: path.stem)
def test_a_figure_has_the_same_parameters_everywhere_and_controls_after_it(path):
    cells = code(nbformat.read(path, 4))
    parameters = next(cell.source for cell in cells if TAG in cell.metadata.get("tags", []))
    names = re.findall(r"^(\w+) =", parameters, re.MULTILINE)
    assert names[:5] == ["MODELS", "WEIGHTS", "DEVICE", "DOWNLOAD", "OUT"]
    assert re.search(r"^DOWNLOAD = False\b", parameters, re.MULTILINE)
    assert re.search(r'^OUT = "outputs"', parameters, re.MULTILINE)
    assert "image/jpeg" in str(cells[-2].outputs) + str(cells[-3].outputs)
    assert cells[-1].source.partition("explore(")[1]


@one_notebook
def test_outputs_are_committed_in_order_without_errors_paths_or_widgets(path):
    notebook = nbformat.read(path, 4)
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run: python tests/notebooks.py --write"
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("image/jpeg" in output.get("data", {}) for output in outputs)
    assert not any(WIDGET in output.get("data", {}) for output in outputs)
    assert "widgets" not in notebook.metadata
    text = re.sub(r'"image/\w+": "[^"]*"', "", path.read_text("utf-8"))
    assert not re.search(r"/(home|root|work|tmp|Users|usr|opt)/|[A-Z]:\\\\", text)
    assert path.stat().st_size < 700_000


def own_files() -> dict[Path, tuple[int, int]]:
    folders = (FOLDER, ROOT / "assets", ROOT / "esam_core", ROOT / "demo")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in paths
        if not {"__pycache__", "outputs"} & {*path.parts}  # which git ignores
    }


# The others are like one of these, and run with `-m notebook`, or when this file is named.
USUAL = ("fig1_point_prompts", "fig6_text_prompts", "predictor", "playground", "table1_efficiency")
each_in_turn = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if path.stem in USUAL else [pytest.mark.patient])
        for path in notebooks()
    ],
)


@pytest.mark.notebook
@each_in_turn
def test_notebook_runs_at_small_settings_and_changes_nothing_of_the_project(path, tmp_path):
    before = own_files()
    models = {"MODEL": "mini", "MODELS": "mini", "DEVICE": "cpu"}
    parameters = models | SMALL.get(path.stem, {})
    notebook = execute(path, parameters, timeout=300, folder=tmp_path)
    assert own_files() == before
    clean(notebook)
    pictures = [
        sum("image/jpeg" in output.get("data", {}) for output in cell.outputs)
        for cell in code(notebook)
    ]
    assert any(pictures) and max(pictures) == 1  # a figure is displayed once, not by pyplot too
    written = {file.suffix for file in (tmp_path / "outputs").rglob("*.*")}
    saves = any(".save(OUT)" in cell.source for cell in code(notebook))
    assert written >= {".png", ".pdf"} if saves else not written & {".png", ".pdf"}
