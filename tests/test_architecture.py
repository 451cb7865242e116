"""Which part of the project (room) may import which, read from the source.

The table is short on purpose: a new module must be added to it first. It is ordered: a room may
import rooms above it and none below.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STDLIB = sys.stdlib_module_names

# room: (rooms of the project that it may import, packages of others). A name stands for the module
# or package and all that is inside it; a row for a module goes before the row of its package.
BASE = (
    "esam_core.errors esam_core.lazy esam_core.bundled esam_core.geometry esam_core.values "
    "esam_core.images esam_core.prompts esam_core.masks esam_core.cleanup"
)
SEGMENTER = f"{BASE} esam_core.devices esam_core.modeling"
MODELS = f"{SEGMENTER} esam_core.segmenter esam_core.models"
MODES = "esam_core.everything esam_core.saliency esam_core.text"
CORE = "esam_core"  # its public names, as every front uses them
ROOMS: dict[str, tuple[str, str]] = {
    "esam_core.errors": ("", ""),
    "esam_core.process": ("", ""),
    "esam_core.lazy": ("", ""),
    "esam_core.bundled": ("", ""),
    "esam_core.files": ("esam_core.errors", ""),
    "esam_core.geometry": ("esam_core.errors", "numpy scipy"),
    "esam_core.images": ("esam_core.errors esam_core.bundled", "numpy PIL tifffile pi_heif"),
    "esam_core.values": ("esam_core.errors", ""),
    "esam_core.prompts": ("esam_core.errors esam_core.geometry esam_core.values", "numpy"),
    "esam_core.cleanup": ("esam_core.errors esam_core.values", "numpy scipy"),
    "esam_core.masks": ("esam_core.errors esam_core.geometry", "numpy"),
    "esam_core.modeling": ("", "torch timm"),
    "esam_core.devices": ("esam_core.errors esam_core.modeling", "torch numpy"),
    "esam_core.weights": (
        "esam_core.errors esam_core.bundled",
        "torch safetensors filelock platformdirs huggingface_hub",
    ),
    "esam_core.segmenter": (SEGMENTER, "torch numpy"),
    "esam_core.models": (f"{SEGMENTER} esam_core.segmenter esam_core.weights", "torch numpy"),
    "esam_core.corrections.steps": (BASE, "numpy PIL"),
    "esam_core.corrections": (MODELS, "numpy scipy"),
    "esam_core.everything": (MODELS, "torch torchvision numpy scipy pycocotools"),
    "esam_core.saliency": (f"{MODELS} esam_core.weights", "numpy scipy PIL onnxruntime"),
    "esam_core.comparison": (MODELS, "numpy"),
    "esam_core.text": (
        f"{MODELS} esam_core.weights esam_core.everything esam_core.saliency",
        "torch numpy PIL open_clip huggingface_hub",
    ),
    "esam_core.datasets": (BASE, "numpy PIL scipy pycocotools"),
    "esam_core.sam": (f"{MODELS} esam_core.everything", "torch numpy transformers pycocotools"),
    "esam_core.visualize": (BASE, "numpy PIL matplotlib"),
    "esam_core.export.onnx": (f"{MODELS} esam_core.files", "torch"),
    "esam_core.export": (f"{BASE} esam_core.visualize", "numpy PIL scipy pycocotools"),
    "esam_core.mask_files": (f"{BASE} esam_core.datasets esam_core.export", "numpy PIL"),
    "esam_core.figures": (CORE, "numpy PIL scipy tqdm matplotlib"),
    "esam_core.benchmark": (CORE, "torch numpy PIL psutil"),
    "esam_core.evaluation": (CORE, "numpy PIL tqdm cv2 scipy"),
    "esam_core.commands": (CORE, "numpy PIL tqdm"),
    "esam_core.cli": (CORE, ""),
    "demo.texts": ("", ""),
    "demo.startup": ("", ""),
    "demo.health": ("", ""),
    "demo.static": ("esam_core.visualize", ""),
    "demo.engine.catalogue": (f"{MODELS} esam_core.weights", "numpy"),
    "demo.engine.borrowed": (f"{MODELS} demo.engine.catalogue", "torch numpy spaces"),
    "demo.engine": (f"{MODELS} {MODES} esam_core.corrections esam_core.weights", "numpy"),
    "demo.handlers": (f"demo.engine demo.texts {CORE}", "numpy PIL"),
    "demo.canvas": ("demo.static demo.handlers", "gradio"),
    "demo.tabs": ("demo.canvas demo.handlers demo.engine demo.texts", "gradio"),
    "demo.endpoints": ("demo.tabs demo.handlers demo.engine demo.texts", "gradio"),
    "demo.ui": (
        "demo.canvas demo.static demo.tabs demo.endpoints demo.handlers demo.engine demo.texts",
        "gradio",
    ),
    "demo.notebook": (
        f"demo.engine demo.handlers demo.static demo.texts {CORE}",
        "numpy PIL anywidget ipywidgets traitlets",
    ),
    "demo.loadtest": ("esam_core", "numpy PIL scipy httpx psutil"),
    "demo.pictures": ("demo.loadtest demo.texts esam_core", "PIL playwright"),
}
FRONT = (
    "esam_core",
    "esam_core.__main__",
    "demo",
    "demo.__main__",
)  # entry points and package docstrings
HEAVY = ("gradio", "matplotlib", "open_clip", "onnxruntime")


def sources() -> list[Path]:
    return sorted(
        path for name in ("esam_core", "demo") for path in ROOT.joinpath(name).rglob("*.py")
    )


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    return next((room for room in ROOMS if within(module, room)), None)


def within(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def imports(path: Path, *, types: bool = True) -> Iterator[str]:
    """Name every module that a file imports, anywhere in it; `from a import b` counts as a.b.

    Without ``types``, what stands under ``if TYPE_CHECKING`` is left out: it is never run.
    """
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in walk(ast.parse(path.read_text(encoding="utf-8")), types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def walk(node: ast.AST, types: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        guarded = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not guarded or types:
            yield child
            yield from walk(child, types)


def breaches(room: str, imported: Iterator[str]) -> list[str]:
    """List the imports that a room's row does not allow."""
    own, others = (row.split() for row in ROOMS[room])
    if room.startswith("esam_core.") and "esam_core" in own:  # fronts of the core: never the page
        own = [place for place in own if not within(place, "demo")]
    allowed = [room, *own, *others, *STDLIB]
    return sorted({name for name in imported if not within(name, *allowed)})


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_module_imports_only_what_its_room_allows(path):
    module = module_of(path)
    if module in FRONT:
        assert not [name for name in imports(path) if within(name, "gradio", "torch")]
        return
    room = room_of(module)
    assert room, f"give {module} a row in the table of this file"
    assert breaches(room, imports(path)) == []


