"""Segment everything: grids, filters and presets, checked against a naive version."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from segment_anything.utils import amg
from torchvision.ops import nms

from esam_core.cleanup import remove_regions_at, remove_small_regions
from esam_core.datasets.annotated import annotated_photos
from esam_core.errors import Cancelled, InvalidImage, InvalidSettings
from esam_core.everything import (
    PRESETS,
    GridSettings,
    decode,
    decode_grid,
    looks,
    preset,
    redraw,
    segment_everything,
    select,
    select_numbered,
)
from esam_core.everything.candidates import LogitsTile, Upscaling
from esam_core.everything.edges import invented_edges
from esam_core.everything.filters import cut_by_crop
from esam_core.everything.grid import corner_grid, crop_boxes, point_grid
from esam_core.everything.selection import draw
from esam_core.geometry import mask_iou
from esam_core.images import asset
from esam_core.masks import Masks, label_map
from esam_core.modeling.reference import reference_decode, reference_encode
from esam_core.models import load_segmenter
from esam_core.visualize import stable_colours
from tests.support.small import blocks, small_segmenter

OPEN = GridSettings(points_per_side=6, pred_iou_thresh=0, stability_score_thresh=0)
UPSTREAM = replace(
    PRESETS["upstream"],
    points_per_side=6,
    pred_iou_thresh=0.5,
    stability_score_thresh=0.3,
    stability_score_offset=0.05,
    min_mask_region_area=40,
)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return blocks(120, 160)


@pytest.fixture(scope="module")
def mini():
    return load_segmenter("mini", precision="fp32")


# -- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"points_per_side": 0},
        {"points_per_side": 300},
        {"points_per_side": 3.5},
        {"points_per_side": True},
        {"points_per_batch": 0},
        {"pred_iou_thresh": 1.1},
        {"pred_iou_thresh": float("nan")},
        {"stability_score_thresh": -0.1},
        {"stability_score_thresh": "high"},
        {"stability_score_offset": -1},
        {"box_nms_thresh": 2},
        {"min_mask_region_area": -1},
        {"crop_n_layers": 9},
        {"crop_overlap_ratio": 1.0},
        {"crop_n_points_downscale_factor": 0},
        {"max_masks": 0},
        {"upstream_rules": True, "crop_n_layers": 1},
        {"upstream_rules": True, "hierarchical": True},
    ],
)
def test_setting_out_of_range_is_refused_by_name(wrong):
    with pytest.raises(InvalidSettings) as refusal:
        GridSettings(**wrong)
    assert next(iter(wrong)) in str(refusal.value)


def test_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(InvalidSettings, match="fast, quality, upstream"):
        preset("slow")
    assert preset("fast") == PRESETS["fast"]


def test_presets_know_the_bundled_models_thresholds_but_upstream_is_upstream():
    assert preset("quality", "mini").pred_iou_thresh < PRESETS["quality"].pred_iou_thresh
    assert preset("quality", "efficient_sam_s") == PRESETS["quality"]
    assert preset("upstream", "mini") == PRESETS["upstream"]


# -- grids and crops ---------------------------------------------------------------------------


def test_points_lie_on_cell_centres_like_sams():
    expected = amg.build_point_grid(5) * [160, 120]
    np.testing.assert_allclose(point_grid(5, (120, 160)), expected)


def test_corner_grid_is_upstreams():
    points = corner_grid(4, (120, 160))
    assert points[0].tolist() == [0.5, 0.5]
    assert points[1].tolist() == [40.5, 0.5]
    assert points[-1].tolist() == [120.5, 90.5]


@pytest.mark.parametrize("size", [(603, 1072), (120, 160), (500, 8000)])
def test_crops_are_sams(size):
    expected, layers = amg.generate_crop_boxes(size, 3, 512 / 1500)
    ours = [box for layer in range(4) for box in crop_boxes(size, layer, 512 / 1500)]
    assert [list(box) for box in ours] == expected
    assert len(layers) == len(ours)


def test_crops_of_a_tiny_photo_are_never_empty():
    for layer in range(5):
        for x0, y0, x1, y1 in crop_boxes((3, 5), layer, 512 / 1500):
            assert 0 <= x0 < x1 <= 5 and 0 <= y0 < y1 <= 3


def test_boxes_at_inner_crop_edges_are_named_like_sams():
    rng = np.random.default_rng(0)
    boxes = np.sort(rng.integers(0, 200, (60, 2, 2)), axis=1).reshape(60, 4)
    crop, size = [100, 0, 300, 200], (400, 300)
    moved = boxes + [100, 0, 100, 0]
    expected = amg.is_box_near_crop_edge(torch.tensor(boxes), crop, [0, 0, *size[::-1]])
    np.testing.assert_array_equal(cut_by_crop(moved, np.array(crop), size), expected.numpy())


# -- clean-up ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_small_regions_are_removed_as_sam_removes_them(seed):
    rng = np.random.default_rng(seed)
    density = rng.uniform(0.1, 0.9)
    mask = np.zeros((40, 50), bool)
    top, left = rng.integers(0, 20, 2)
    mask[top : top + 20, left : left + 24] = rng.random((20, 24)) < density
    if seed % 3 == 0:
        mask[top, :] = True  # a mask that splits the background in two
    if seed % 5 == 0:
        mask[:, left] = True
    for area in (3, 30, 400):
        expected, holes = amg.remove_small_regions(mask, area, "holes")
        expected, islands = amg.remove_small_regions(expected, area, "islands")
        cleaned, changed = remove_small_regions(mask, area)
        np.testing.assert_array_equal(cleaned, expected)
        assert changed == (holes or islands)


def test_empty_mask_needs_no_clean_up():
    mask = np.zeros((5, 5), bool)
    assert remove_small_regions(mask, 10) == (mask, False)


# -- the upstream rules -----------------------------------------------------------------------


def upstream_naively(segmenter, image, settings):
    """Apply the upstream procedure with segment-anything's own helpers to all points at once."""
    height, width = image.shape[:2]
    side = settings.points_per_side
    points = [
        (0.5 + x / side * width, 0.5 + y / side * height) for y in range(side) for x in range(side)
    ]
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    logits, iou = reference_decode(
        segmenter.network,
        reference_encode(segmenter.network, pixels),
        torch.tensor(points, dtype=torch.float32)[None, :, None],
        torch.ones(1, len(points), 1, dtype=torch.long),
        (height, width),
    )
    order = iou[0].argsort(dim=-1, descending=True)
    iou = iou[0].gather(1, order)[:, 0]
    logits = logits[0][torch.arange(len(points)), order[:, 0]]
    stability = amg.calculate_stability_score(logits, 0.0, settings.stability_score_offset)
    good = (iou > settings.pred_iou_thresh) & (stability > settings.stability_score_thresh)
    masks, scores = [], []
    for mask in (logits[good] >= 0).numpy():
        mask, holes = amg.remove_small_regions(mask, settings.min_mask_region_area, "holes")
        mask, islands = amg.remove_small_regions(mask, settings.min_mask_region_area, "islands")
        masks.append(mask)
        scores.append(float(not (holes or islands)))
    masks = np.stack(masks)
    boxes = amg.batched_mask_to_box(torch.from_numpy(masks)).float()
    kept = nms(boxes, torch.tensor(scores), settings.box_nms_thresh).numpy()
    return masks[kept], iou[good].numpy()[kept], int(good.sum()), scores


