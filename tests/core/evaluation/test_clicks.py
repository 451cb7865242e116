"""``eval clicks`` counts what it says, goes on where it was stopped and writes what it measured."""

import json

import numpy as np
import pytest

from esam_core import asset
from esam_core.cli import main
from esam_core.evaluation.clicks import clicks_to, is_kept, summarise
from esam_core.evaluation.targets import prompt_targets

COMMAND = ["eval", "clicks", "--data", str(asset("photos")), "--models", "mini", "--clicks", "10"]


def row(ious):
    return {"ious": ious, "embed_ms": 1.0, "click_ms": 2.0, "megabytes": None}


def test_counting_of_clicks():
    assert clicks_to([0.2, 0.86, 0.95], 0.85, 20) == 2
    assert clicks_to([0.2, 0.3], 0.85, 20) == 21
    assert is_kept([0.5, 0.9]) and is_kept([0.5] * 9 + [0.5])
    assert not is_kept([0.5, 0.9] + [0.89] * 8)
    found = summarise([row([0.5] + [0.91] * 9), row([0.3] * 10)], 10)
    assert found["NoC@85"] == 6 and found["never 90"] == 0.5 and found["kept"] == 1
    assert found["IoU@1"] == pytest.approx(0.4) and found["IoU@10"] == pytest.approx(0.605)
    assert "megabytes" not in found


def test_results_are_written_and_the_same_command_goes_on(tmp_path, capsys):
    out = tmp_path / "results"
    assert main([*COMMAND, "--limit", "2", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed == (out / "results.md").read_text()
    assert "sha256" in printed and "| NoC@85 |" in printed and "| click_ms |" in printed
    record = json.loads((out / "results.json").read_text())
    assert [len(row["ious"]) for row in record["objects"]] == [10, 10]
    journal = (out / "objects.jsonl").read_text()
    lines = journal.splitlines(keepends=True)
    (out / "objects.jsonl").write_text("".join(lines[:2]) + lines[2][:20])  # stopped while writing
    assert main([*COMMAND, "--limit", "2", "--out", str(out)]) == 0
    again = json.loads((out / "results.json").read_text())
    assert [r["ious"] for r in again["objects"]] == [r["ious"] for r in record["objects"]]
    assert again["objects"][0] == record["objects"][0]  # kept, with its milliseconds
    other = (out / "objects.jsonl").read_text().replace("sha256 ", "sha256 0", 1)
    (out / "objects.jsonl").write_text(other)  # measured with other weights
    assert main([*COMMAND, "--limit", "2", "--out", str(out)]) == 2
    assert "other measurements" in capsys.readouterr().err


def test_a_folder_with_other_measurements_is_refused(tmp_path, capsys):
    (tmp_path / "objects.jsonl").write_text('{"eval": "prompts"}\n')
    assert main([*COMMAND, "--limit", "1", "--out", str(tmp_path)]) == 2
    assert "other measurements" in capsys.readouterr().err


def test_ignored_pixels_never_count():
    target = next(prompt_targets(asset("photos"), 0.05))
    object.__setattr__(target, "ignored", ~target.truth)
    assert target.iou(np.ones((1, *target.truth.shape), bool))[0] == 1
