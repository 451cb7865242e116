"""The contract of Segmenter: all implementations pass the same tests for every method."""

import inspect
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from demo.engine.borrowed import Borrowing
from esam_core import (
    GridSettings,
    InvalidImage,
    InvalidPrompt,
    InvalidSettings,
    Prompt,
    SamAutomaticMaskGenerator,
    Segmenter,
    TooManyPrompts,
    UnsupportedPrompt,
    load_segmenter,
    salient_masks,
    segment_everything,
)
from esam_core.benchmark.everything import Clock, TimedSegmenter
from esam_core.images import image_digest
from esam_core.masks import RULES, Masks, rank_masks_by
from esam_core.saliency.maps import SaliencyMap
from esam_core.segmenter import ImageEmbedding, stability_score
from tests.support.fakes import FakeSegmenter
from tests.support.small import blocks, small_segmenter, tiny_sam

MAKERS = {
    "fake": FakeSegmenter,
    "fake with masks": lambda: FakeSegmenter(understands_mask_input=True),
    "fake without background": lambda: FakeSegmenter(understands_background=False),
    "small": small_segmenter,
    "timed": lambda: TimedSegmenter(small_segmenter(), Clock("cpu")),
    "borrowing": lambda: Borrowing(small_segmenter(), lambda *a: small_segmenter().embed(a[2])),
    "mini": lambda: load_segmenter("mini", device="cpu", precision="fp32"),
    "efficient_sam_ti": lambda: load_segmenter(
        "efficient_sam_ti", random=True, device="cpu", precision="fp32"
    ),
    "sam": tiny_sam,
}
HW = (60, 80)
PROMPTS = [
    Prompt.point(30, 20),
    Prompt.box(10, 10, 50, 40),
    Prompt.point(40, 30).with_point(5, 5, 0),
    Prompt.box(10, 10, 50, 40).with_point(30, 20).with_point(12, 12, 0),
]
POINTS = np.array([[[30, 20]], [[60, 40]], [[10, 50]]], np.float32)
ONES = np.ones((3, 1), np.int64)
BOX = np.array([[[10.0, 10], [50, 40]]])


@pytest.fixture(scope="module", params=list(MAKERS))
def segmenter(request) -> Segmenter:
    if request.param == "sam":
        pytest.importorskip("transformers")
    return MAKERS[request.param]()


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return blocks(*HW)


@pytest.fixture(scope="module")
def embedding(segmenter, image) -> ImageEmbedding:
    return segmenter.embed(image)


def full_size(segmenter, low, query: int) -> np.ndarray:
    return (segmenter.upscale(low.logits[query], HW) >= 0).numpy()


def test_attributes_describe_the_model(segmenter):
    for name in ("name", "title", "provenance", "device", "precision"):
        assert isinstance(getattr(segmenter, name), str) and getattr(segmenter, name), name
    for name in ("understands_background", "understands_mask_input", "quick"):
        assert isinstance(getattr(segmenter, name), bool), name
    assert isinstance(segmenter.max_tokens, int) and segmenter.max_tokens >= 6
    assert isinstance(segmenter.batch_size, int) and segmenter.batch_size > 0


def test_methods_take_the_arguments_of_the_protocol(segmenter):
    methods = [name for name, value in vars(Segmenter).items() if inspect.isfunction(value)]
    for name in (name for name in methods if not name.startswith("_")):
        ours = inspect.signature(getattr(segmenter, name)).parameters
        if [p.kind for p in ours.values()] != [inspect.Parameter.VAR_POSITIONAL]:
            expected = list(inspect.signature(getattr(Segmenter, name)).parameters)[1:]
            assert list(ours) == expected, name


def test_embedding_knows_its_image_and_its_model(segmenter, embedding, image):
    assert embedding.image_hw == HW
    assert embedding.model == segmenter.name
    assert embedding.digest == image_digest(image)


@pytest.mark.parametrize(
    "wrong", [np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3)), np.zeros((0, 5, 3), np.uint8), "x"]
)
def test_only_rgb_arrays_are_embedded(segmenter, wrong):
    with pytest.raises(InvalidImage, match="load_rgb"):
        segmenter.embed(wrong)


def test_a_read_only_array_is_embedded_without_a_warning(segmenter, image):
    read_only = np.asarray(Image.fromarray(image))
    assert not read_only.flags.writeable
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        segmenter.embed(read_only)


