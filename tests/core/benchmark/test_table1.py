"""The efficiency table is measured, and names its weights."""

import json
from dataclasses import replace
from functools import partial

import pytest
from PIL import Image

from esam_core.benchmark import table1
from esam_core.benchmark.stages import ALONE, Reached, measure_limits
from esam_core.benchmark.table1 import (
    PAPER,
    TABLE1_MODELS,
    ThroughputRow,
    TimedBox,
    as_markdown,
    describe_machine,
    explain_parameters,
    measure,
)
from esam_core.benchmark.timing import Timing, time_calls
from esam_core.cli import main
from esam_core.datasets import annotated_photos
from esam_core.errors import InvalidSettings
from esam_core.figures.efficiency import machine_limits
from esam_core.modeling.config import SamSize
from esam_core.models import MODELS
from tests.support import small


@pytest.fixture
def small_models(monkeypatch):
    """Two small models in the place of those that ``measure`` loads by name."""
    pytest.importorskip("transformers")
    models = {"small": small.small_segmenter(), "sam": small.tiny_sam()}
    monkeypatch.setattr(table1, "_load", lambda name, device, precision: models[name])
    return models


def row(name: str, seconds: tuple[float, ...]) -> ThroughputRow:
    return ThroughputRow(name, name.upper(), "random", "cpu", "fp32", 10_000_000, Timing(seconds))


def test_table_sets_ratios_beside_the_papers():
    text = as_markdown(
        [row("sam_vit_h", (9.0, 10.0, 12.0)), row("efficient_sam_ti", (0.4, 0.5, 0.6))]
    )
    sam, ours = text.splitlines()[-2:]
    assert "| 0.1 | 10000 (9000-12000) | 1.0 | 636 | 2 | 1.0 | random |" in sam
    assert "| 2 | 500 (400-600) | 20.0 | 10 | 54 | 27.0 | random |" in ours
    assert "1024 x 1024" in text and "of 3 runs of each model" in text


def test_table_without_sam_leaves_the_ratio_open():
    assert "|  | 10 | 54 |" in as_markdown([row("efficient_sam_ti", (0.5,))])


def test_a_model_on_this_machine_is_timed_with_its_weights():
    found = measure(["mini"], side=64)[0]
    assert found.provenance.startswith("bundled mini") and "mini" not in PAPER
    assert found.parameters > 5_000_000 and found.throughput > 0


def test_every_model_has_as_many_runs_and_the_box_is_named(bear_file, small_models):
    told = []
    rows = measure(["small", "sam"], side=64, progress=lambda *n: told.append(n))
    assert [row.title for row in rows] == ["Small", "SAM ViT-B"]
    assert [row.repeats for row in rows] == [3, 3] and told == [(n, 8) for n in range(9)]
    assert rows[0].box == rows[1].box
    x, y, width, height = next(
        photo.objects[0].box_xywh
        for photo in annotated_photos(bear_file.parent)
        if photo.path == bear_file
    )
    assert rows[0].box.box_xyxy == (x, y, x + width, y + height)
    described = describe_machine(rows)
    for part in ("bear in 000000000285.jpg", f"xyxy {x}, {y}, {x + width}", "annotated mask"):
        assert part in described


def test_blanks_between_names_do_not_matter(monkeypatch):
    timed = []
    monkeypatch.setattr(
        table1, "measure", lambda models, *_, **__: timed.append(models) or [row("a", (1.0,))]
    )
    assert main(["bench", "table1", "--models", "small, sam,"]) == 0
    assert timed == [["small", "sam"]]


def test_calls_take_turns_and_the_warm_up_does_not_count():
    order, calls = [], {name: partial(lambda name: order.append(name), name) for name in "ab"}
    timings = time_calls(calls, warmup=1, repeats=3)
    assert "".join(order) == "abababab"
    assert all(len(timing.seconds) == 3 for timing in timings.values())


