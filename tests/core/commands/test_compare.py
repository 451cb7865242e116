"""``python -m esam_core compare``: panel, table and JSON for models and rules side by side."""

import json

import numpy as np
import pytest
from PIL import Image

from esam_core.cli import main
from esam_core.commands import compare
from esam_core.models import load_segmenter

CPU = ("--device", "cpu", "--precision", "fp32")


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))


def run(photo, out, *more: str) -> int:
    return main(["compare", str(photo), "--out", str(out), *CPU, *more])


def test_with_one_model_all_rules_stand_side_by_side(bear_file, tmp_path, capsys):
    out = tmp_path / "panel.png"
    assert run(bear_file, out, "--point", "300,350", "--box", "10,60,580,630", "--json", "-") == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    rules = ["predicted_iou", "box_iou", "largest", "smallest"]
    assert [row["rule"] for row in report["choices"]] == rules
    for row in report["choices"]:
        assert (row["model"], row["precision"]) == ("mini", "fp32")
        assert row["provenance"] == "bundled mini, sha256 d896da11"
        assert set(row["milliseconds"]) == {"embed", "predict"}
    iou = np.array(report["iou"])
    assert iou.shape == (4, 4)
    assert (iou == iou.T).all() and (iou.diagonal() == 1).all()
    areas = [row["area"] for row in report["choices"]]
    assert areas[3] <= min(areas) and areas[2] >= max(areas)
    assert report["prompt"]["box_xyxy"] == [10, 60, 580, 630]
    head, *lines, last = captured.err.splitlines()
    assert "IoU 4" in head and "predict ms" in head
    assert len(lines) == 4 and all("bundled mini, sha256 d896da11" in line for line in lines)
    assert last == str(out)


def test_the_panel_shows_every_mask_and_names_the_model(bear_file, tmp_path, monkeypatch):
    shown = {}

    def panel(rows, **texts):
        shown.update(texts, rows=rows)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr("esam_core.visualize.panel", panel)
    out = tmp_path / "panel.png"
    argv = ("--point", "300,350", "--models", "mini", "--rules", "largest,smallest")
    assert run(bear_file, out, *argv) == 0
    assert [picture.shape for picture in shown["rows"][0]] == [(640, 586, 3)] * 2
    assert (shown["rows"][0][0] != shown["rows"][0][1]).any()
    assert shown["titles"] == ["largest", "smallest"]
    assert shown["footer"] == "ESAM-mini (bundled mini, sha256 d896da11), cpu fp32."
    with Image.open(out) as picture:
        assert picture.size == (8, 8)


def test_two_models_are_compared_by_one_rule_and_each_is_named(
    bear_file, tmp_path, monkeypatch, capsys
):
    other = load_segmenter("mini", random=True, device="cpu", precision="fp32")
    other.name, other.title = "efficient_sam_ti", "EfficientSAM-Ti"  # quicker than Ti itself
    monkeypatch.setattr("esam_core.models.available_models", lambda: ["efficient_sam_ti", "mini"])
    monkeypatch.setattr(
        "esam_core.models.load_segmenter",
        lambda name, **options: other if name == other.name else load_segmenter(name, **options),
    )
    report = tmp_path / "report.json"
    out = tmp_path / "panel.png"
    assert run(bear_file, out, "--point", "300,350", "--json", str(report)) == 0
    rows = json.loads(report.read_text())["choices"]
    assert [(row["model"], row["rule"]) for row in rows] == [
        ("efficient_sam_ti", "predicted_iou"),
        ("mini", "predicted_iou"),
    ]
    assert [row["provenance"] for row in rows] == ["random", "bundled mini, sha256 d896da11"]
    table = capsys.readouterr().out
    assert "EfficientSAM-Ti" in table and "ESAM-mini" in table
    with Image.open(out) as picture:
        assert picture.width == 1400


def test_without_any_model_the_missing_file_is_named(bear_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("esam_core.models.available_models", list)
    monkeypatch.setattr(
        "esam_core.weights.places.asset", lambda *parts: tmp_path.joinpath("gone", *parts)
    )
    assert run(bear_file, tmp_path / "panel.png", "--point", "9,9") == 2
    error = capsys.readouterr().err
    assert "esam_mini.safetensors" in error and error.count("\n") == 1


def test_models_and_rules_are_combined():
    assert compare.choices("mini,efficient_sam_s", "largest, smallest") == (
        ["mini", "efficient_sam_s"],
        ["largest", "smallest"],
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "give --point X,Y"),
        ("--point 900,5", "lies outside the photo of 586 x 640 pixels"),
        ("--point 9,9 --models mini,sam", "model 'sam' is unknown"),
        ("--point 9,9 --rules best", "rule 'best' is unknown"),
        ("--point 9,9 --models mini --rules largest", "nothing to compare with"),
        ("--point 9,9 --models mini,efficient_sam_ti", "weights download efficient_sam_ti"),
        ("--point 9,9 --out /nowhere/panel.png", "cannot write /nowhere/panel.png"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    bear_file, tmp_path, capsys, arguments, message
):
    assert run(bear_file, tmp_path / "panel.png", *arguments.split()) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "panel.png").exists()
