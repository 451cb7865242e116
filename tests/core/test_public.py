"""The public names of esam_core: importable, documented, listed in the README."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import esam_core
from esam_core import everything, segmenter

ROOT = Path(__file__).parents[2]


def listed_in_readme() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    between = re.search(r"<!-- public-names -->(.*?)<!-- /public-names -->", text, re.DOTALL)
    assert between, "README.md lists the public names between two markers"
    return re.findall(r"`(\w+)`", between[1])


def names_for_type_checkers(package) -> list[str]:
    """What a lazy package imports under ``if TYPE_CHECKING``, as module.name."""
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    blocks = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return [
        f"{node.module}.{(alias.asname or alias.name)}"
        for block in blocks
        for node in block.body
        for alias in node.names
    ]


@pytest.mark.parametrize("name", esam_core.__all__)
def test_every_public_name_imports_and_is_documented(name):
    value = getattr(esam_core, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value)
    assert name in dir(esam_core)


def test_the_readme_lists_the_public_names_and_no_other():
    assert sorted(listed_in_readme()) == esam_core.__all__


@pytest.mark.parametrize("package", [esam_core, everything, segmenter], ids=lambda p: p.__name__)
def test_type_checkers_see_what_is_imported_on_first_use(package):
    lazy = [f"{package.__name__}.{module}.{name}" for name, module in package._MODULE_OF.items()]
    assert sorted(names_for_type_checkers(package)) == sorted(lazy)


def test_every_error_of_the_project_is_public():
    from esam_core import errors

    classes = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert classes <= set(esam_core.__all__)


@pytest.mark.parametrize("package", [esam_core, everything, segmenter], ids=lambda p: p.__name__)
def test_an_unknown_name_is_no_attribute(package):
    with pytest.raises(AttributeError, match="segment_all"):
        _ = package.segment_all
