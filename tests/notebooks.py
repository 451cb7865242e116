"""Run the notebooks: ``python tests/notebooks.py --write`` makes their committed outputs anew.

``--repository URL`` says where the project is published: that goes to ``pyproject.toml``, and from
there into the badge and the first cell of every notebook.
"""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
TAG = "parameters"
WIDGET = "application/vnd.jupyter.widget-view+json"
FIGURES = ROOT / "assets" / "figures"  # of the committed outputs

PYPROJECT = ROOT / "pyproject.toml"
REPOSITORY = re.compile(r'^\[project\.urls\]\nRepository = "(.*)"\n\n', re.MULTILINE)
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
COLAB = "https://colab.research.google.com"
BADGE = re.compile(r"^\[!\[Open in Colab\].*\n\n", re.MULTILINE)
START = """\
import os
import subprocess
import sys
from importlib import metadata, util

SOURCE = os.environ.get("ESAM_SOURCE", "{source}")  # of the project: wheel, folder or git+https://...
if not util.find_spec("esam_core") and not SOURCE:
    raise ImportError("esam_core is missing here: set SOURCE to where it lies, and run this again")
if not util.find_spec("esam_core"):  # as on Colab; it goes where this kernel finds it
    before = {{found.name: found.version for found in metadata.distributions()}}
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", SOURCE], check=True)
    from demo.notebook.start import refuse_replaced

    refuse_replaced(before)\
"""


def notebooks() -> list[Path]:
    return sorted(FOLDER.glob("*.ipynb"))


def repository(pyproject: Path = PYPROJECT) -> str:
    """Return the address where the project is published, or an empty text."""
    found = REPOSITORY.search(pyproject.read_text("utf-8"))
    return found[1] if found else ""


def publish(url: str, pyproject: Path = PYPROJECT) -> None:
    """Write that address; an empty one takes it out."""
    text = REPOSITORY.sub("", pyproject.read_text("utf-8"))
    urls = f'[project.urls]\nRepository = "{url}"\n\n' if url else ""
    pyproject.write_text(text.replace("[project.scripts]", f"{urls}[project.scripts]"), "utf-8")


def first_cell(url: str) -> str:
    """Return the source of every notebook's first code cell."""
    return START.format(source=f"git+{url}" if url else "")


def badge(stem: str, url: str) -> str:
    """Return the link to Colab: of the notebook itself on GitHub, else of Colab's upload dialog."""
    found = GITHUB.fullmatch(url)
    at = f"/github/{found[1]}/blob/main/notebooks/{stem}.ipynb" if found else "/#upload=true"
    advice = "" if found else ' "Upload this file there"'
    return f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({COLAB}{at}{advice})"


def begin(notebook, stem: str, url: str) -> None:
    """Give a notebook its badge and its first code cell, where they are missing or old."""
    head = notebook.cells[0]
    title, _, rest = BADGE.sub("", head.source).partition("\n\n")
    head.source = f"{title}\n\n{badge(stem, url)}\n\n{rest}"
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.source = first_cell(url)


def set_parameters(notebook, parameters: dict[str, Any]) -> None:
    cell = next(cell for cell in notebook.cells if TAG in cell.metadata.get("tags", []))
    cell.source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())


def execute(
    path: Path,
    parameters: dict[str, Any] | None = None,
    timeout: int = 3600,
    folder: Path = FOLDER,
):
    """Run a notebook from a clean kernel, in a folder, with some parameters replaced."""
    notebook = nbformat.read(path, 4)
    set_parameters(notebook, parameters or {})
    # An editable installation makes the project known to kernels; this does it without one.
    path_list = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path_list)}
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": folder}}
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
                if "image/jpeg" in output.data:
                    output.data.pop("image/png", None)  # the same picture, ten times as large
                if widget is not None and set(output.data) <= {"text/plain"}:
                    continue  # progress bars and other controls
            kept.append(output)
        cell.outputs = kept


def write(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    begin(notebook, path.stem, repository())
    sources = [cell.source for cell in notebook.cells]
    nbformat.write(notebook, path)
    notebook = execute(path, {"OUT": str(FIGURES)})
    for cell, source in zip(notebook.cells, sources, strict=True):
        cell.source = source  # a reader's figures go elsewhere
    clean(notebook)
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i}"
    nbformat.write(notebook, path)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="run them and keep their outputs")
    parser.add_argument("--repository", metavar="URL", help="where the project is published")
    parser.add_argument("names", nargs="*", help="stems of --write; all if none is given")
    args = parser.parse_args()
    chosen = [p for p in notebooks() if not args.names or p.stem in args.names]
    if not chosen:
        sys.exit(f"no such notebook; there are {', '.join(p.stem for p in notebooks())}")
    if args.repository is not None:
        publish(args.repository)
        for path in notebooks():
            notebook = nbformat.read(path, 4)
            begin(notebook, path.stem, args.repository)
            nbformat.write(notebook, path)
    elif not args.write:
        parser.error("give --write or --repository URL")
    for path in chosen if args.write else ():
        write(path)


if __name__ == "__main__":
    main()