@pytest.mark.parametrize("batch", [1, 5, 64])
def test_upstream_preset_equals_the_upstream_rules_on_all_points_at_once(photo, batch):
    segmenter = small_segmenter()
    expected, iou, good, scores = upstream_naively(segmenter, photo, UPSTREAM)
    assert 1 < len(expected) < good < 36, "some are kept, some rejected by each rule"
    assert set(scores) == {0.0, 1.0}
    masks = segment_everything(segmenter, photo, replace(UPSTREAM, points_per_batch=batch))
    assert len(masks) == len(expected)
    np.testing.assert_allclose(masks.predicted_iou, iou, atol=1e-3)
    assert (masks.data != expected).mean() < 1e-4  # rounding may turn a pixel whose logit is 0


def test_upstream_preset_has_the_published_numbers():
    row = PRESETS["upstream"]
    assert (row.points_per_side, row.pred_iou_thresh, row.stability_score_thresh) == (
        32,
        0.7,
        0.9,
    )
    assert (row.min_mask_region_area, row.box_nms_thresh, row.stability_score_offset) == (
        100,
        0.7,
        1.0,
    )
    assert row.best_of_three and row.upstream_rules


def test_candidates_cannot_be_filtered_by_the_upstream_rules(photo):
    candidates = decode_grid(small_segmenter(), photo, replace(OPEN, points_per_side=2))
    with pytest.raises(InvalidSettings, match="segment_everything"):
        select(candidates, UPSTREAM)


