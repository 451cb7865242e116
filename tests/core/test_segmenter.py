"""Embedding and prediction: batches equal single calls, and bad prompts give clear errors."""

import numpy as np
import pytest
import torch

from esam_core import InvalidImage, InvalidPrompt, Prompt
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.segmenter import TorchSegmenter, prompts_per_batch, stability_score
from tests.support.small import TINY


def make(precision="fp32", **options):
    torch.manual_seed(0)
    return TorchSegmenter(
        EfficientSam(TINY),
        name="tiny",
        title="Tiny",
        provenance="random",
        device="cpu",
        precision=precision,
        **options,
    )


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def tiny():
    return make()


def test_predict_gives_three_ranked_candidates_in_photo_size(tiny, image):
    embedding = tiny.embed(image)
    masks = tiny.predict(embedding, Prompt.point(30, 20))
    assert masks.data.shape == (3, 50, 70)
    assert (np.diff(masks.predicted_iou) <= 0).all()
    assert embedding.image_hw == (50, 70)
    assert embedding.model == "tiny"


def test_predictions_are_the_networks_own(tiny, image):
    coords, labels = Prompt.box(5, 6, 40, 30).tokens()
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    logits, iou = tiny.network(
        pixels, torch.from_numpy(coords)[None, None], torch.from_numpy(labels)[None, None]
    )
    masks = tiny.predict(tiny.embed(image), Prompt.box(5, 6, 40, 30))
    order = iou[0, 0].argsort(descending=True)
    assert np.array_equal(masks.data, (logits[0, 0, order] >= 0).numpy())
    np.testing.assert_allclose(masks.predicted_iou, iou[0, 0, order], rtol=1e-5)


def test_a_batch_of_prompts_equals_single_calls(tiny, image, monkeypatch):
    monkeypatch.setattr(tiny, "batch_size", 8)
    embedding = tiny.embed(image)
    prompts = [Prompt.point(x, 20) for x in range(0, 70, 3)] + [Prompt.box(1, 1, 9, 9)]
    together = tiny.predict_batch(embedding, prompts)
    assert len(together) == len(prompts) > 2 * tiny.batch_size
    for prompt, masks in zip(prompts, together, strict=True):
        alone = tiny.predict(embedding, prompt)
        np.testing.assert_allclose(masks.predicted_iou, alone.predicted_iou, atol=1e-4)
        assert (masks.data == alone.data).mean() > 0.999
    assert tiny.predict_batch(embedding, []) == []


def test_unwanted_queries_are_left_out(tiny, image):
    embedding = tiny.embed(image)
    coords = np.array([[[10, 10]], [[60, 40]], [[30, 5]]], np.float32)
    labels = np.ones((3, 1), int)
    low = tiny.decode(embedding, coords, labels)
    threshold = low.predicted_iou.amax(-1).sort().values[1]
    drawn, kept = tiny.decode_if(embedding, coords, labels, lambda iou: iou >= threshold)
    assert len(kept) == 2
    torch.testing.assert_close(drawn.logits, low.logits[kept])
    torch.testing.assert_close(drawn.predicted_iou, low.predicted_iou[kept])
    nothing, kept = tiny.decode_if(embedding, coords, labels, lambda iou: iou > 1e9)
    assert nothing.logits.shape == (0, 3, 32, 32)
    assert len(kept) == 0


def test_background_points_never_reach_a_network_that_does_not_know_them(tiny, image):
    embedding = tiny.embed(image)
    alone = tiny.predict(embedding, Prompt.point(30, 20))
    both = tiny.predict(embedding, Prompt.point(30, 20).with_point(5, 5, 0))
    assert sorted(both.predicted_iou) == sorted(alone.predicted_iou)
    holding = both.data[:, 5, 5].tolist()
    assert holding == sorted(holding)


def test_background_points_can_be_subtracted(tiny, image):
    embedding = tiny.embed(image)
    prompt = Prompt.point(30, 20).with_point(5, 5, 0)
    cut = tiny.predict(embedding, prompt, subtract_background=True)
    unwanted = tiny.predict(embedding, Prompt.point(5, 5), rule="smallest").data[0]
    assert not (cut.data & unwanted).any()


