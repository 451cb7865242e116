"""The rooms of the house and who may import whom, read from the source itself.

The table is short on purpose: a module that is not in it has to be given a place first.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STDLIB = sys.stdlib_module_names

# Rooms of esam_core: what of the project, and what of others, a module may import.
# A name stands for the module or package and all that is inside it.
PICTURES = "errors geometry images prompts masks"
MODELS = f"{PICTURES} devices modeling weights models segmenter"
ROOMS: dict[str, tuple[str, str]] = {
    "errors": ("", ""),
    "geometry": ("errors", "numpy"),
    "images": ("errors geometry", "numpy PIL"),
    "prompts": ("errors geometry", "numpy"),
    "masks": ("errors geometry", "numpy"),
    "modeling": ("modeling", "torch timm"),
    "annotated": ("errors geometry images masks", "numpy PIL"),
    "process": ("", ""),  # before torch is imported
    "devices": ("errors modeling.cpu", "torch numpy"),
    "weights": ("weights errors", "torch safetensors"),
    "models": (MODELS, "torch numpy"),
    "segmenter": (MODELS, "torch numpy"),
    "everything": (
        f"{PICTURES} segmenter everything",
        "torch torchvision numpy scipy pycocotools",
    ),
    "sam_compat": (f"{PICTURES} segmenter everything models", "torch numpy pycocotools"),
    "saliency": (f"{PICTURES} weights", "numpy PIL onnxruntime"),
    "salient": (f"{PICTURES} saliency segmenter", "numpy scipy"),
    "phrases": ("", ""),
    "vocabulary": ("errors images phrases", ""),
    "regions": (PICTURES, "numpy PIL"),
    "text_encoders": ("errors devices vocabulary clip weights modeling", "numpy torch"),
    "clip": (
        "errors devices phrases vocabulary text_encoders",
        "torch numpy open_clip huggingface_hub",
    ),
    "text": (
        f"{PICTURES} segmenter everything saliency salient regions vocabulary text_encoders",
        "numpy",
    ),
    "visualize": ("errors geometry prompts masks visualize", "numpy PIL"),
    "detections": ("errors geometry prompts annotated", "numpy"),
    "comparison": (MODELS, "numpy"),
    "sam_transformers": (MODELS, "torch numpy transformers"),
    "outlines": ("", "numpy"),
    "onnx_export": (MODELS, "torch"),
    "export": (f"{PICTURES} outlines visualize export", "numpy PIL pycocotools"),
}
# The command line and what is built on everything: any module of esam_core, but no page.
FRONT = ("__init__", "__main__", "cli", "commands", "benchmark", "evaluation", "figures")
LAYOUT = ("ui", "canvas")  # of the demo, besides the tabs: the modules that know gradio
HEAVY = ("gradio", "matplotlib", "open_clip", "onnxruntime")


def sources(folder: str) -> list[Path]:
    return sorted(ROOT.joinpath(folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Name every module that a file imports, anywhere in it; `from a import b` counts as a.b."""
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def within(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def breaches(room: str, imported: Iterator[str]) -> list[str]:
    """List the imports that a room's row does not allow."""
    own, others = (row.split() for row in ROOMS[room])
    allowed = [*(f"esam_core.{name}" for name in own), *others, *STDLIB]
    return sorted({name for name in imported if not within(name, *allowed)})


@pytest.mark.parametrize("path", sources("esam_core"), ids=lambda p: str(p.relative_to(ROOT)))
def test_module_of_the_core_imports_only_what_its_room_allows(path):
    room = path.relative_to(ROOT / "esam_core").with_suffix("").parts[0]
    imported = list(imports(path))
    assert not [name for name in imported if within(name, "demo", "app", "gradio")]
    if room not in FRONT:
        assert room in ROOMS, f"give {path.name} a row in the table of this file"
        assert breaches(room, iter(imported)) == []


@pytest.mark.parametrize("path", sources("demo"), ids=lambda p: str(p.relative_to(ROOT)))
def test_module_of_the_demo_keeps_layout_and_model_apart(path):
    imported = list(imports(path))
    assert not [name for name in imported if within(name, "esam_core.modeling", "app")]
    if path.stem not in LAYOUT and path.parent.name != "tabs":
        assert not [name for name in imported if within(name, "gradio")]
    if any(within(name, "gradio") for name in imported):
        assert not [name for name in imported if within(name, "torch")]


def test_a_breach_is_seen():
    assert breaches("export", iter(["numpy", "esam_core.masks.Masks", "torch.nn"])) == ["torch.nn"]
    assert breaches("weights", iter(["esam_core.images.load_rgb"])) == ["esam_core.images.load_rgb"]


def test_relative_imports_are_resolved(monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "esam_core" / "weights" / "rows.py"
    path.parent.mkdir(parents=True)
    path.write_text("from ..errors import EsamError\nfrom . import places\nimport os.path")
    assert list(imports(path)) == [
        "esam_core.errors.EsamError",
        "esam_core.weights.places",
        "os.path",
    ]


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