# -- our own rules -----------------------------------------------------------------------------


def all_candidates(segmenter, embedding, side):
    """Every candidate of a grid at full size, straight from decode and upscale."""
    points = point_grid(side, embedding.image_hw)
    low = segmenter.decode(embedding, points[:, None], np.ones((len(points), 1)))
    full = segmenter.upscale(low.logits.flatten(0, 1), embedding.image_hw)
    return (full >= 0).numpy(), low.predicted_iou.flatten().numpy()


@pytest.mark.parametrize("size", [(120, 160), (90, 40), (300, 300)])
def test_masks_drawn_from_kept_logits_equal_masks_drawn_whole(size):
    segmenter = small_segmenter()
    embedding = segmenter.embed(blocks(*size))
    whole, iou = all_candidates(segmenter, embedding, 4)
    masks = segment_everything(
        segmenter, embedding, replace(OPEN, points_per_side=4, box_nms_thresh=1.0)
    )
    masks = masks[masks.stability_score > 0.3]
    assert len(masks) > 5
    order = [int(np.abs(iou - value).argmin()) for value in masks.predicted_iou]
    assert all(
        mask_iou(mask[None], whole[index][None]) > 0.98
        for mask, index in zip(masks.data, order, strict=True)
    )
    boxes = Masks.from_data(masks.data).boxes_xyxy
    np.testing.assert_array_equal(boxes, masks.boxes_xyxy)


def test_batch_size_does_not_change_the_answer(photo):
    one, many = (
        segment_everything(small_segmenter(), photo, replace(OPEN, points_per_batch=n))
        for n in (1, 36)
    )
    assert len(one) == len(many)
    assert (one.data != many.data).mean() < 1e-4


def test_thresholds_nms_and_maximum_take_effect_without_decoding_again(photo):
    candidates = decode_grid(small_segmenter(), photo, OPEN)
    everything = select(candidates, replace(OPEN, box_nms_thresh=1.0))
    fewer = select(candidates, replace(OPEN, pred_iou_thresh=0.1, box_nms_thresh=1.0))
    assert 0 < len(fewer) < len(everything) <= len(candidates)
    assert (fewer.predicted_iou > 0.1).all()
    stable = select(candidates, replace(OPEN, stability_score_thresh=0.55, box_nms_thresh=1.0))
    assert 0 < len(stable) < len(everything)
    assert (stable.stability_score >= 0.55).all()
    apart = select(candidates, replace(OPEN, box_nms_thresh=0.5))
    assert 0 < len(apart) < len(everything)
    assert len(select(candidates, replace(OPEN, box_nms_thresh=1.0, max_masks=3))) == 3
    one = select(candidates, replace(OPEN, box_nms_thresh=1.0, best_of_three=True))
    assert len(np.unique(one.point_coords, axis=0)) == len(one) <= 36


def test_masks_come_with_the_best_first_and_the_point_they_were_found_by(photo):
    masks = segment_everything(small_segmenter(), photo, OPEN)
    assert (np.diff(masks.predicted_iou) <= 0).all()
    grid = point_grid(6, (120, 160)).astype(np.float32)
    assert all((grid == point).all(-1).any() for point in masks.point_coords)
    assert (masks.crop_boxes_xyxy == [0, 0, 160, 120]).all()


def test_only_points_with_a_promising_candidate_are_drawn(photo):
    segmenter, drawn = small_segmenter(), []

    def decode_if(embedding, coords, labels, wanted):
        low, kept = segmenter.decode_if(embedding, coords, labels, wanted)
        drawn.append(len(low.logits))
        return low, kept

    watched = SimpleNamespace(
        name="small",
        embed=segmenter.embed,
        upscale=segmenter.upscale,
        batch_size=8,
        decode_if=decode_if,
    )
    settings = replace(OPEN, pred_iou_thresh=0.3)
    candidates = decode_grid(watched, photo, settings)
    assert 0 < sum(drawn) < 36
    assert (candidates.predicted_iou > 0.3).all()


def test_small_regions_are_removed_on_request(photo):
    candidates = decode_grid(small_segmenter(), photo, OPEN)
    alone = replace(OPEN, box_nms_thresh=1.0)
    before = select(candidates, alone)
    cleaned = [remove_small_regions(mask, 60)[0] for mask in before.data]
    after = select(candidates, replace(alone, min_mask_region_area=60))
    assert (before.data != cleaned).any()
    np.testing.assert_array_equal(after.data, cleaned)