def test_no_room_imports_a_room_that_imports_it():
    order = list(ROOMS)
    for room, (own, _) in ROOMS.items():
        for other in own.split():
            if other not in (CORE, room):
                assert order.index(other) < order.index(room), f"{room} may not look up at {other}"


def test_modules_import_each_other_in_no_circle():
    modules = {module_of(path): path for path in sources()}
    graph = {
        module: {owner for name in imports(path, types=False) if (owner := owner_of(name, modules))}
        - {module}
        for module, path in modules.items()
        if path.name != "__init__.py"  # they only name, lazily, what lies inside
    }
    assert circle_in(graph) is None


def owner_of(name: str, modules: dict[str, Path]) -> str | None:
    return name if name in modules else name.rpartition(".")[0] if "." in name else None


def circle_in(graph: dict[str, set[str]]) -> list[str] | None:
    """Return the modules of a circle, or None."""
    done: set[str] = set()

    def search(module: str, path: list[str]) -> list[str] | None:
        if module in path:
            return path[path.index(module) :]
        if module in done or module not in graph:
            return None
        done.add(module)
        return next(filter(None, (search(m, [*path, module]) for m in sorted(graph[module]))), None)

    return next(filter(None, (search(module, []) for module in sorted(graph))), None)


def test_a_forbidden_import_is_detected():
    assert breaches("esam_core.export", iter(["numpy", "esam_core.masks.Masks", "torch.nn"])) == [
        "torch.nn"
    ]
    assert breaches("demo.handlers", iter(["gradio", "esam_core.Masks", "demo.tabs.text"])) == [
        "demo.tabs.text",
        "gradio",
    ]


def test_a_circle_is_detected():
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_relative_imports_and_types_are_read(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "esam_core" / "weights" / "rows.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "from ..errors import EsamError\nfrom . import places\nimport os.path\n"
        "if TYPE_CHECKING:\n    import numpy\n"
    )
    runs = ["esam_core.errors.EsamError", "esam_core.weights.places", "os.path"]
    assert list(imports(path)) == [*runs, "numpy"]
    assert list(imports(path, types=False)) == runs


def test_importing_the_core_loads_nothing_heavy_and_touches_nothing():
    code = f"""
import sys
touched = []
def watch(event, args):
    if event == "socket.connect" or event == "open" and "assets" in str(args[0]).split("/"):
        touched.append((event, str(args[0])))
sys.addaudithook(watch)
import esam_core
print(touched, sorted(set({HEAVY}) & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "[] []\n"
