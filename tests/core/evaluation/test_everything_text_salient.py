"""What the evaluations count is what they say they count; and they run on the example photos."""

import json
from dataclasses import replace

import numpy as np
import pytest

from esam_core import asset
from esam_core.cli import main
from esam_core.evaluation import everything
from esam_core.evaluation.salient import salient_targets
from esam_core.evaluation.scenes import Scene, scenes
from esam_core.evaluation.text import NamedPair, evaluate_ranking, pair_table
from esam_core.everything import settings
from esam_core.masks import Masks
from esam_core.text import ParsedText, TextRanking

PHOTOS = asset("photos")


@pytest.fixture
def few_points(monkeypatch):
    monkeypatch.setitem(
        settings.PRESETS, "fast", replace(settings.PRESETS["fast"], points_per_side=4)
    )


def square(x: int) -> np.ndarray:
    mask = np.zeros((20, 60), bool)
    mask[5:15, x : x + 10] = True
    return mask


SCENE = Scene(
    np.zeros((20, 60, 3), np.uint8),
    np.stack([square(0), square(20), square(40)]),
    ("dog", "dog", "cat"),
)


def ranking(*similarity: float) -> TextRanking:
    column = np.array(similarity, np.float32)[:, None]
    order = np.argsort(-column, axis=0).T
    overlap = np.eye(len(column), dtype=np.float32)
    return TextRanking((ParsedText("dog", "dog"),), column, column, order, overlap, 0.5)


def judged(masks: list[np.ndarray], *similarity: float, name: str = "dog") -> NamedPair:
    return evaluate_ranking(
        "own", SCENE, name, Masks.from_data(np.stack(masks)), ranking(*similarity)
    )


def test_mask_of_one_instance_is_right_and_so_is_all_of_them_together():
    together = square(0) | square(20)
    assert judged([square(20), square(40)], 0.9, 0.1).right
    assert judged([together, square(40)], 0.9, 0.1).right
    assert not judged([square(40), square(0)], 0.9, 0.1).right


def test_chance_is_the_share_of_masks_that_would_have_been_right():
    assert judged([square(0), square(20), square(40), square(50)], 4, 3, 2, 1).chance == 0.5


def test_name_of_nothing_in_the_photo_can_only_be_a_false_alarm():
    pair = judged([square(0)], 0.9, name="horse")
    assert not pair.present
    assert pair.score == pytest.approx(0.9)


def test_table_counts_shares_per_source_and_kind():
    pairs = [
        NamedPair("own", "known", True, right=True, score=0.9, chance=0.5),
        NamedPair("own", "known", True, right=False, score=0.9, chance=0.0),
        NamedPair("own", "approximate", True, right=True, score=0.1, chance=0.5),
        NamedPair("own", "known", False, score=0.8),
        NamedPair("own", "known", False, score=0.2),
    ]
    rows = {tuple(row.split(" | ")[:2]): row for row in list(pair_table(pairs, 0.5))[2:]}
    assert rows["| own", "known"].endswith("| 2 | 50% | 25% | 50% | 50% | 50% |")
    assert rows["| own", "approximate"].endswith("| 1 | 100% | 50% | 100% | 0% | - |")
    assert rows["| own", "all"].split(" | ")[2] == "3"


def test_small_objects_can_be_left_out():
    everything, large = (sum(len(s.names) for s in scenes(PHOTOS, area)) for area in (0, 0.05))
    assert 0 < large < everything


def test_dominant_objects_are_most_of_what_is_annotated():
    found = list(salient_targets(PHOTOS))
    assert len(found) >= 10
    assert all(target.truth.mean() >= 0.02 for target in found)


def test_what_a_grid_finds_is_counted_in_objects_and_in_the_masks_of_the_full_grid():
    masks = [Masks.from_data(np.stack(found)) for found in ([square(0)], [square(0), square(40)])]
    search = everything.evaluate_grid(9, masks[0], 0.5, SCENE.truth, full=masks[1])
    np.testing.assert_allclose(search.best, [1, 0, 0])
    assert search.again == 0.5
    nothing = Masks.from_data(np.zeros((0, 20, 60), bool))
    empty = everything.evaluate_grid(9, nothing, 0.5, SCENE.truth, full=nothing)
    assert empty.best.tolist() == [0, 0, 0] and np.isnan(empty.again)
    rows = list(everything.grid_table({"own": [search, empty]}))
    assert rows[-1] == "| own | 9 | 0.50 | 0.5 | 17% | 0.167 | 50% |"


