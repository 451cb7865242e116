"""The naive way equals ours, and the benchmark reports what it measures; nothing is timed."""

import argparse
import time
from types import ModuleType

import numpy as np
import pytest
import torch

from esam_core.benchmark import everything as bench
from esam_core.benchmark.limits import count_flops
from esam_core.benchmark.memory import PeakMemory
from esam_core.errors import InvalidSettings
from esam_core.modeling import cpu
from esam_core.modeling.reference import reference_decode, reference_encode
from esam_core.models import load_segmenter
from tests.support.small import blocks, small_segmenter


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return blocks(90, 130)


def pixels_of(photo: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(photo).permute(2, 0, 1)[None] / 255


def test_plain_encoding_equals_ours(photo):
    segmenter = small_segmenter()
    plain = reference_encode(segmenter.network, pixels_of(photo))
    ours = segmenter.embed(photo).features.embedding
    torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("points", "labels"),
    [
        ([[[30, 40]], [[100, 20]], [[0, 0]]], [[1], [1], [1]]),
        ([[[10, 10], [90, 70], [30, 40]]], [[2, 3, 1]]),
        ([[[5, 5], [-1, -1]], [[60, 60], [70, 70]]], [[1, -1], [1, 1]]),
        ([[[i * 20, 40] for i in range(6)]], [[1] * 6]),
    ],
    ids=["points", "box and point", "padded", "six"],
)
def test_plain_decoding_equals_ours(photo, points, labels):
    segmenter = small_segmenter()
    points, labels = torch.tensor(points, dtype=torch.float32), torch.tensor(labels)
    plain = reference_encode(segmenter.network, pixels_of(photo))
    logits, iou = reference_decode(
        segmenter.network, plain, points[None], labels[None], photo.shape[:2]
    )
    low = segmenter.decode(segmenter.embed(photo), points, labels)
    ours = segmenter.upscale(low.logits.flatten(0, 1), photo.shape[:2]).unflatten(0, (-1, 3))
    torch.testing.assert_close(low.predicted_iou, iou[0], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(ours, logits[0], rtol=1e-3, atol=2e-3)
    assert ((ours >= 0) != (logits[0] >= 0)).float().mean() < 1e-3


@pytest.mark.parametrize("by_rows", [False, True])
def test_operations_are_counted_whatever_computes_them(photo, by_rows, monkeypatch):
    segmenter = small_segmenter()
    monkeypatch.setattr(cpu, "needs_rows", lambda q: by_rows)
    plain = count_flops(lambda: reference_encode(segmenter.network, pixels_of(photo)))
    features = segmenter.embed(photo).features  # ``prepare`` is not part of the encoder
    prepared = count_flops(lambda: segmenter.network.prepare(features))
    assert count_flops(lambda: segmenter.embed(photo)) - prepared == plain


def parsed(*words: str, of: ModuleType = bench) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    of.add_arguments(parser)
    return parser.parse_args(words)


def test_the_report_names_points_masks_seconds_memory_and_the_naive_way(monkeypatch, capsys):
    monkeypatch.setattr(bench, "load_segmenter", lambda *args, **options: small_segmenter())
    monkeypatch.setattr(bench, "NAIVE_SIDES", (1, 2))
    monkeypatch.setattr(bench, "matmul_peak", lambda device, precision: 1e9)
    words = ("--points", "2,3", "--size", "80x60", "--keep-all", "--compare")
    assert bench.run(parsed(*words)) == 0
    output = capsys.readouterr().out
    header = next(line for line in output.splitlines() if "candidates" in line)
    for column in ("points", "masks", "embed", "decode", "filter", "upscale", "masks/s", "peak MB"):
        assert column in header
    assert "photo 80x60" in output and "random weights" in output
    assert "extrapolated linearly in points from 1x1 and 2x2" in output
    assert "operations per point" in output and "times as fast" in output


def test_extrapolation_is_a_straight_line_through_both_grids(monkeypatch):
    monkeypatch.setattr(bench, "NAIVE_SIDES", (8, 16))
    seconds = {"8": 3.0 + 0.5 * 64, "16": 3.0 + 0.5 * 256}
    assert bench._extrapolate(seconds, 1024) == pytest.approx(3.0 + 0.5 * 1024)


def test_memory_of_a_block_is_measured():
    memory = PeakMemory()
    before = memory.now()
    with memory:
        block = np.ones(80 * 2**20, np.uint8)
        looked = time.monotonic() + 5
        while memory.peak - before <= 60 * 2**20 and time.monotonic() < looked:
            time.sleep(0.001)
        del block
    assert memory.peak - before > 60 * 2**20


def test_naive_way_that_does_not_fit_is_refused(monkeypatch):
    with pytest.raises(InvalidSettings, match="GB are free"):
        bench._need(256, (4000, 4000), PeakMemory())


def test_mini_has_no_naive_way(photo):
    mini = load_segmenter("mini", device="cpu")
    with pytest.raises(InvalidSettings, match="efficient_sam_ti"):
        bench.compare(mini, photo, None)


@pytest.mark.parametrize("words", [("--points", "0"), ("--points", "a"), ("--size", "9")])
def test_wrong_options_are_refused(words, monkeypatch):
    monkeypatch.setattr(bench, "load_segmenter", lambda *args, **options: small_segmenter())
    with pytest.raises(InvalidSettings, match=words[0]):
        bench.run(parsed(*words))
