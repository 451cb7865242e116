"""A fast start: the page is laid out without importing torch or writing type stubs."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from demo.startup import without_type_stubs

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "timm", "torchvision", "onnxruntime", "open_clip", "matplotlib")


@pytest.mark.slow
def test_the_page_is_laid_out_before_anything_heavy_is_imported():
    code = f"""
import sys
import app
from demo.engine.catalogue import CoreCatalogue
from demo.engine import Engine
from demo.ui import build
build(Engine(CoreCatalogue()))
print(sorted(set({HEAVY}) & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_component_has_no_source_for_a_stub_within_and_everything_else_has():
    getfile = inspect.getfile
    with without_type_stubs():
        with pytest.raises(OSError, match="stub"):
            inspect.getfile(Component)
        assert inspect.getfile(Other) == __file__
    assert inspect.getfile(Component) == __file__
    assert inspect.getfile is getfile


class Component:
    EVENTS = ()


class Other:
    pass