def test_eval_everything_sets_the_hierarchical_grid_beside_the_full_one(capsys, few_points):
    arguments = ["eval", "everything", "--data", str(PHOTOS), "--limit", "2", "--model", "mini"]
    assert main([*arguments, "--presets", "fast"]) == 0
    rows = [r.split(" | ") for r in capsys.readouterr().out.splitlines() if r.startswith("| fast")]
    assert [row[0] for row in rows] == ["| fast", "| fast, hierarchical"]
    assert rows[0][1] == "16" and rows[0][-1] == "100% |"
    assert float(rows[1][1]) <= 16


def test_eval_text_prints_its_table(capsys, few_points):
    assert main(["eval", "text", "--data", str(PHOTOS), "--limit", "2", "--model", "mini"]) == 0
    printed = capsys.readouterr().out
    for row in ("| annotated | known |", "| fast |", "| propose |", "bundled mini", "false alarms"):
        assert row in printed


def test_eval_salient_prints_its_table(capsys):
    arguments = ["eval", "salient", "--data", str(PHOTOS), "--limit", "1", "--seeds", "1"]
    assert main([*arguments, "--model", "mini"]) == 0
    printed = capsys.readouterr().out
    for row in ("| map alone |", "| 3 uniform points |", "| box |", "1 photos", "u2netp"):
        assert row in printed


# The commands


def test_text_command_writes_mask_overlay_and_report(capsys, few_points, tmp_path, bear_file):
    out, overlay, report = (tmp_path / name for name in ("mask.png", "over.png", "report.json"))
    arguments = ["text", str(bear_file), "a brown bear, banana", "--out", str(out)]
    arguments += ["--overlay", str(overlay), "--json", str(report), "--model", "mini"]
    assert main(arguments) == 0
    from esam_core.export import load_mask_png
    from esam_core.images import load_rgb

    assert load_mask_png(out.read_bytes()).shape == load_rgb(overlay).shape[:2] == (640, 586)
    said = json.loads(report.read_text())
    assert [text["subject"] for text in said["texts"]] == ["brown bear", "banana"]
    assert said["encoder"] == "offline"
    assert said["encoder_provenance"].startswith("bundled mini")
    assert said["texts"][1]["found"] == []
    assert "banana: no match among" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "say what to look for"),
        ("x" * 2000, "2,000 characters"),
        ("bananna", "Did you mean banana"),
        ("😀", "English nouns"),
        ("<b>", "not in the offline vocabulary"),
    ],
)
def test_text_command_refuses_in_one_line_before_the_slow_part(
    capsys, tmp_path, bear_file, text, said
):
    assert main(["text", str(bear_file), text, "--out", str(tmp_path / "mask.png")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "mask.png").exists()


def test_salient_command_writes_mask_map_and_report(capsys, tmp_path, bear_file, bear):
    from esam_core.export import load_mask_png

    out, report = tmp_path / "mask.png", tmp_path / "report.json"
    arguments = ["salient", str(bear_file), "--out", str(out), "--json", str(report)]
    arguments += ["--map", str(tmp_path / "map.png"), "--overlay", str(tmp_path / "over.png")]
    assert main([*arguments, "--seed", "4", "--model", "mini"]) == 0
    mask = load_mask_png(out.read_bytes())
    assert (mask & bear[1]).sum() / (mask | bear[1]).sum() > 0.7
    said = json.loads(report.read_text())
    assert said["seed"] == 4
    assert len(said["masks"][0]["prompt"]["point_coords"]) == 3
    assert "1 salient" in capsys.readouterr().out
    assert (tmp_path / "map.png").exists() and (tmp_path / "over.png").exists()


def test_salient_command_says_that_nothing_stands_out(capsys, tmp_path):
    from PIL import Image

    Image.new("RGB", (80, 60), "grey").save(tmp_path / "grey.png")
    arguments = [str(tmp_path / "grey.png"), "--out", str(tmp_path / "mask.png")]
    assert main(["salient", *arguments, "--model", "mini"]) == 0
    assert "nothing stands out" in capsys.readouterr().out