def test_predict_gives_three_candidates_in_the_images_size(segmenter, embedding):
    for prompt in PROMPTS:
        masks = segmenter.predict(embedding, prompt)
        assert masks.data.shape == (3, *HW)
        assert masks.predicted_iou.shape == masks.stability_score.shape == (3,)
        assert ((masks.stability_score >= 0) & (masks.stability_score <= 1)).all()


def test_a_batch_equals_single_calls(segmenter, embedding):
    prompts = PROMPTS + [Prompt.point(x, 30) for x in range(5, 80, 25)] + PROMPTS[::-1]
    together = segmenter.predict_batch(embedding, prompts)
    assert len(together) == len(prompts)
    for prompt, masks in zip(prompts, together, strict=True):
        alone = segmenter.predict(embedding, prompt)
        np.testing.assert_allclose(masks.predicted_iou, alone.predicted_iou, atol=1e-4)
        assert (masks.data == alone.data).mean() > 0.995
    assert segmenter.predict_batch(embedding, []) == []


def test_predictions_are_what_decode_and_upscale_give(segmenter, embedding):
    low = segmenter.decode(embedding, POINTS, ONES)
    for query, (x, y) in enumerate(POINTS[:, 0].tolist()):
        masks = segmenter.predict(embedding, Prompt.point(x, y), look_again=False)
        decoded = Masks.from_data(
            full_size(segmenter, low, query), low.predicted_iou[query].numpy()
        )
        decoded = decoded[rank_masks_by(decoded)]
        np.testing.assert_allclose(masks.predicted_iou, decoded.predicted_iou, atol=1e-4)
        assert (masks.data == decoded.data).mean() > 0.995


@pytest.mark.parametrize("rule", RULES)
def test_candidates_follow_the_rule(segmenter, embedding, rule):
    for prompt in PROMPTS[:2]:
        masks = segmenter.predict(embedding, prompt, rule=rule)
        order = rank_masks_by(masks, rule, box_xyxy=prompt.box_xyxy)
        assert order.tolist() == [0, 1, 2]
        batch = segmenter.predict_batch(embedding, [prompt], rule=rule)[0]
        np.testing.assert_array_equal(batch.data, masks.data)


def test_an_unknown_rule_is_refused(segmenter, embedding):
    for call in (segmenter.predict, lambda e, p, **k: segmenter.predict_batch(e, [p], **k)):
        with pytest.raises(InvalidSettings, match="predicted_iou"):
            call(embedding, PROMPTS[0], rule="best")


def test_candidates_hand_out_the_logits_that_the_next_prompt_corrects(segmenter, embedding):
    low_hw = segmenter.low_res_hw(HW)
    for prompt in PROMPTS[:2]:
        masks = segmenter.predict(embedding, prompt, look_again=False)
        assert masks.low_res_logits.shape == (3, *low_hw)
        assert masks.low_res_logits.dtype == np.float32
        full = segmenter.upscale(torch.from_numpy(masks.low_res_logits), HW) >= 0
        assert (full.numpy() == masks.data).mean() > 0.999
        assert masks[1].low_res_logits.shape == (1, *low_hw)


def test_a_mask_is_a_prompt_or_refused_with_a_reason(segmenter, embedding):
    first = segmenter.predict(embedding, PROMPTS[0], look_again=False)
    more = Prompt.point(60, 40)
    inputs = (first.low_res_logits[0], first.low_res_logits[:1], first.data[0], first.data[:1])
    coords, labels = (tokens[None] for tokens in more.tokens())
    if not segmenter.understands_mask_input:
        for given in inputs:
            with pytest.raises(UnsupportedPrompt, match="no mask prompt"):
                segmenter.predict(embedding, more, mask_input=given)
            with pytest.raises(UnsupportedPrompt, match="no mask prompt"):
                segmenter.predict_batch(embedding, [more], mask_inputs=[given])
        with pytest.raises(UnsupportedPrompt, match="no mask prompt"):
            segmenter.decode(embedding, coords, labels, first.low_res_logits[:1])
        return
    alone = segmenter.predict(embedding, more, look_again=False)
    for given in inputs:
        asked = segmenter.predict(embedding, more, mask_input=given, look_again=False)
        assert asked.data.shape == (3, *HW)
        assert not np.array_equal(asked.low_res_logits, alone.low_res_logits)
    low = segmenter.decode(embedding, coords, labels, first.low_res_logits[:1])
    asked = segmenter.predict(embedding, more, mask_input=inputs[0], look_again=False)
    np.testing.assert_allclose(
        np.sort(low.predicted_iou[0]), np.sort(asked.predicted_iou), atol=1e-4
    )


