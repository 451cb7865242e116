"""The segment-anything API on our models, compared with segment-anything itself."""

import inspect
import time
from functools import cache

import numpy as np
import pytest
import segment_anything
import torch
from pycocotools import mask as rle
from segment_anything.modeling import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)
from segment_anything.utils.amg import rle_to_mask

from esam_core import asset, load_rgb
from esam_core.errors import InvalidImage, InvalidPrompt, InvalidSettings, UnsupportedPrompt
from esam_core.models import MODELS, load_segmenter
from esam_core.prompts import Prompt
from esam_core.sam import compat as sam_compat
from esam_core.sam.tokens import join_tokens
from esam_core.segmenter.queries import check_queries
from tests.support.small import blocks, small_segmenter
from tests.support.small import tiny_sam as sam_through_transformers

EVERYTHING = {
    "points_per_side": 3,
    "pred_iou_thresh": 0.0,
    "stability_score_thresh": 0.0,
    "min_mask_region_area": 4,
}
THRESHOLDS = ("pred_iou_thresh", "stability_score_thresh", "stability_score_offset")


@cache
def tiny_sam() -> Sam:
    """The original, small and with random weights."""
    torch.manual_seed(0)
    dim, side = 32, 8
    return Sam(
        ImageEncoderViT(
            img_size=128, patch_size=16, embed_dim=16, depth=1, num_heads=2, out_chans=dim
        ),
        PromptEncoder(dim, (side, side), (128, 128), 16),
        MaskDecoder(
            transformer_dim=dim,
            transformer=TwoWayTransformer(1, dim, 2, 32),
            iou_head_hidden_dim=32,
        ),
    ).eval()


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return blocks(60, 80)


