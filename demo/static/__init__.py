"""Scripts and styles of the page and the widget, bundled into one text each.

The scripts are ES modules. Neither host can load several: Gradio runs a component's script as the
body of a function, and anywidget takes one module as text. So each module becomes a function with a
scope of its own, called in the order of their imports.
"""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = re.compile(r"^import \{([^}]*)\} from '\./([\w.-]+)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport\(.*", re.MULTILINE)


@cache
def bundle(entry: str, folder: Path = FOLDER) -> str:
    """Join a module and all that it imports into one script.

    Args:
        entry: A file of the folder, such as ``main.js``.
        folder: Folder of the modules.

    Returns:
        A script that defines ``entry``, an object with what the module exports. It is valid as a
        module and as the body of a function.

    Raises:
        ValueError: A module is missing, imports in a circle, imports a name that is not exported,
            or uses another form than ``import { a, b as c } from './x.js';`` on its own lines and
            ``export`` before a function, class or const.
    """
    scopes: dict[str, str] = {}
    exports: dict[str, list[str]] = {}
    _add(entry, folder, (), scopes, exports)
    modules = "\n".join(scopes.values())
    return f"const modules = {{}};\n{modules}\nconst entry = modules['{entry}'];\n"


def styles(*names: str) -> str:
    """Join style sheets of this folder."""
    return "\n".join((FOLDER / name).read_text("utf-8") for name in names)


def _add(
    name: str,
    folder: Path,
    importers: tuple[str, ...],
    scopes: dict[str, str],
    exports: dict[str, list[str]],
) -> None:
    """Add a module after the modules it imports."""
    if name in importers:
        raise ValueError(f"{' imports '.join([*importers, name])}: a circle; split one of them.")
    if name in scopes:
        return
    path = folder / name
    if not path.is_file():
        raise ValueError(f"{' imports '.join([*importers, name])}: not found in {folder}.")
    source = path.read_text("utf-8")
    for names, needed in _IMPORT.findall(source):
        _add(needed, folder, (*importers, name), scopes, exports)
        absent = {_pair(part)[0] for part in names.split(",") if part.strip()} - {*exports[needed]}
        if absent:
            raise ValueError(f"{name} imports {sorted(absent)}, which {needed} does not export.")
    exports[name] = _EXPORT.findall(source)
    body = _EXPORT.sub("", _IMPORT.sub(_destructured, source))
    if left := _OTHER.search(body):
        raise ValueError(f"{name} cannot be bundled, see demo.static.bundle: {left.group()}")
    public = ", ".join(exports[name])
    scopes[name] = (
        f"modules['{name}'] = (() => {{\n'use strict';\n{body}\nreturn {{ {public} }};\n}})();"
    )


def _destructured(match: re.Match[str]) -> str:
    pairs = (_pair(part) for part in match.group(1).split(",") if part.strip())
    names = ", ".join(old if old == new else f"{old}: {new}" for old, new in pairs)
    return f"const {{ {names} }} = modules['{match.group(2)}'];\n"


def _pair(part: str) -> tuple[str, str]:
    old, _, new = part.strip().partition(" as ")
    return old, new or old