def test_a_background_click_corrects_a_mask_but_is_no_prompt_alone(segmenter, embedding):
    if not segmenter.understands_mask_input:
        pytest.skip("this model reads no masks")
    cut = Prompt.point(25, 20, 0)
    mask = np.zeros(HW, bool)
    mask[10:40, 20:60] = True
    assert len(segmenter.predict(embedding, cut, mask_input=mask)) == 3
    with pytest.raises(InvalidPrompt, match="points at nothing"):
        segmenter.predict(embedding, cut)
    with pytest.raises(InvalidPrompt, match="correct the mask"):
        segmenter.predict(embedding, Prompt(), mask_input=mask)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((5, 5), np.float32), "give logits"),
        (np.ones((5, 5), bool), "give logits"),
        (np.ones(HW, np.uint8), "floating numbers"),
        (np.zeros(HW, bool), "without any pixel"),
        (np.zeros((2, *HW), bool), "for 1 prompt"),
        ("mask.png", "give logits"),
    ],
)
def test_other_masks_are_refused(segmenter, embedding, wrong, message):
    if not segmenter.understands_mask_input:
        pytest.skip("this model reads no masks")
    with pytest.raises(InvalidPrompt, match=message):
        segmenter.predict(embedding, PROMPTS[0], mask_input=wrong)


def test_logits_that_are_not_finite_are_refused(segmenter, embedding):
    if not segmenter.understands_mask_input:
        pytest.skip("this model reads no masks")
    bad = np.full(segmenter.low_res_hw(HW), np.nan, np.float32)
    with pytest.raises(InvalidPrompt, match="not finite"):
        segmenter.predict(embedding, PROMPTS[0], mask_input=bad)


def test_a_batch_may_mix_prompts_with_and_without_masks(segmenter, embedding):
    if not segmenter.understands_mask_input:
        pytest.skip("this model reads no masks")
    mask = np.zeros(HW, bool)
    mask[10:40, 20:60] = True
    earlier = [None, mask, mask, None]
    together = segmenter.predict_batch(embedding, PROMPTS, mask_inputs=earlier)
    for prompt, given, masks in zip(PROMPTS, earlier, together, strict=True):
        alone = segmenter.predict(embedding, prompt, mask_input=given)
        np.testing.assert_allclose(masks.predicted_iou, alone.predicted_iou, atol=1e-4)
        assert (masks.data == alone.data).mean() > 0.995


def test_background_masks_are_cut_out_on_request(segmenter, embedding):
    prompt = Prompt.point(40, 30).with_point(20, 20, 0)
    cut = segmenter.predict(embedding, prompt, subtract_background=True)
    background = segmenter.predict(embedding, Prompt.point(20, 20), rule="smallest")
    assert not (cut.data & background.data[0]).any()


def test_decode_gives_logits_and_scores_of_every_candidate(segmenter, embedding):
    low = segmenter.decode(embedding, POINTS, ONES)
    assert low.logits.dtype == low.predicted_iou.dtype == torch.float32
    assert low.logits.shape[:2] == low.predicted_iou.shape == (3, 3)
    assert stability_score(low.logits).shape == (3, 3)


def test_padding_at_the_end_changes_nothing(segmenter, embedding):
    padded = np.concatenate([POINTS, np.full((3, 5, 2), -1, np.float32)], axis=1)
    labels = np.concatenate([ONES, np.full((3, 5), -1)], axis=1)
    low, same = (
        segmenter.decode(embedding, POINTS, ONES),
        segmenter.decode(embedding, padded, labels),
    )
    torch.testing.assert_close(low.logits, same.logits)


