"""Bundling of the browser modules: order, scopes and errors."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from demo.static import FOLDER, bundle, styles


@pytest.fixture
def modules(tmp_path):
    """``modules(name=source, ...)`` writes modules and returns their folder."""

    def write(**sources: str) -> Path:
        for name, source in sources.items():
            (tmp_path / f"{name}.js").write_text(source)
        return tmp_path

    return write


def test_a_module_comes_after_what_it_imports_and_once(modules):
    folder = modules(
        main="import { b } from './b.js';\nimport { a } from './a.js';\nexport const c = a + b;\n",
        b="import { a } from './a.js';\nexport const b = a;\n",
        a="export const a = 1;\n",
    )
    script = bundle("main.js", folder)
    assert re.findall(r"^modules\['(\w+)\.js'\] =", script, re.MULTILINE) == ["a", "b", "main"]


def test_an_import_may_rename_and_span_lines(modules):
    folder = modules(
        main="import {\n  a as first,\n  b,\n} from './a.js';\nexport const sum = first + b;\n",
        a="export const a = 1;\nexport const b = 2;\n",
    )
    assert "const { a: first, b } = modules['a.js'];" in bundle("main.js", folder)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (
            {
                "main": "import { a } from './a.js';\n",
                "a": "import { b } from './main.js';\nexport const a = 1;\n",
            },
            "main.js imports a.js imports main.js",
        ),
        ({"main": "import { a } from './absent.js';\n"}, "main.js imports absent.js: not found"),
        (
            {"main": "import { b } from './a.js';\n", "a": "export const a = 1;\n"},
            r"main.js imports \['b'\], which a.js does not export",
        ),
        (
            {"main": "import * as a from './a.js';\n"},
            r"main.js cannot be bundled.*: import \* as a",
        ),
        ({"main": "export let count = 0;\n"}, "main.js cannot be bundled.*: export let count"),
        ({"main": "export default {};\n"}, "main.js cannot be bundled.*: export default"),
    ],
    ids=["circle", "missing file", "missing name", "namespace", "let", "default"],
)
def test_what_cannot_be_bundled_is_refused_with_the_file(modules, sources, message):
    with pytest.raises(ValueError, match=message):
        bundle("main.js", modules(**sources))


@pytest.mark.parametrize(("entry", "export"), [("main.js", "mount"), ("widget.js", "render")])
def test_the_entries_of_both_hosts_hold_every_module_they_need(entry, export):
    script = bundle(entry)
    assert f"modules['{entry}']" in script
    assert re.search(rf"return {{ .*\b{export}\b.* }};\n}}\)\(\);\nconst entry", script)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_every_module_is_used_by_an_entry():
    used = set(
        re.findall(
            r"modules\['([\w.]+)'\] =", "".join(map(bundle, ("main.js", "widget.js", "words.js")))
        )
    )
    assert used == {path.name for path in FOLDER.glob("*.js")}


def test_no_script_and_no_style_sheet_knows_a_mode():
    modes = [path.stem for path in FOLDER.parent.joinpath("tabs").glob("[a-z]*.py")]
    assert "everything" in modes
    names = "|".join(modes)
    own_rule = re.compile(rf"(?<!-)es-(mode-)?({names})\b|mode.*['\"]({names})['\"]", re.IGNORECASE)
    for path in [*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]:
        assert not own_rule.search(path.read_text("utf-8")), path.name


def test_styles_are_joined_in_order():
    joined = styles("canvas.css", "widget.css")
    assert joined.index(".es-canvas") < joined.index(".es-widget")


@pytest.mark.skipif(not shutil.which("node"), reason="no node on this machine")
def test_equal_names_in_two_modules_do_not_meet_and_both_hosts_can_run_the_script(modules):
    folder = modules(
        main="import { a } from './a.js';\nconst name = 'main';\n"
        "export function names() { return [name, a()]; }\n",
        a="const name = 'a';\nexport function a() { return name; }\n",
    )
    script = bundle("main.js", folder)
    show = "console.log(JSON.stringify(entry.names()));"
    body = f"new Function({json.dumps(script + show)})();"
    module = f"{script}\nexport default {{ names: entry.names }};\n{show}"
    for kind, source in (("commonjs", body), ("module", module)):
        run = subprocess.run(
            ["node", f"--input-type={kind}", "-e", source], capture_output=True, text=True
        )
        assert json.loads(run.stdout) == ["main", "a"], run.stderr