def test_kept_logits_stay_within_their_limit(photo, monkeypatch):
    monkeypatch.setattr(decode, "LOGITS_LIMIT", 40_000)
    few = decode_grid(small_segmenter(), photo, replace(OPEN, points_per_batch=2))
    monkeypatch.undo()
    all_of_them = decode_grid(small_segmenter(), photo, replace(OPEN, points_per_batch=2))
    assert len(few) < len(all_of_them)
    assert few.nbytes <= 40_000 + 6 * 64 * 64


# -- crops and hierarchical grids --------------------------------------------------------------


def test_crops_need_the_photo(photo):
    embedding = replace(small_segmenter().embed(photo), image=None)
    with pytest.raises(InvalidSettings, match="crop_n_layers is 1"):
        segment_everything(small_segmenter(), embedding, replace(OPEN, crop_n_layers=1))
    with pytest.raises(InvalidSettings, match="looks 5"):
        segment_everything(small_segmenter(), embedding, replace(OPEN, looks=5))


def test_an_embedding_brings_the_pixels_for_crops(photo):
    embedding = small_segmenter().embed(photo)
    settings = replace(OPEN, crop_n_layers=1)
    found, same = (decode_grid(small_segmenter(), given, settings) for given in (photo, embedding))
    np.testing.assert_array_equal(found.boxes_xyxy, same.boxes_xyxy)


def test_a_second_look_keeps_the_best_and_finds_them_in_crops(mini, bear):
    settings = replace(preset("fast", "mini"), points_per_side=4, looks=0, crop_n_layers=0)
    first = decode_grid(mini, bear[0], settings)
    steps = []
    looked = decode_grid(
        mini, bear[0], replace(settings, looks=3), progress=lambda *step: steps.append(step)
    )
    assert steps[-1] == (19, 19) and 1 <= len(looked) <= 3
    assert len(np.unique(looked.crop_boxes_xyxy, axis=0)) > 1
    before, after = (select(c, replace(settings, pred_iou_thresh=0)) for c in (first, looked))
    bears = [mask_iou(masks.data, bear[1][None]).max() for masks in (before, after)]
    assert bears[1] > bears[0] - 0.05 > 0.8
    inside = after.boxes_xyxy
    assert (inside[:, :2] >= 0).all() and (inside[:, 2:] <= (586, 640)).all()


def test_a_second_look_leaves_out_masks_with_invented_edges(mini, bear, monkeypatch):
    settings = replace(preset("fast", "mini"), points_per_side=8, looks=16, crop_n_layers=0)
    kept = decode_grid(mini, bear[0], settings)
    monkeypatch.setattr(looks, "INVENTED", 1)  # none is left out
    everything = decode_grid(mini, bear[0], settings)
    shares = []
    for tile, (x0, y0, x1, y1) in zip(
        everything.tiles, everything.crop_boxes_xyxy.tolist(), strict=True
    ):
        seen = everything.upscalings[y1 - y0, x1 - x0].placed(tile)
        shares.append(invented_edges(seen, bear[0][y0:y1, x0:x1]))
    assert max(shares) > 0.06
    assert len(kept) == sum(share <= 0.06 for share in shares)


def test_a_second_look_corrects_the_found_mask_if_the_model_can(mini, bear, monkeypatch):
    settings = replace(preset("fast", "mini"), points_per_side=2, looks=2, crop_n_layers=0)
    given = []
    decode = mini.decode
    monkeypatch.setattr(mini, "decode", lambda *args: given.append(args[3]) or decode(*args))
    decode_grid(mini, bear[0], settings)
    assert given and all(mask.dtype == bool and mask.any() for mask in given)
    monkeypatch.setattr(mini, "understands_mask_input", False)
    given.clear()
    decode_grid(mini, bear[0], settings)
    assert given and all(mask is None for mask in given)


