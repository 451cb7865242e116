"""The efficiency table is measured, names its weights, and SAM takes the same prompts."""

import json

import numpy as np
import pytest

from esam_core.benchmark.stages import Reached, measure_limits
from esam_core.benchmark.table1 import PAPER, ThroughputRow, as_markdown, measure
from esam_core.benchmark.timing import Timing
from esam_core.errors import InvalidPrompt, InvalidSettings, UnknownModel
from esam_core.figures.efficiency import machine_limits
from esam_core.images import asset
from esam_core.prompts import Prompt
from esam_core.sam.original import SamSegmenter, load_sam

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def tiny_sam():
    vision = transformers.SamVisionConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        mlp_dim=16,
        global_attn_indexes=[0],
    )
    network = transformers.SamModel(transformers.SamConfig(vision_config=vision))
    return SamSegmenter(
        network, name="sam_tiny", title="SAM", provenance="random", device="cpu", precision="fp32"
    )


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


def test_sam_takes_points_boxes_and_both_like_every_segmenter(tiny_sam):
    image = np.random.default_rng(0).integers(0, 256, (48, 80, 3)).astype(np.uint8)
    embedding = tiny_sam.embed(image)
    prompts = [
        Prompt.point(20, 20),
        Prompt.box(5, 5, 60, 40),
        Prompt.box(5, 5, 60, 40).with_point(30, 30).with_point(2, 2, 0),
        Prompt.point(70, 40),
    ]
    together = tiny_sam.predict_batch(embedding, prompts)
    for prompt, masks in zip(prompts, together, strict=True):
        alone = tiny_sam.predict(embedding, prompt)
        assert masks.data.shape == (3, 48, 80)
        assert (alone.data == masks.data).mean() > 0.999
        np.testing.assert_allclose(alone.predicted_iou, masks.predicted_iou, atol=1e-4)


def test_low_resolution_logits_cover_the_photo_and_not_the_padding(tiny_sam):
    image = np.zeros((48, 96, 3), np.uint8)
    low = tiny_sam.decode(tiny_sam.embed(image), np.array([[[20.0, 20]]]), np.array([[1]]))
    assert low.logits.shape == (1, 3, 128, 256)


def test_sam_equals_its_own_processor(tiny_sam):
    image = np.random.default_rng(1).integers(0, 256, (40, 64, 3)).astype(np.uint8)
    processor = transformers.SamImageProcessor()
    inputs = processor(image, return_tensors="pt")
    reference = tiny_sam.network.get_image_embeddings(inputs["pixel_values"])
    ours = tiny_sam.embed(image).features.embedding
    assert (reference - ours).abs().max() < 0.02 * reference.abs().max()


def test_queries_of_two_kinds_are_refused_by_decode(tiny_sam):
    embedding = tiny_sam.embed(np.zeros((32, 32, 3), np.uint8))
    coords = np.array([[[1, 1], [9, 9]], [[1, 1], [9, 9]]])
    with pytest.raises(InvalidPrompt, match="decode them apart"):
        tiny_sam.decode(embedding, coords, np.array([[2, 3], [1, 1]]))


def test_unknown_size_is_refused():
    with pytest.raises(UnknownModel, match="sam_vit_h"):
        load_sam("sam_vit_x")


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
