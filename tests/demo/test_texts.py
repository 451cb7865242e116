"""Every text of the page is used, and every mode has its own file of texts."""

import ast
import pkgutil
import re
from importlib import import_module
from pathlib import Path

from demo import tabs, texts

DEMO = Path(texts.__file__).parents[1]
# Keys that static/*.js composes: tool_<name>, and hint or hint_touch.
COMPOSED = {
    *(f"tool_{tool}" for tool in ("point", "background", "box", "brush", "eraser")),
    *(f"how_{how}" for how in ("correct", "add", "subtract")),
    *("hint", "hint_touch"),
}


def uses() -> set[tuple[str, str]]:
    """Return (module, name) of every text that the page's Python code uses."""
    found = set()
    for path in DEMO.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "demo.texts"
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.add((names.get(node.value.id, ""), node.attr))
    return found


def test_every_sentence_is_used():
    used = uses()
    for module in pkgutil.iter_modules(texts.__path__):
        written = vars(import_module(f"demo.texts.{module.name}"))
        sentences = {name for name in written if name.isupper()}
        assert sentences, module.name
        unused = {name for name in sentences if (module.name, name) not in used}
        assert not unused, f"{module.name}: {unused}"


def test_every_sentence_of_the_canvas_is_read_by_a_script():
    from demo.texts.page import PAGE, WIDGET

    scripts = "\n".join(path.read_text(encoding="utf-8") for path in DEMO.glob("static/*.js"))
    for key in (PAGE | WIDGET).keys() - COMPOSED:
        assert re.search(rf"\b(T|texts)\.{key}\b", scripts), key


def test_every_mode_has_a_file_of_its_name_in_every_folder():
    for mode in tabs.discover():
        for folder in (DEMO / "handlers", DEMO / "tabs", DEMO / "texts"):
            assert (folder / f"{mode.name}.py").is_file(), (folder, mode.name)
