"""Masks with their columns: boxes, areas, scores and ranking."""

import numpy as np
import pytest

from esam_core import Masks, rank_masks_by
from esam_core.errors import InvalidSettings
from esam_core.geometry import (
    box_iou,
    clip_boxes,
    mask_iou,
    masks_to_boxes,
    xywh_to_xyxy,
    xyxy_to_xywh,
)


def rectangles(*boxes, image_hw=(6, 8)):
    data = np.zeros((len(boxes), *image_hw), bool)
    for mask, (x0, y0, x1, y1) in zip(data, boxes, strict=True):
        mask[y0:y1, x0:x1] = True
    return data


DATA = rectangles((1, 1, 3, 3), (0, 0, 8, 6), (5, 2, 8, 4))
MASKS = Masks.from_data(DATA, np.array([0.5, 0.9, 0.7]), np.array([1.0, 0.8, 0.6]))


def test_boxes_and_areas():
    assert MASKS.boxes_xyxy.tolist() == [[1, 1, 3, 3], [0, 0, 8, 6], [5, 2, 8, 4]]
    assert MASKS.area.tolist() == [4, 48, 6]
    assert MASKS.image_hw == (6, 8)
    assert masks_to_boxes(np.zeros((1, 3, 3), bool)).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("index", "areas"),
    [
        (0, [4]),
        (-1, [6]),
        (np.int64(1), [48]),
        (slice(1, None), [48, 6]),
        ([2, 0], [6, 4]),
        (np.array([True, False, True]), [4, 6]),
        (np.array([], int), []),
    ],
)
def test_indexing_gives_masks_again(index, areas):
    part = MASKS[index]
    assert isinstance(part, Masks)
    assert part.area.tolist() == areas
    assert len(part.predicted_iou) == len(areas)


def test_iteration_ends_and_bad_index_raises():
    assert [m.area[0] for m in MASKS] == [4, 48, 6]
    with pytest.raises(IndexError, match="mask 3 asked for, there are 3"):
        MASKS[3]


def test_empty_and_concat():
    empty = Masks.empty((6, 8))
    assert (len(empty), empty.image_hw, len(empty.best())) == (0, (6, 8), 0)
    joined = Masks.concat([MASKS, empty, MASKS[0]])
    assert joined.area.tolist() == [4, 48, 6, 4]
    with pytest.raises(ValueError, match="dimension"):
        Masks.concat([MASKS, Masks.empty((5, 5))])


def test_wrong_columns_are_refused():
    with pytest.raises(ValueError, match=r"data must be \(n, height, width\) bool"):
        Masks.from_data(DATA.astype(np.uint8))
    with pytest.raises(ValueError, match=r"predicted_iou must be \(3,\) for 3 masks, got \(2,\)"):
        Masks.from_data(DATA, np.ones(2))


def test_records_have_sams_keys():
    record = MASKS[2].to_records()[0]
    assert set(record) == {
        "segmentation",
        "area",
        "bbox",
        "predicted_iou",
        "point_coords",
        "stability_score",
        "crop_box",
    }
    assert record["bbox"] == [5, 2, 3, 2]
    assert record["crop_box"] == [0, 0, 8, 6]
    assert record["area"] == 6
    assert record["segmentation"] is not None and record["segmentation"].shape == (6, 8)


@pytest.mark.parametrize(
    ("rule", "box", "order"),
    [
        ("predicted_iou", None, [1, 2, 0]),
        ("largest", None, [1, 2, 0]),
        ("smallest", None, [0, 2, 1]),
        ("box_iou", (5, 2, 8, 4), [2, 1, 0]),
        ("box_iou", None, [1, 2, 0]),
    ],
)
def test_rules_order_candidates(rule, box, order):
    assert rank_masks_by(MASKS, rule, box_xyxy=box).tolist() == order


def test_background_points_put_masks_that_hold_them_last():
    assert rank_masks_by(MASKS, background_points=[(6, 3)]).tolist() == [0, 1, 2]
    assert rank_masks_by(MASKS, background_points=[(8, 6)]).tolist() == [2, 0, 1]


def test_an_empty_mask_is_never_the_answer_to_background_points():
    data = np.concatenate([np.zeros((1, 6, 8), bool), DATA[1:2]])
    masks = Masks.from_data(data, np.array([0.99, 0.1]))
    assert rank_masks_by(masks, background_points=[(3, 3)]).tolist() == [1, 0]


def test_unknown_rule_is_refused():
    with pytest.raises(InvalidSettings, match="predicted_iou, box_iou, largest, smallest"):
        rank_masks_by(MASKS, "best")


def test_overlaps_of_boxes_and_masks_agree():
    boxes = np.array([[1, 1, 3, 3], [0, 0, 8, 6], [2, 2, 4, 4]])
    expected = [[1, 4 / 48, 1 / 7], [4 / 48, 1, 4 / 48], [1 / 7, 4 / 48, 1]]
    np.testing.assert_allclose(box_iou(boxes, boxes), expected, rtol=1e-6)
    masks = rectangles(*boxes)
    np.testing.assert_allclose(mask_iou(masks, masks), expected, rtol=1e-6)
    assert mask_iou(np.zeros((1, 2, 2), bool), np.zeros((1, 2, 2), bool))[0, 0] == 0
    assert box_iou(np.zeros((1, 4)), np.zeros((1, 4)))[0, 0] == 0


def test_box_forms_round_trip_and_clip():
    boxes = np.array([[1.0, 2, 5, 9]])
    assert xyxy_to_xywh(boxes).tolist() == [[1, 2, 4, 7]]
    assert np.array_equal(xywh_to_xyxy(xyxy_to_xywh(boxes)), boxes)
    assert clip_boxes(np.array([[-5, -5, 50, 3]]), (6, 8)).tolist() == [[0, 0, 8, 3]]


def test_overlaps_with_no_masks_are_an_empty_table():
    some, none = np.ones((2, 3, 4), bool), np.zeros((0, 3, 4), bool)
    assert mask_iou(some, none).shape == (2, 0) and mask_iou(none, some).shape == (0, 2)
    np.testing.assert_allclose(mask_iou(some, some[:1]), 1)
