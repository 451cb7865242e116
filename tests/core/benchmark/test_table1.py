"""The efficiency table is measured, and names its weights."""

import json

import pytest

from esam_core.benchmark.stages import Reached, measure_limits
from esam_core.benchmark.table1 import (
    PAPER,
    TABLE1_MODELS,
    ThroughputRow,
    as_markdown,
    measure,
)
from esam_core.benchmark.timing import Timing
from esam_core.errors import InvalidSettings
from esam_core.figures.efficiency import machine_limits
from esam_core.images import asset
from esam_core.models import MODELS


def row(name: str, seconds: tuple[float, ...]) -> ThroughputRow:
    return ThroughputRow(name, name.upper(), "random", "cpu", "fp32", 10_000_000, Timing(seconds))


def test_table_sets_ratios_beside_the_papers():
    text = as_markdown([row("sam_vit_h", (10.0,)), row("efficient_sam_ti", (0.4, 0.5, 0.6))])
    sam, ours = text.splitlines()[-2:]
    assert "| 0.1 | 10000 (1 run) | 1.0 | 636 | 2 | 1.0 | random |" in sam
    assert "| 2 | 500 (400-600, 3 runs) | 20.0 | 10 | 54 | 27.0 | random |" in ours
    assert "1024 x 1024" in text


def test_table_without_sam_leaves_the_ratio_open():
    assert "|  | 10 | 54 |" in as_markdown([row("efficient_sam_ti", (0.5,))])


def test_mini_is_timed_with_a_box_from_a_detector():
    rows = measure(["mini"], boxes=asset("detections.json"), repeats=1, side=64)
    assert rows[0].provenance.startswith("bundled mini")
    assert rows[0].parameters > 5_000_000 and rows[0].throughput > 0
    assert "mini" not in PAPER


def test_bad_boxes_of_the_detector_are_left_out_and_named(tmp_path, capsys):
    path = tmp_path / "boxes.json"
    best = {"image_id": 285, "category_id": 23, "bbox": [5000, 0, 9, 9], "score": 0.9}
    rows = [best, best | {"bbox": [10, 60, 500, 500], "score": 0.5}, {"image_id": 7}]
    path.write_text(json.dumps(rows))
    assert measure(["mini"], boxes=path, repeats=1, side=64)[0].throughput > 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" (")[0] for line in lines] == ["left out: entry 0", "left out: entry 2"]


def test_no_repeat_is_refused():
    with pytest.raises(InvalidSettings, match="repeats"):
        measure(["mini"], repeats=0)


@pytest.mark.slow
def test_sam_without_weights_is_timed_with_random_ones():
    pytest.importorskip("transformers")
    [found] = measure(["sam_vit_b"], repeats=1, side=64, device="cpu")
    assert found.provenance == "random" and found.title == "SAM ViT-B"
    assert found.parameters == MODELS["sam_vit_b"].parameters
    assert TABLE1_MODELS[0] in MODELS and set(PAPER) == set(TABLE1_MODELS)


@pytest.mark.slow
def test_share_of_the_limit_follows_from_operations_seconds_and_peak():
    found = measure_limits(["mini"], device="cpu", repeats=1)
    assert [row.stage for row in found][0] == "encode" and len(found) == 4
    assert all(row.flops > 1e8 and row.fraction > 0 for row in found)
    row = Reached("A model", "bf16", "encode", 4_000_000_000, Timing((0.5,)), 16e9)
    assert row.fraction == 0.5
    page = machine_limits([row, row])
    assert page.name == "machine_limits" and "matrix product" in page.caption
    assert page.page.shape[0] > machine_limits([row]).page.shape[0]