def test_decode_if_keeps_the_wanted_queries(segmenter, embedding):
    low = segmenter.decode(embedding, POINTS, ONES)
    wanted = torch.zeros(3, 3, dtype=torch.bool)
    wanted[2, 1] = wanted[0, 0] = True
    kept_masks, kept = segmenter.decode_if(embedding, POINTS, ONES, lambda iou: wanted)
    assert kept.tolist() == [0, 2]
    torch.testing.assert_close(kept_masks.logits, low.logits[kept], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(kept_masks.predicted_iou, low.predicted_iou[kept])
    nothing, kept = segmenter.decode_if(embedding, POINTS, ONES, lambda iou: iou > 1e9)
    assert len(nothing.logits) == len(nothing.predicted_iou) == len(kept) == 0


def test_upscale_brings_logits_to_any_size(segmenter, embedding):
    logits = segmenter.decode(embedding, POINTS, ONES).logits
    assert segmenter.upscale(logits[0], HW).shape == (3, *HW)
    assert segmenter.upscale(logits[0, :1], (33, 7)).shape == (1, 33, 7)


def test_another_models_embedding_is_refused_by_every_method(segmenter, embedding):
    foreign = ImageEmbedding(
        embedding.features, embedding.context, HW, "another model", embedding.digest
    )
    for call in (
        lambda: segmenter.predict(foreign, PROMPTS[0]),
        lambda: segmenter.predict_batch(foreign, PROMPTS),
        lambda: segmenter.decode(foreign, POINTS, ONES),
        lambda: segmenter.decode_if(foreign, POINTS, ONES, lambda iou: iou > 0),
    ):
        with pytest.raises(InvalidPrompt, match="made by another model"):
            call()


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (Prompt(), "points at nothing"),
        (Prompt.point(5, 5, 0), "points at nothing"),
        (Prompt.point(81, 5), "outside"),
        (Prompt.point(5, 5).with_point(5, 61, 0), "outside"),
        (Prompt.box(81, 5, 90, 9), "beside"),
    ],
)
def test_prompts_that_are_empty_or_outside_are_refused(segmenter, embedding, prompt, message):
    with pytest.raises(InvalidPrompt, match=message):
        segmenter.predict(embedding, prompt)
    with pytest.raises(InvalidPrompt, match=message):
        segmenter.predict_batch(embedding, [PROMPTS[0], prompt])


def test_the_far_edges_are_inside_and_boxes_are_clipped(segmenter, embedding):
    for x, y in ((0, 0), (80, 60)):
        assert len(segmenter.predict(embedding, Prompt.point(x, y))) == 3
    out, inside = (
        segmenter.predict(embedding, box)
        for box in (Prompt.box(5, 5, 99, 99), Prompt.box(5, 5, 80, 60))
    )
    np.testing.assert_array_equal(out.data, inside.data)


@pytest.mark.parametrize(
    ("coords", "labels", "error", "message"),
    [
        (np.zeros((1, 1, 2)), np.full((1, 1), -1), InvalidPrompt, "points at nothing"),
        (np.zeros((1, 1, 2)), np.zeros((1, 1)), InvalidPrompt, "points at nothing"),
        (np.full((1, 1, 2), 81.0), np.ones((1, 1)), InvalidPrompt, "outside"),
        (np.full((1, 1, 2), np.nan), np.ones((1, 1)), InvalidPrompt, "2 finite numbers"),
        (np.full((1, 1, 2), np.inf), np.ones((1, 1)), InvalidPrompt, "2 finite numbers"),
        (np.full((1, 1, 2), -1.0), np.ones((1, 1)), InvalidPrompt, "a point is .-1.0"),
        (np.zeros((1, 1, 2)), np.full((1, 1), 7), InvalidPrompt, "label 7"),
        (np.zeros((1, 1, 2)), np.full((1, 1), 1.5), InvalidPrompt, "label 1.5"),
        (np.zeros((1, 1, 2)), np.full((1, 1), np.nan), InvalidPrompt, "label nan"),
        (np.zeros((1, 1, 2)), np.ones((1, 1), bool), InvalidPrompt, "labels are .*numbers"),
        (np.zeros((1, 1, 2), complex), np.ones((1, 1)), InvalidPrompt, "coordinates are"),
        (np.full((1, 1, 2), "5"), np.ones((1, 1)), InvalidPrompt, "coordinates are"),
        ([[[5, 5]], [[5]]], np.ones((2, 1)), InvalidPrompt, "coordinates are"),
        (np.zeros((1, 25, 2)), np.ones((1, 25)), TooManyPrompts, "25 prompt tokens"),
        (BOX, [[2, 2]], InvalidPrompt, "no pair"),
        (BOX, [[3, 2]], InvalidPrompt, "no pair"),
        (BOX, [[1, 2]], InvalidPrompt, "no pair"),
        (BOX, [[3, 1]], InvalidPrompt, "no pair"),
        (np.full((1, 3, 2), 5), [[2, 1, 3]], InvalidPrompt, "no pair"),
        (np.tile(BOX, (1, 2, 1)), [[2, 3, 2, 3]], InvalidPrompt, "no pair"),
        (BOX * [[1, 0]], [[2, 3]], InvalidPrompt, "no area"),
        (BOX * [[1, np.nan]], [[2, 3]], InvalidPrompt, "4 finite numbers"),
        (BOX * np.inf, [[2, 3]], InvalidPrompt, "4 finite numbers"),
        (BOX + 80, [[2, 3]], InvalidPrompt, "beside"),
        (-BOX, [[2, 3]], InvalidPrompt, "beside"),
        (np.zeros((1, 2)), np.ones((1, 1)), InvalidPrompt, "give \\(q, t, 2\\)"),
        (np.zeros((2, 1, 2)), np.ones((1, 1)), InvalidPrompt, "give \\(q, t, 2\\)"),
    ],
)
def test_decode_refuses_what_predict_refuses(segmenter, embedding, coords, labels, error, message):
    with pytest.raises(error, match=message):
        segmenter.decode(embedding, coords, labels)
    with pytest.raises(error, match=message):
        segmenter.decode_if(embedding, coords, labels, lambda iou: iou > 0)