def test_small_pieces_beside_a_large_one_are_dropped():
    logits = np.full((20, 30), -4.0, np.float32)
    logits[2:8, 3:13], logits[12:16, 20:24], logits[12:18, 2:9] = 3, 3, 3  # 60, 16 and 42 cells
    tile = LogitsTile.cut(logits, (2, 2, 24, 18))
    kept = tile.large_pieces(0.5)
    assert kept.mask.sum() == 60 + 42 and tile.mask.sum() == 60 + 42 + 16
    upscaling = Upscaling(np.zeros((40, 20), np.float32), np.zeros((90, 30), np.float32))
    assert upscaling.box_of(tile).tolist() == [6, 4, 72, 36]
    assert upscaling.box_of(kept).tolist() == [6, 4, 39, 36]


def test_steps_are_what_progress_counts(mini, bear):
    settings = replace(preset("fast", "mini"), points_per_side=4, looks=3)
    steps = []
    decode_grid(mini, bear[0], settings, progress=lambda *step: steps.append(step))
    assert settings.crop_n_layers == 1
    assert steps[-1] == (settings.steps, settings.steps) == (16 + 4 * 4 + 3,) * 2


def test_partial_results_grow_and_end_as_the_whole_result(mini, bear):
    settings = replace(preset("fast", "mini"), points_per_side=4, points_per_batch=4, looks=5)
    counts, kept, looked = [], [], []

    def partial(so_far):
        candidates = so_far()
        looked.append(candidates.looked)
        counts.append(len(candidates))
        kept.append(len(select(candidates, settings)))

    whole = decode_grid(mini, bear[0], settings, partial=partial)
    grid = looked.index(True)
    assert counts[:grid] == sorted(counts[:grid]) and 0 < counts[0] < counts[grid - 1]
    assert all(looked[grid:]) and 1 < len(looked) - grid <= 5
    assert min(counts[grid:]) >= len(whole) == counts[-1] and max(counts[grid:]) <= 5
    assert max(kept) > 0
    quiet = decode_grid(mini, bear[0], settings)
    assert (quiet.predicted_iou == whole.predicted_iou).all()


def test_a_second_look_can_be_cancelled(mini, bear):
    settings = replace(preset("fast", "mini"), points_per_side=2, looks=3)
    steps = []
    with pytest.raises(Cancelled):
        decode_grid(
            mini,
            bear[0],
            settings,
            progress=lambda *step: steps.append(step),
            cancel=lambda: bool(steps) and steps[-1][0] > 4,
        )


def test_crops_find_masks_within_themselves(photo):
    settings = replace(OPEN, points_per_side=4, crop_n_layers=1, crop_n_points_downscale_factor=2)
    steps = []
    candidates = decode_grid(
        small_segmenter(), photo, settings, progress=lambda *step: steps.append(step)
    )
    assert steps[-1] == (16 + 4 * 4, 16 + 4 * 4)
    assert candidates.points == 32
    crops = {tuple(int(v) for v in box) for box in candidates.crop_boxes_xyxy}
    assert (0, 0, 160, 120) in crops
    masks = select(candidates, replace(settings, box_nms_thresh=1.0, crop_nms_thresh=1.0))
    for mask, (x0, y0, x1, y1) in zip(masks.data, masks.crop_boxes_xyxy.astype(int), strict=True):
        outside = mask.copy()
        outside[y0:y1, x0:x1] = False
        assert not outside.any()


def test_own_points_replace_the_grid(photo):
    points = np.array([[0.5, 0.5], [0.25, 0.75]])
    candidates = decode_grid(small_segmenter(), photo, OPEN, point_grids=[points])
    assert candidates.points == 2
    assert {tuple(p) for p in candidates.point_coords.tolist()} <= {(80.0, 60.0), (40.0, 90.0)}


def test_hierarchical_grid_decodes_fewer_points_on_a_photo(mini, bear):
    settings = replace(preset("fast", "mini"), hierarchical=True, looks=0, crop_n_layers=0)
    steps = []
    few = decode_grid(mini, bear[0], settings, progress=lambda *step: steps.append(step))
    assert 16 <= few.points < 256
    assert steps[-1] == (16 + 256, 16 + 256)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    found = select(few, settings)
    assert mask_iou(found.data, bear[1][None]).max() > 0.8


# -- progress, cancel, photos of every kind ----------------------------------------------------


def test_progress_counts_points_and_cancel_stops_between_batches(photo):
    steps = []
    with pytest.raises(Cancelled, match="16 of 36 points"):
        segment_everything(
            small_segmenter(),
            photo,
            replace(OPEN, points_per_batch=8),
            progress=lambda *step: steps.append(step),
            cancel=lambda: len(steps) == 2,
        )
    assert steps == [(8, 36), (16, 36)]


