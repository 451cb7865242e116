"""``python -m esam_core text``: from the arguments to the files and the messages."""

import json

import pytest

from esam_core.cli import main
from esam_core.export import load_mask_png
from esam_core.images import load_rgb


def test_text_command_writes_mask_overlay_and_report(capsys, few_points, tmp_path, bear_file):
    out, overlay, report = (tmp_path / name for name in ("mask.png", "over.png", "report.json"))
    arguments = ["text", str(bear_file), "a brown bear, banana", "--out", str(out)]
    arguments += ["--overlay", str(overlay), "--json", str(report), "--model", "mini"]
    assert main(arguments) == 0
    assert load_mask_png(out.read_bytes()).shape == load_rgb(overlay).shape[:2] == (640, 586)
    written = json.loads(report.read_text())
    assert [text["subject"] for text in written["texts"]] == ["brown bear", "banana"]
    assert written["encoder"] == "offline"
    assert written["encoder_provenance"].startswith("bundled imagenet_lite2")
    assert written["texts"][1]["found"] == []
    assert "banana: no match among" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "say what to look for"),
        ("x" * 2000, "2,000 characters"),
        ("bananna", "Did you mean banana"),
        ("😀", "English nouns"),
        ("<b>", "not in the offline vocabulary"),
    ],
)
def test_text_command_refuses_in_one_line_before_the_slow_part(
    capsys, tmp_path, bear_file, text, message
):
    assert main(["text", str(bear_file), text, "--out", str(tmp_path / "mask.png")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "mask.png").exists()


def test_a_text_that_is_not_understood_is_left_out_and_named(
    capsys, few_points, tmp_path, bear_file
):
    out, report = tmp_path / "mask.png", tmp_path / "report.json"
    argv = ["text", str(bear_file), "bananna, bear", "--out", str(out), "--model", "mini"]
    assert main([*argv, "--strict"]) == 2
    assert not out.exists()
    assert main([*argv, "--json", str(report)]) == 3
    assert capsys.readouterr().err.splitlines()[-1].startswith("left out: 'bananna': ")
    written = json.loads(report.read_text())
    assert [text["subject"] for text in written["texts"]] == ["bear"]
    assert [item["text"] for item in written["left_out"]] == ["bananna"]
    assert load_mask_png(out.read_bytes()).shape == (640, 586)