@pytest.mark.parametrize("corners", [[50, 40, 10, 10], [10, 40, 50, 10], [50, 10, 10, 40]])
def test_decode_reads_a_box_from_any_two_corners(segmenter, embedding, corners):
    expected = segmenter.decode(embedding, BOX, [[2, 3]])
    turned = segmenter.decode(embedding, np.reshape(corners, (1, 2, 2)), [[2, 3]])
    torch.testing.assert_close(turned.logits, expected.logits)


def test_decode_clips_boxes(segmenter, embedding):
    expected = segmenter.decode(embedding, [[[0, 10], [80, 60]]], [[2, 3]])
    over = segmenter.decode(embedding, torch.tensor([[[-7.0, 10], [1e30, 99]]]), [[2, 3]])
    torch.testing.assert_close(over.logits, expected.logits)


@pytest.mark.parametrize("anything", [np.nan, np.inf, 5000.0, -1.0])
def test_coordinates_of_padding_mean_nothing(segmenter, embedding, anything):
    if not getattr(segmenter, "mixes_prompts", True):
        pytest.skip("SAM decodes queries with and without a box apart")
    coords, labels = np.full((2, 3, 2), anything), np.array([[1, -1, -1], [2, 3, 1]])
    coords[0, 0], coords[1] = (30, 20), ((10, 10), (50, 40), (30, 20))
    clean = np.where(labels[..., None] == -1, -1, coords)
    low, same = (segmenter.decode(embedding, given, labels) for given in (coords, clean))
    assert torch.isfinite(low.logits).all()
    torch.testing.assert_close(low.logits, same.logits)


def test_no_queries_give_no_masks(segmenter, embedding):
    some = segmenter.decode(embedding, POINTS, ONES)
    low = segmenter.decode(embedding, POINTS[:0], ONES[:0])
    assert low.logits.shape == (0, *some.logits.shape[1:]) and low.predicted_iou.shape == (0, 3)
    low, kept = segmenter.decode_if(embedding, POINTS[:0], ONES[:0], lambda iou: iou > 0)
    assert len(low.logits) == len(low.predicted_iou) == len(kept) == 0


@pytest.mark.parametrize("upstream_rules", [False, True])
def test_everything_is_segmented(segmenter, image, embedding, upstream_rules):
    settings = GridSettings(
        points_per_side=2,
        pred_iou_thresh=0,
        stability_score_thresh=0,
        upstream_rules=upstream_rules,
    )
    steps = []
    masks = segment_everything(
        segmenter,
        embedding if upstream_rules else image,
        settings,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert masks.image_hw == HW
    assert steps[-1] == (4, 4)


def test_what_stands_out_is_segmented(segmenter, image, embedding):
    saliency = np.zeros(HW, np.float32)
    saliency[10:40, 20:60] = 0.9
    found = salient_masks(
        image=image,
        segmenter=segmenter,
        embedding=embedding,
        saliency=SaliencyMap(saliency, 1.0, "test"),
    )
    assert len(found.masks) == 1 and found.masks.image_hw == HW


def test_sams_generator_runs_on_it(segmenter, image):
    generator = SamAutomaticMaskGenerator(
        segmenter, points_per_side=2, pred_iou_thresh=0, stability_score_thresh=0
    )
    for record in generator.generate(image):
        assert record["segmentation"].shape == HW
