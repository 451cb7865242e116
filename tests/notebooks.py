"""Run the notebooks: ``python tests/notebooks.py --write`` makes their committed outputs anew."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
TAG = "parameters"
WIDGET = "application/vnd.jupyter.widget-view+json"


def notebooks() -> list[Path]:
    return sorted(FOLDER.glob("*.ipynb"))


def execute(path: Path, parameters: dict[str, Any] | None = None, timeout: int = 3600):
    """Run a notebook from a clean kernel, in its own folder, with some parameters replaced."""
    notebook = nbformat.read(path, 4)
    if parameters:
        cell = next(c for c in notebook.cells if TAG in c.metadata.get("tags", []))
        cell.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
    # An editable installation makes the project known to kernels; this does it without one.
    path_list = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path_list)}
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": FOLDER}}
    )
    client.execute(env=env)
    return notebook


def clean(notebook) -> None:
    """Keep what a reader sees: no widgets, which live only beside a kernel, no times, no ids."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
        if cell.cell_type != "code":
            continue
        kept = []
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                continue  # progress bars
            if "data" in output:
                widget = output.data.pop(WIDGET, None)
                output.metadata = {}
                if widget is not None and set(output.data) <= {"text/plain"}:
                    continue  # progress bars and other controls
            kept.append(output)
        cell.outputs = kept


def write(path: Path) -> None:
    notebook = execute(path)
    clean(notebook)
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i}"
    nbformat.write(notebook, path)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", required=True)
    parser.add_argument("names", nargs="*", help="stems; all if none is given")
    args = parser.parse_args()
    chosen = [p for p in notebooks() if not args.names or p.stem in args.names]
    if not chosen:
        sys.exit(f"no such notebook; there are {', '.join(p.stem for p in notebooks())}")
    for notebook_path in chosen:
        write(notebook_path)
