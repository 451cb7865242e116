"""A mode is added by adding files; nothing else lists the modes."""

import sys

import pytest

from demo import tabs

MODE = """
import gradio as gr

from demo.tabs import Mode
from demo.tabs.shared import QUIET, message, message_line


def build(engine, canvas):
    line = message_line("echo")
    run = gr.Button("Echo")
    run.click(lambda payload: message("heard"), canvas, line, api_name="echo", **QUIET)


MODE = Mode("echo", "Echo", 15, build, hint="Say something.", kinds=("heard",))
"""


@pytest.fixture
def added(tmp_path, monkeypatch):
    (tmp_path / "echo.py").write_text(MODE, encoding="utf-8")
    monkeypatch.setattr(tabs, "__path__", [*tabs.__path__, str(tmp_path)])
    yield
    sys.modules.pop("demo.tabs.echo", None)


def test_modes_are_found_in_their_order():
    names = [mode.name for mode in tabs.discover()]
    assert names == ["points", "everything", "salient", "text", "compare"]


def test_a_mode_that_is_added_is_on_the_page(engine, added):
    from demo.ui import build

    config = build(engine).get_config_file()
    [canvas] = [c for c in config["components"] if c["props"].get("elem_id") == "es-canvas"]
    modes = canvas["props"]["props"]["modes"]
    assert [mode["name"] for mode in modes].index("echo") == 2
    assert modes[2]["title"] == "Echo" and modes[2]["hint"] == "Say something."
    assert modes[2]["compares"] is False
    assert "heard" in canvas["props"]["props"]["kinds"]
    panels = {c["props"].get("elem_id"): c["props"] for c in config["components"]}
    assert panels["es-mode-echo"]["elem_classes"] == ["es-mode-panel"]
    assert "es-echo-message" in panels
    assert "echo" in [dependency["api_name"] for dependency in config["dependencies"]]


def test_every_panel_has_the_class_that_the_style_sheet_knows(engine):
    from demo.ui import build

    config = build(engine).get_config_file()
    classes = {
        c["props"]["elem_id"]: c["props"].get("elem_classes")
        for c in config["components"]
        if str(c["props"].get("elem_id")).startswith("es-mode-")
    }
    assert all(value == ["es-mode-panel"] for value in classes.values())
    assert len(classes) == len(tabs.discover())