def test_the_upstream_rules_can_be_cancelled_too(photo):
    with pytest.raises(Cancelled, match="0 of 36 points"):
        segment_everything(small_segmenter(), photo, UPSTREAM, cancel=lambda: True)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize(
    "image",
    [
        np.full((200, 300, 3), 128, np.uint8),
        blocks(16, 16),
        blocks(1, 1),
        blocks(500, 8000),
    ],
    ids=["grey", "16x16", "1x1", "panorama"],
)
def test_photos_of_every_kind_give_masks_or_none(mini, name, image):
    settings = replace(PRESETS[name], points_per_side=4)
    masks = segment_everything(mini, image, settings)
    assert masks.image_hw == image.shape[:2]
    assert (masks.area > 0).all()
    assert label_map(masks).max(initial=0) <= len(masks)


def test_no_mask_is_an_answer(photo):
    settings = replace(OPEN, pred_iou_thresh=1.0, stability_score_thresh=1.0)
    masks = segment_everything(small_segmenter(), photo, settings)
    assert len(masks) == 0 and masks.image_hw == (120, 160)
    assert (
        len(
            segment_everything(
                small_segmenter(), photo, replace(UPSTREAM, stability_score_thresh=1.0)
            )
        )
        == 0
    )
    assert stable_colours(masks) == []


def test_something_that_is_no_photo_is_refused():
    with pytest.raises(InvalidImage):
        segment_everything(small_segmenter(), np.zeros((10, 10)), OPEN)


@pytest.mark.slow
def test_objects_of_a_photo_are_found(mini):
    photo = next(p for p in annotated_photos(asset("photos")) if p.path.stem == "000000008844")
    masks = segment_everything(mini, photo.image(), preset("fast", "mini"))
    assert 3 < len(masks) < 200
    bananas = photo.masks()[[item.name == "banana" and item.area > 5000 for item in photo.objects]]
    assert mask_iou(bananas, masks.data).max() > 0.5


# -- pictures ----------------------------------------------------------------------------------


def test_label_map_shows_small_masks_on_top():
    data = np.zeros((2, 6, 6), bool)
    data[0, 2:4, 2:4] = True
    data[1] = True
    labels = label_map(Masks.from_data(data))
    assert labels.dtype == np.uint16
    assert labels[0, 0] == 2 and labels[2, 2] == 1


def test_a_mask_keeps_its_colour_whatever_is_found_after_it(photo):
    masks = segment_everything(small_segmenter(), photo, OPEN)
    colours = stable_colours(masks)
    assert len({tuple(c) for c in colours}) > 1
    assert stable_colours(masks[:3]) == colours[:3]


# -- the same candidates in another size of the image -------------------------------------------


@pytest.mark.parametrize("size_hw", [(240, 320), (377, 500), (60, 80)])
def test_masks_of_a_small_view_are_redrawn_as_the_large_image_gives_them(photo, size_hw):
    segmenter = small_segmenter()
    embedding = segmenter.embed(photo)
    view = decode_grid(segmenter, embedding, OPEN)
    large = decode_grid(segmenter, replace(embedding, image_hw=size_hw), OPEN)
    found = select_numbered(view, replace(OPEN, min_mask_region_area=0))
    assert len(found.masks) and (found.masks.data == select(view, OPEN).data).all()
    drawn = draw(large, np.arange(len(large)))
    for number, seen in zip(found.numbers, found.masks.data, strict=True):
        mask = redraw(segmenter, view, number, seen, size_hw)
        assert mask.shape == size_hw
        alike = [(mask == other).mean() for other in drawn.data]
        assert max(alike) > 0.999


def test_small_regions_are_removed_from_the_large_mask_where_the_view_had_them():
    seen, large = np.zeros((50, 60), bool), np.zeros((200, 240), bool)
    seen[10:40, 10:40] = True
    large[40:160, 40:160] = True
    view = seen.copy()
    view[20:22, 20:22] = False  # a hole
    view[45:47, 50:52] = True  # an island
    large[80:88, 80:88] = False
    large[180:188, 200:208] = True
    large[5:8, 5:8] = True  # too small for the view: nothing was removed there
    remove_regions_at(large, view ^ seen, 16 * 10)
    expected = np.zeros_like(large)
    expected[40:160, 40:160] = expected[5:8, 5:8] = True
    assert (large == expected).all()