def signature(function) -> list[tuple]:
    """Names, kinds and defaults, without annotations, whose styles differ."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", ["SamPredictor", "SamAutomaticMaskGenerator"])
def test_public_methods_have_the_same_signatures(name):
    theirs, ours = getattr(segment_anything, name), getattr(sam_compat, name)
    assert signature(ours) == [
        # SAM's thresholds do not fit other models; None takes those of the model.
        (key, kind, None if key in THRESHOLDS else default)
        for key, kind, default in signature(theirs)
    ]
    public = [key for key in vars(theirs) if not key.startswith("_")]
    assert public
    for key in public:
        assert hasattr(ours, key), f"{name} lacks {key}"
        if inspect.isroutine(getattr(theirs, key)):
            assert signature(getattr(ours, key)) == signature(getattr(theirs, key)), key


def shape_of(value):
    """Describe the types of a value recursively."""
    if isinstance(value, np.ndarray):
        return "array", value.ndim, value.dtype.kind
    if isinstance(value, list):
        return ["list", *{repr(shape_of(item)) for item in value}]
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items()}
    return type(value).__name__


@pytest.mark.parametrize("mode", sam_compat.OUTPUT_MODES)
def test_records_have_the_same_keys_and_types(photo, mode):
    theirs = segment_anything.SamAutomaticMaskGenerator(
        tiny_sam(), output_mode=mode, **EVERYTHING
    ).generate(photo)
    ours = sam_compat.SamAutomaticMaskGenerator(
        small_segmenter(), output_mode=mode, **EVERYTHING
    ).generate(photo)
    assert ours and theirs
    assert list(ours[0]) == list(theirs[0])
    ours, theirs = shape_of(ours[0]), shape_of(theirs[0])
    # Their boxes are integers when nothing was rescaled; ours are always floats.
    for key in ("bbox", "crop_box"):
        assert ours.pop(key)[0] == theirs.pop(key)[0] == "list"
    assert ours == theirs


def test_the_three_output_modes_give_the_same_masks(photo):
    plain, counted, packed = (
        sam_compat.SamAutomaticMaskGenerator(
            small_segmenter(), output_mode=mode, **EVERYTHING
        ).generate(photo)
        for mode in sam_compat.OUTPUT_MODES
    )
    for one, two, three in zip(plain, counted, packed, strict=True):
        mask = one["segmentation"]
        assert mask.shape == (60, 80) and mask.dtype == bool and mask.sum() == one["area"]
        np.testing.assert_array_equal(rle_to_mask(two["segmentation"]), mask)
        np.testing.assert_array_equal(rle.decode(three["segmentation"]).astype(bool), mask)


def test_predict_returns_the_same_kind_of_tuple(photo):
    prompt = {"point_coords": np.array([[20, 30]]), "point_labels": np.array([1])}
    for more in (
        {},
        {"multimask_output": False},
        {"return_logits": True},
        {"box": np.array([5, 5, 40, 40])},
    ):
        pair = []
        for package, model in ((segment_anything, tiny_sam()), (sam_compat, small_segmenter())):
            predictor = package.SamPredictor(model)
            predictor.set_image(photo)
            pair.append(predictor.predict(**prompt, **more))
        theirs, ours = pair
        assert isinstance(ours, tuple) and len(ours) == len(theirs) == 3
        for a, b in zip(ours, theirs, strict=True):
            assert (a.ndim, a.dtype, a.shape[0]) == (b.ndim, b.dtype, b.shape[0])
        assert ours[0].shape == theirs[0].shape


def test_predict_finds_what_the_segmenter_finds(photo):
    segmenter = small_segmenter()
    predictor = sam_compat.SamPredictor(segmenter)
    predictor.set_image(photo[..., ::-1], "BGR")
    masks, scores, _ = predictor.predict(box=np.array([10, 10, 50, 40]))
    expected = segmenter.predict(segmenter.embed(photo), Prompt.box(10, 10, 50, 40))
    by_score = np.argsort(-expected.predicted_iou)
    np.testing.assert_array_equal(masks[np.argsort(-scores)], expected.data[by_score])
    one, best, _ = predictor.predict(box=np.array([10, 10, 50, 40]), multimask_output=False)
    np.testing.assert_array_equal(one[0], expected.data[by_score[0]])
    assert best[0] == scores.max()


def test_the_torch_interface_of_the_tutorials_works(photo):
    predictor = sam_compat.SamPredictor(small_segmenter())
    predictor.set_image(photo)
    boxes = torch.tensor(
        [[5, 5, 30, 30], [10, 10, 70, 50], [0, 0, 79, 59]], device=predictor.device
    )
    boxes = predictor.transform.apply_boxes_torch(boxes, photo.shape[:2])
    masks, scores, low = predictor.predict_torch(None, None, boxes, multimask_output=False)
    assert masks.shape == (3, 1, 60, 80) and scores.shape == (3, 1) and low.shape[:2] == (3, 1)
    same = sam_compat.SamPredictor(small_segmenter())
    same.set_torch_image(torch.from_numpy(photo).permute(2, 0, 1)[None], (60, 80))
    torch.testing.assert_close(same.get_image_embedding(), predictor.get_image_embedding())


def test_low_res_masks_of_one_call_are_the_mask_input_of_the_next():
    image = load_rgb(asset("photos", "000000000285.jpg"))
    predictor = sam_compat.SamPredictor(load_segmenter("mini", device="cpu", precision="fp32"))
    predictor.set_image(image)
    point, label = np.array([[300, 350]]), np.array([1])
    masks, scores, logits = predictor.predict(point, label)
    best = logits[np.argmax(scores), :, :]
    more, labels = np.array([[300, 350], [300, 120]]), np.array([1, 0])
    plain = predictor.predict(more, labels, multimask_output=False)
    corrected = predictor.predict(more, labels, mask_input=best[None], multimask_output=False)
    assert corrected[0].shape == (1, *image.shape[:2]) and corrected[2].shape == (1, 192, 192)
    assert not np.allclose(corrected[2], plain[2], atol=0.1)
    cut = predictor.predict(more[1:], labels[1:], mask_input=best[None])
    assert cut[0].shape == masks.shape
    batch = torch.from_numpy(np.stack([best, logits[1]]))[:, None]
    points, kinds = torch.tensor(more)[None].expand(2, -1, -1), torch.tensor(labels)[None]
    many = predictor.predict_torch(points, kinds.expand(2, -1), mask_input=batch)
    torch.testing.assert_close(many[2][0].max(), torch.tensor(corrected[2].max()), atol=9, rtol=0)
    np.testing.assert_allclose(many[1][0].max(), corrected[1].max(), atol=1e-4)


@pytest.mark.parametrize("box", [None, np.array([10, 10, 60, 50])])
def test_sam_itself_reads_the_mask_as_transformers_does(photo, box):
    pytest.importorskip("transformers")
    sam = sam_through_transformers()
    with torch.no_grad():  # untrained, its mask embedding would be close to nothing
        sam.network.prompt_encoder.mask_embed.conv3.weight.data += 1
    predictor = sam_compat.SamPredictor(sam)
    predictor.set_image(photo)
    point, label = np.array([[30, 20]]), np.array([1])
    _, scores, logits = predictor.predict(point, label, box)
    mask = logits[scores.argmax()][None]
    _, again, low = predictor.predict(point, label, box, mask_input=mask)
    assert low.shape == logits.shape and not np.allclose(low, logits)
    rows, columns = mask.shape[-2:]
    side = 4 * sam.side // sam.network.config.vision_config.patch_size
    square = torch.full((1, 1, side, side), -32.0)
    square[..., :rows, :columns] = torch.from_numpy(mask)
    scale = sam.side / max(photo.shape[:2])
    with torch.inference_mode():
        expected = sam.network(
            image_embeddings=predictor.features,
            input_points=torch.tensor([[[[30.0, 20.0]]]]) * scale,
            input_labels=torch.ones(1, 1, 1, dtype=torch.long),
            input_boxes=None if box is None else torch.tensor(box)[None, None] * scale,
            input_masks=square,
        )
    np.testing.assert_allclose(again, expected.iou_scores[0, 0], atol=1e-5)
    np.testing.assert_allclose(low, expected.pred_masks[0, 0, :, :rows, :columns], atol=1e-4)


def test_what_the_model_cannot_do_is_refused_with_the_reason(photo):
    predictor = sam_compat.SamPredictor(small_segmenter())
    with pytest.raises(RuntimeError, match="set_image"):
        predictor.predict(np.array([[1, 1]]), np.array([1]))
    predictor.set_image(photo)
    with pytest.raises(UnsupportedPrompt, match="no mask prompt"):
        predictor.predict(
            np.array([[1, 1]]), np.array([1]), mask_input=np.zeros((1, 256, 256), np.float32)
        )
    with pytest.raises(UnsupportedPrompt, match="background"):
        predictor.predict(np.array([[1, 1], [2, 2]]), np.array([1, 0]))
    with pytest.raises(InvalidPrompt, match="give one label per point"):
        predictor.predict(np.array([[1, 1]]))
    with pytest.raises(InvalidPrompt, match="points at nothing"):
        predictor.predict()
    with pytest.raises(InvalidPrompt, match="7 prompt tokens"):
        predictor.predict(np.ones((7, 2)), np.ones(7))
    with pytest.raises(InvalidImage, match="RGB or BGR"):
        predictor.set_image(photo, "HSV")
    with pytest.raises(InvalidImage, match="own size"):
        predictor.set_torch_image(torch.zeros(1, 3, 64, 64), (60, 80))
    with pytest.raises(UnsupportedPrompt, match="min_mask_region_area"):
        sam_compat.SamAutomaticMaskGenerator.postprocess_small_regions(None, 1, 0.5)


def test_background_points_are_read_by_the_model_that_knows_them(bear):
    predictor = sam_compat.SamPredictor(load_segmenter("mini"))
    predictor.set_image(bear[0])
    masks, _, _ = predictor.predict(np.array([[300, 300], [10, 10]]), np.array([1, 0]))
    assert masks.shape == (3, 640, 586)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points_per_side": None},
        {"point_grids": [np.zeros((1, 2))]},
        {"output_mode": "png"},
        {"pred_iou_thresh": 3.0},
        {"points_per_side": None, "point_grids": [np.zeros((1, 2))], "crop_n_layers": 1},
    ],
)
def test_wrong_settings_of_the_generator_are_refused(wrong):
    with pytest.raises(InvalidSettings):
        sam_compat.SamAutomaticMaskGenerator(small_segmenter(), **wrong)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ([[0.5, 1.2]], r"the point \[0.5, 1.2\]; give fractions"),
        ([[300.0, 20.0]], "give fractions of the image"),
        ([[-0.1, 0.5]], "give fractions of the image"),
        ([[np.nan, 0.5]], "give fractions of the image"),
        ([0.5, 0.5], "give .n, 2."),
        ([[0.5, 0.5, 0.5]], "give .n, 2."),
        (np.zeros((0, 2)), "at least one point"),
        ([["a", "b"]], "give an array of numbers"),
    ],
)
def test_bad_points_of_own_grids_are_refused_at_once(grid, message):
    good = np.array([[0.0, 1.0]])
    with pytest.raises(InvalidPrompt, match=message):
        sam_compat.SamAutomaticMaskGenerator(
            small_segmenter(), points_per_side=None, point_grids=[good, grid]
        )


def test_own_point_grids_and_crops_reach_the_search():
    grids = [np.array([[0.5, 0.5]]), np.array([[0.25, 0.25], [0.5, 0.5], [0.75, 0.75]])]
    records = sam_compat.SamAutomaticMaskGenerator(
        small_segmenter(),
        points_per_side=None,
        point_grids=grids,
        crop_n_layers=1,
        pred_iou_thresh=0.0,
        stability_score_thresh=0.0,
        box_nms_thresh=1.0,
        crop_nms_thresh=1.0,
    ).generate(blocks(300, 400))
    assert {tuple(r["crop_box"]) for r in records} - {(0.0, 0.0, 400.0, 300.0)}
    assert [200.0, 150.0] in [r["point_coords"][0] for r in records]


def test_default_thresholds_are_the_models_own(bear):
    mini = load_segmenter("mini", device="cpu", precision="fp32")
    generator = sam_compat.SamAutomaticMaskGenerator(mini, points_per_side=8)
    for name in THRESHOLDS:
        assert getattr(generator.settings, name) == getattr(MODELS["mini"].grid_thresholds, name)
    assert generator.generate(bear[0])
    unknown = sam_compat.SamAutomaticMaskGenerator(small_segmenter()).settings
    defaults = inspect.signature(segment_anything.SamAutomaticMaskGenerator).parameters
    for name in THRESHOLDS:
        assert getattr(unknown, name) == defaults[name].default
    explicit = sam_compat.SamAutomaticMaskGenerator(mini, pred_iou_thresh=0.0).settings
    assert explicit.pred_iou_thresh == 0


def test_boxes_over_the_border_are_clipped_and_points_outside_refused(photo):
    predictor = sam_compat.SamPredictor(small_segmenter())
    predictor.set_image(photo)
    over, _, _ = predictor.predict(box=np.array([10, 10, 99, 99]))
    inside, _, _ = predictor.predict(box=np.array([10, 10, 80, 60]))
    np.testing.assert_array_equal(over, inside)
    with pytest.raises(InvalidPrompt, match="outside"):
        predictor.predict(np.array([[81, 5]]), np.array([1]))
    with pytest.raises(InvalidPrompt, match="beside"):
        predictor.predict(box=np.array([90, 10, 99, 20]))


PAIR = torch.tensor([[[30.0, 20], [60, 40]]])


@pytest.mark.parametrize(
    ("points", "labels", "boxes", "message"),
    [
        (None, None, None, "points at nothing"),
        (PAIR, None, None, "points came without labels"),
        (None, torch.ones(1, 2), None, "labels came without points"),
        (PAIR, torch.ones(1, 1), None, r"\(1, 2, 2\) and labels \(1, 1\); give \(b, n, 2\)"),
        (PAIR[0], torch.ones(2), None, "give .b, n, 2."),
        (PAIR[..., :1], torch.ones(1, 2), None, "give .b, n, 2."),
        (PAIR, torch.tensor([[2, 3]]), None, "A box is given as a box"),
        (PAIR, torch.tensor([[0, 0]]), None, "points at nothing"),
        (PAIR[:, :0], torch.ones(1, 0), None, "points at nothing"),
        (None, None, torch.ones(4), r"boxes have the shape \(4,\); give \(b, 4\)"),
        (None, None, torch.ones(2, 5), "give .b, 4."),
        (None, None, torch.ones(1, 2, 4), "give .b, 4."),
        (None, None, [["a"] * 4], "boxes are .*give an array of numbers"),
        (None, None, torch.tensor([[1.0, 1, 1, 9]]), "no area"),
        (PAIR, torch.ones(1, 2), torch.tensor([[5.0, 5, 9, 9]] * 2), "2 boxes but points of 1"),
        (PAIR.repeat(1, 3, 1), torch.ones(1, 6), torch.tensor([[5.0, 5, 9, 9]]), "8 prompt tokens"),
        (PAIR.repeat(9, 1, 1) + torch.arange(9)[:, None, None] * 3, torch.ones(9, 2), None, "81, "),
    ],
)
def test_many_prompts_are_all_checked_before_one_is_run(
    photo, monkeypatch, points, labels, boxes, message
):
    predictor = sam_compat.SamPredictor(small_segmenter())
    predictor.set_image(photo)
    monkeypatch.setattr(small_segmenter(), "decode", None)
    with pytest.raises(InvalidPrompt, match=message):
        predictor.predict_torch(points, labels, boxes)


def test_prompts_of_a_batch_are_padded_and_no_prompts_give_no_masks(photo):
    predictor = sam_compat.SamPredictor(small_segmenter())
    predictor.set_image(photo)
    points = torch.tensor([[[30.0, 20], [-9, 999]], [[30, 20], [60, 40]]]).bfloat16()
    masks, scores, _ = predictor.predict_torch(points, torch.tensor([[1, -1], [1, 1]]))
    one, score, _ = predictor.predict(np.array([[30, 20]]), np.array([1]))
    np.testing.assert_allclose(scores[0], score, atol=1e-5)
    assert (masks[0].numpy() == one).mean() > 0.999
    none, scores, low = predictor.predict_torch(None, None, torch.zeros(0, 4))
    assert none.shape == (0, 3, 60, 80) and none.dtype == torch.bool
    assert scores.shape == (0, 3) and len(low) == 0


def test_thousands_of_points_are_checked_at_once():
    rng = np.random.default_rng(0)
    points, labels = rng.uniform(0, 60, (4096, 1, 2)), np.ones((4096, 1))
    boxes = rng.uniform((-20, -20, 50, 50), (50, 50, 90, 90), (4096, 4))
    boxes[::2] = boxes[::2, [2, 1, 0, 3]]
    start = time.process_time()
    coords, kinds = check_queries(*join_tokens(points, labels, boxes), (60, 60))
    # As arrays 5 ms; a Prompt of each takes 600 ms.
    assert time.process_time() - start < 0.2
    for i in range(0, 4096, 512):
        expected = Prompt(points[i], (1,), boxes[i]).within((60, 60)).tokens()
        np.testing.assert_array_equal(coords[i], expected[0][:3])
        assert kinds[i].tolist() == [2, 3, 1]


def test_every_model_is_in_the_registry():
    assert set(MODELS) < set(sam_compat.sam_model_registry)


def test_registry_builds_models_that_move_nowhere():
    sam = sam_compat.sam_model_registry["mini"](checkpoint=None)
    assert sam.to(device="cpu") is sam and sam.eval() is sam
    with pytest.raises(InvalidSettings, match="load_segmenter"):
        sam.to("cuda")
    assert sam_compat.SamPredictor(sam).device.type == sam.device.type