def test_a_photo_without_a_box_gets_one_in_its_middle(tmp_path, small_models):
    path = tmp_path / "grey.png"
    Image.new("RGB", (80, 40)).save(path)
    box = measure(["small"], path, side=64)[0].box
    assert box.box_xyxy == (20, 10, 60, 30) and str(box).startswith("the middle in grey.png")


def test_parameters_are_added_up_beside_the_papers():
    box = TimedBox("a.jpg", "dog", (1, 2, 3, 4), "drawn")
    parts = {"encoder_parameters": 7_000_000, "position_shape": (1, 10, 10, 5000)}
    timing = Timing((1.0, 1.0, 1.0))
    known = ThroughputRow(
        "sam_vit_h", "SAM", "random", "cpu", "fp32", 9 * 10**6, timing, box, **parts
    )
    assert explain_parameters([known, row("mini", (1.0,))]) == (
        "Million parameters, counted: SAM 7.00 in the image encoder + 2.00 = 9.00, without the "
        "absolute position embedding (1 x 10 x 10 x 5000 = 0.50) 8.50, in the paper 636."
    )
    assert explain_parameters([row("mini", (1.0,))]) == ""
    assert "Box: dog in a.jpg, xyxy 1, 2, 3, 4, drawn." in as_markdown([known])


@pytest.mark.parametrize("name", ["small", "sam"])
def test_the_parameters_of_a_network_are_counted_in_its_encoder_and_outside(name, small_models):
    found, network = measure([name], side=64)[0], small_models[name].network
    encoder = network.vision_encoder if name == "sam" else network.image_encoder
    assert found.parameters == sum(p.numel() for p in network.parameters())
    assert found.encoder_parameters == sum(p.numel() for p in encoder.parameters())
    assert found.position_shape == tuple(encoder.pos_embed.shape)


def test_bad_boxes_of_the_detector_are_left_out_and_named(tmp_path, capsys, small_models):
    path = tmp_path / "boxes.json"
    best = {"image_id": 285, "category_id": 23, "bbox": [5000, 0, 9, 9], "score": 0.9}
    rows = [best, best | {"bbox": [10, 60, 500, 500], "score": 0.5}, {"image_id": 7}]
    path.write_text(json.dumps(rows))
    box = measure(["small"], boxes=path, side=64)[0].box
    assert box.box_xyxy == (10, 60, 510, 560) and box.source == "the best box in boxes.json"
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" (")[0] for line in lines] == ["left out: entry 0", "left out: entry 2"]


def test_too_few_repeats_for_a_spread_and_no_model_are_refused():
    with pytest.raises(InvalidSettings, match="repeats is 2; it must be at least 3"):
        measure(["mini"], repeats=2)
    with pytest.raises(InvalidSettings, match="no model"):
        measure([])


@pytest.mark.slow
def test_sam_without_weights_is_timed_with_random_ones(monkeypatch):
    pytest.importorskip("transformers")
    thin = replace(MODELS["sam_vit_b"], config=SamSize(32, 1, 2, (0,)))  # its real size takes long
    monkeypatch.setitem(MODELS, "sam_vit_b", thin)
    [found] = measure(["sam_vit_b"], side=64, device="cpu")
    assert found.provenance == "random" and found.title == "SAM ViT-B"
    assert 4_000_000 < found.parameters < 6_000_000  # the decoder's, and one layer
    assert TABLE1_MODELS[0] in MODELS and set(PAPER) == set(TABLE1_MODELS)


@pytest.mark.slow
def test_share_of_the_limit_follows_from_operations_seconds_and_peak():
    found = measure_limits(["mini"], device="cpu", repeats=1)
    assert [row.stage for row in found] == list(ALONE) and ALONE[0] == "encode"
    assert all(row.flops > 1e8 and row.fraction > 0 for row in found)
    row = Reached("A model", "bf16", "encode", 4_000_000_000, Timing((0.5,)), 16e9)
    assert row.fraction == 0.5
    page = machine_limits([row, row])
    assert page.name == "machine_limits" and "matrix product" in page.caption
    assert page.get_figheight() > machine_limits([row]).get_figheight()