def test_a_network_that_knows_background_points_reads_them(image):
    knowing = make(understands_background=True)
    embedding = knowing.embed(image)
    alone = knowing.predict(embedding, Prompt.point(30, 20))
    both = knowing.predict(embedding, Prompt.point(30, 20).with_point(5, 5, 0))
    assert not np.allclose(sorted(both.predicted_iou), sorted(alone.predicted_iou), atol=1e-6)


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (Prompt(), "points at nothing"),
        (Prompt.point(5, 5, 0), "points at nothing"),
        (Prompt.point(71, 5), r"point \(71, 5\) lies outside the photo of 70 x 50"),
        (Prompt.point(5, 51), "outside the photo"),
        (Prompt.box(80, 5, 90, 9), "lies beside the photo"),
        (Prompt.point(5, 5).with_point(900, 5, 0), "outside the photo"),
    ],
)
def test_a_prompt_that_misses_the_photo_is_refused(tiny, image, prompt, message):
    with pytest.raises(InvalidPrompt, match=message):
        tiny.predict(tiny.embed(image), prompt)


def test_boxes_that_stand_out_are_clipped(tiny, image):
    embedding = tiny.embed(image)
    out, inside = (
        tiny.predict(embedding, box) for box in (Prompt.box(5, 5, 99, 99), Prompt.box(5, 5, 70, 50))
    )
    assert np.array_equal(out.data, inside.data)


def test_corners_of_the_photo_are_inside(tiny, image):
    embedding = tiny.embed(image)
    for x, y in ((0, 0), (70, 50), (69.5, 0), (0, 49)):
        assert len(tiny.predict(embedding, Prompt.point(x, y))) == 3


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 300, 3), (400, 2, 3), (16, 16, 3)])
def test_odd_photo_sizes_work(tiny, shape):
    masks = tiny.predict(tiny.embed(np.zeros(shape, np.uint8)), Prompt.point(0, 0))
    assert masks.image_hw == shape[:2]


def test_another_models_embedding_is_refused(tiny, image):
    other = make()
    other.name = "other"
    with pytest.raises(InvalidPrompt, match="made by tiny, this is other"):
        other.predict(tiny.embed(image), Prompt.point(5, 5))


def test_only_rgb_photos_are_embedded(tiny):
    with pytest.raises(InvalidImage, match="load_rgb"):
        tiny.embed(np.zeros((5, 5), np.uint8))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_low_precision_runs_and_agrees(tiny, image, precision):
    fast = make(precision)
    exact = tiny.predict(tiny.embed(image), Prompt.point(30, 20), rule="largest")
    rough = fast.predict(fast.embed(image), Prompt.point(30, 20), rule="largest")
    assert (exact.data == rough.data).mean() > 0.95
    assert fast.precision == precision


@pytest.mark.parametrize(
    ("image_values", "device", "precision", "queries"),
    [
        (64 * 64 * 256, "cpu", "fp32", 2),
        (64 * 64 * 256, "cpu", "bf16", 4),
        (48 * 48 * 128, "cpu", "bf16", 14),
        (2**25, "cpu", "fp32", 1),
        (64 * 64 * 256, "cuda:0", "fp16", 128),
        (64 * 64 * 256, "mps", "fp32", 32),
    ],
)
def test_small_image_embeddings_leave_room_for_more_queries(
    image_values, device, precision, queries
):
    assert prompts_per_batch(image_values, device, precision) == queries


def test_a_network_reports_what_each_query_copies():
    shared = make().embed(np.zeros((20, 20, 3), np.uint8)).context.shared
    assert shared.keys[0].numel() == make().network.image_values


def test_stability_compares_two_thresholds():
    logits = torch.tensor([[[-3.0, -0.5], [0.5, 3.0]], [[9.0, 9], [9, 9]], [[-9.0, -9], [-9, -9]]])
    assert stability_score(logits).tolist() == pytest.approx([1 / 3, 1, 0])
