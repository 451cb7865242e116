"""The bundled model gives its original outputs and works as a Segmenter."""

from pathlib import Path

import numpy as np
import pytest
import torch

from esam_core import Prompt, asset, load_rgb, load_segmenter
from esam_core.modeling.mini import MiniPromptEncoder

REFERENCE = Path(__file__).parents[2] / "golden" / "mini_reference.npz"


@pytest.fixture(scope="module")
def exact():
    return load_segmenter("mini", precision="fp32", device="cpu")


@pytest.fixture(scope="module")
def reference():
    return np.load(REFERENCE)


def test_outputs_equal_the_reference_arrays(exact, reference):
    image = load_rgb(asset("photos", str(reference["image_file"])))
    embedding = exact.embed(image)
    ours = embedding.features.embedding[0, ::16, ::6, ::6]
    np.testing.assert_allclose(ours, reference["embedding"], atol=1e-4)
    height, width = embedding.image_hw
    pixels = np.where(reference["labels"][..., None] == -1, -1, reference["xy"] * (width, height))
    low = exact.decode(embedding, pixels, reference["labels"])
    np.testing.assert_allclose(low.predicted_iou, reference["iou"], atol=1e-4)
    np.testing.assert_allclose(low.logits[:, :, ::8, ::8], reference["logits"], atol=1e-3)


def test_outputs_for_an_earlier_mask_equal_the_reference_arrays(exact, reference):
    embedding = exact.embed(load_rgb(asset("photos", str(reference["image_file"]))))
    height, width = embedding.image_hw
    labels = reference["labels"]
    pixels = np.where(labels[..., None] == -1, -1, reference["xy"] * (width, height))
    first = exact.decode(embedding, pixels, labels)
    earlier = first.logits[torch.arange(len(labels)), reference["mask_input_candidate"]]
    low = exact.decode(embedding, pixels, labels, earlier)
    np.testing.assert_allclose(low.predicted_iou, reference["iou_with_mask"], atol=1e-4)
    np.testing.assert_allclose(low.logits[:, :, ::8, ::8], reference["logits_with_mask"], atol=1e-3)
    assert np.abs(reference["iou_with_mask"] - reference["iou"]).max() > 0.01


def test_each_query_copies_the_image_tokens(exact, bear):
    assert exact.embed(bear[0]).context.shared.keys[0].numel() == exact.network.image_values
    assert exact.batch_size == 7


def test_a_click_on_the_bear_gives_the_bear_in_both_precisions(exact, bear):
    image, truth = bear
    fast = load_segmenter("mini", precision="bf16", device="cpu")
    for segmenter in (exact, fast):
        embedding = segmenter.embed(image)
        masks = segmenter.predict(embedding, Prompt.point(300, 350))
        best = masks[0].data[0]
        assert (best & truth).sum() / (best | truth).sum() > 0.85


def test_bf16_masks_agree_with_fp32(exact, bear):
    fast = load_segmenter("mini", precision="bf16", device="cpu")
    prompt = Prompt.box(0, 68, 585, 632)
    a, b = (s.predict(s.embed(bear[0]), prompt, rule="largest").data[0] for s in (exact, fast))
    assert (a & b).sum() / (a | b).sum() > 0.97


def test_background_points_lower_the_logits_under_them(exact, bear):
    assert exact.understands_background
    embedding = exact.embed(bear[0])
    click, both = [[300.0, 350]], [[300.0, 350], [300, 150]]
    alone = exact.decode(embedding, np.array([click]), np.array([[1]])).logits[0]
    asked = exact.decode(embedding, np.array([both]), np.array([[1, 0]])).logits[0]
    before, after = (exact.upscale(x, embedding.image_hw)[:, 150, 300] for x in (alone, asked))
    assert (after < before - 3).all()


def test_padding_is_never_read_as_a_point(exact, bear):
    embedding = exact.embed(bear[0])
    short = exact.decode(embedding, np.array([[[300.0, 350]]]), np.array([[1]]))
    coords, labels = Prompt.point(300, 350).tokens()
    full = exact.decode(embedding, coords[None], labels[None])
    torch.testing.assert_close(short.predicted_iou, full.predicted_iou)


def test_bf16_click_tokens_hold_nothing_but_what_was_computed():
    encoder = MiniPromptEncoder(128).bfloat16().requires_grad_(False)
    features = torch.ones(1, 128, 48, 48, dtype=torch.bfloat16)
    features = features.to(memory_format=torch.channels_last)  # as the image encoder leaves them
    positions, labels = torch.full((1, 1, 6, 2), 0.4), torch.ones(1, 1, 6, dtype=torch.int64)
    for _ in range(5):
        sizes = [128 * 6, *2 ** np.arange(2, 16)]
        spoilt = [torch.full((n,), torch.nan, dtype=torch.bfloat16) for n in sizes]
        del spoilt  # the next tensors of these sizes are likely to be given this memory
        assert torch.isfinite(encoder.encode(features, positions, labels)[0]).all()
