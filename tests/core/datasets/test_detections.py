"""A detector's boxes are read, checked, and segmented in one batch."""

import json

import numpy as np
import pytest

from esam_core import asset
from esam_core.cli import main
from esam_core.datasets import (
    CATEGORIES,
    detections_of,
    image_id_of,
    load_detections,
    read_detections,
    results_of_masks,
)
from esam_core.datasets.annotated import annotated_photos
from esam_core.errors import InvalidPrompt

ROW = {"image_id": 285, "category_id": 23, "bbox": [10, 20, 30, 40], "score": 0.5}


def write(folder, rows) -> str:
    path = folder / "boxes.json"
    path.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return path


def test_boxes_are_grouped_by_photo_and_sorted_by_score(tmp_path):
    rows = [ROW, ROW | {"score": 0.9, "category_id": 1}, ROW | {"image_id": 7}]
    found = load_detections(write(tmp_path, rows))
    assert {number: len(boxes) for number, boxes in found.items()} == {285: 2, 7: 1}
    assert found[285].scores.tolist() == [0.9, 0.5]
    assert found[285].names == ["class 1", "class 23"]
    assert found[285].category_ids == (1, 23)
    assert found[285].boxes_xyxy[0].tolist() == [10, 20, 40, 60]
    assert len(found[285].top(1)) == 1 and len(found[285].top(None)) == 2


def test_box_that_stands_out_of_the_photo_becomes_a_prompt(tmp_path):
    found = load_detections(write(tmp_path, [ROW | {"bbox": [-5, -1.5, 30, 40]}]))
    kept, left_out = found[285].inside((100, 100))
    assert left_out == []
    assert kept.prompts()[0].within((100, 100)).box_xyxy == (0, 0, 25, 38.5)


def test_coco_numbers_its_eighty_classes_up_to_ninety():
    assert len(CATEGORIES) == 80
    assert (CATEGORIES[1], CATEGORIES[13], CATEGORIES[90]) == ("person", "stop sign", "toothbrush")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("{broken", "JSON"),
        ({"annotations": []}, "list of boxes"),
        ([5], "entry 0"),
        ([ROW, {"image_id": 1}], "entry 1 .* no category_id and no bbox and no score"),
        ([ROW | {"bbox": [1, 2, 3]}], "x, y, width, height"),
        ([ROW | {"bbox": [1, 2, 0, 3]}], "no area"),
        ([ROW | {"bbox": [1, 2, "a", 3]}], "not a number"),
        ([ROW | {"score": float("nan")}], "not a number"),
        ([ROW | {"score": None}], "not a number"),
        ([ROW | {"score": "0.5"}], "not a number"),
        ([ROW | {"score": True}], "not a number"),
        ([ROW | {"bbox": [1, 2, -3, 3]}], "no area"),
        ([ROW | {"bbox": [1e17, 2, 1, 3]}], "no area"),
        ([ROW | {"bbox": [1, 2, 10**400, 3]}], "not a number"),
        ([ROW | {"bbox": None}], "x, y, width, height"),
        ([ROW | {"image_id": float("nan")}], "image_id is nan"),
        ({"images": [], "annotations": [ROW | {"score": "high"}]}, "not a number"),
    ],
)
def test_what_is_no_box_is_refused_with_its_place(tmp_path, rows, reason):
    with pytest.raises(InvalidPrompt, match=reason):
        load_detections(write(tmp_path, rows))


def test_missing_file_and_photo_without_boxes_are_reported(tmp_path):
    with pytest.raises(InvalidPrompt, match="nowhere.json"):
        load_detections(tmp_path / "nowhere.json")
    with pytest.raises(InvalidPrompt, match="image_id"):
        detections_of(load_detections(write(tmp_path, [ROW])), "holiday.jpg")


def test_file_in_assets_is_what_the_masks_give(tmp_path):
    out = tmp_path / "made.json"
    assert main(["detections", "--data", str(asset("photos")), "--out", str(out)]) == 0
    assert out.read_bytes() == asset("detections.json").read_bytes()
    rows = results_of_masks(annotated_photos(asset("photos")))
    found = load_detections(out)
    assert sum(len(boxes) for boxes in found.values()) == len(rows)
    for photo in annotated_photos(asset("photos")):
        boxes = detections_of(found, photo.path).boxes_xyxy
        assert len(boxes) == len(photo.objects)


IDS = [285, 2**63 + 1, 10**30, "285", "a b", 285.0, 0.1, True, False, None, -4]


@pytest.mark.parametrize("image_id", IDS, ids=repr)
@pytest.mark.parametrize("category_id", IDS, ids=repr)
def test_ids_of_any_kind_survive_exactly(tmp_path, image_id, category_id):
    row = ROW | {"image_id": image_id, "category_id": category_id}
    found = load_detections(write(tmp_path, [row]))
    boxes = found[image_id]
    for got, given in ((boxes.image_id, image_id), (boxes.category_ids[0], category_id)):
        assert (got, type(got)) == (given, type(given))


def test_one_and_its_lookalikes_are_different_photos_and_classes(tmp_path):
    alike = [1, "1", 1.0, True]
    rows = [ROW | {"image_id": i, "category_id": i} for i in alike]
    found = load_detections(write(tmp_path, rows))
    assert list(map(repr, found)) == list(map(repr, alike))
    assert [repr(found[i].category_ids[0]) for i in alike] == list(map(repr, alike))
    assert found[np.int64(1)] is found[1]
    assert 2 not in found and float("nan") not in found


DATA_SET = {
    "images": [
        {"id": 7, "file_name": "street/night.jpg", "height": 10, "width": 10},
        {"id": "x", "file_name": "empty.png"},
        {"file_name": "no id"},
    ],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 5], "iscrowd": 0},
        {"id": 2, "image_id": 7, "category_id": 2, "bbox": [1, 1, 5, 5], "score": 0.25},
        {"id": 3, "image_id": 7, "category_id": 3, "bbox": [2, 2, 5, 5]},
    ],
    "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "nucleus"}, {"id": 3}],
}


def test_a_data_sets_own_classes_and_file_names_count(tmp_path):
    found = load_detections(write(tmp_path, DATA_SET))
    boxes = detections_of(found, "/somewhere/night.jpg")
    assert boxes.image_id == 7
    assert boxes.names == ["nucleus", "cell", "class 3"]
    assert boxes.scores[0] == 0.25 and np.isnan(boxes.scores[1:]).all()
    with pytest.raises(InvalidPrompt, match=r"no boxes for empty\.png"):
        detections_of(found, "empty.png")


def test_given_names_come_before_the_files_own(tmp_path):
    path = write(tmp_path, DATA_SET)
    assert load_detections(path, names={1: "virus"})[7].names == ["nucleus", "virus", "class 3"]
    found = load_detections(write(tmp_path, [ROW]), names="coco")
    assert found[285].names == ["bear"]


@pytest.mark.parametrize(
    ("image_id", "photo"),
    [
        (285, "000000000285.jpg"),
        (285.0, "285.png"),
        ("holiday.jpg", "holiday.jpg"),
        ("holiday", "holiday.jpg"),
        ("000000000285", "000000000285.jpg"),
    ],
)
def test_a_photos_name_leads_to_its_id(tmp_path, image_id, photo):
    rows = [ROW | {"image_id": "other"}, ROW | {"image_id": image_id}]
    found = image_id_of(load_detections(write(tmp_path, rows)), f"/folder/{photo}")
    assert (found, type(found)) == (image_id, type(image_id))


def test_an_id_is_chosen_explicitly_where_the_name_does_not_tell(tmp_path):
    rows = [ROW | {"image_id": i} for i in (285, "000000000285", None)]
    found = load_detections(write(tmp_path, rows))
    with pytest.raises(InvalidPrompt, match='any of the photos 285, "000000000285"'):
        image_id_of(found, "000000000285.jpg")
    assert image_id_of(found, "000000000285.jpg", 285) == 285
    assert image_id_of(found, "holiday.jpg", None) is None
    with pytest.raises(InvalidPrompt, match='holiday.jpg as "285"'):
        image_id_of(found, "holiday.jpg", "285")


def test_two_photos_of_one_name_in_a_data_set_need_an_id(tmp_path):
    images = [{"id": i, "file_name": f"{i}/frame.png"} for i in (1, 2)]
    record = DATA_SET | {"images": images, "annotations": []}
    with pytest.raises(InvalidPrompt, match="any of the photos 1, 2"):
        image_id_of(load_detections(write(tmp_path, record)), "frame.png")


def test_bad_entries_are_left_out_and_named(tmp_path):
    rows = [
        ROW,
        ROW | {"bbox": [1, 2, 0, 4]},
        5,
        ROW | {"image_id": "other", "bbox": [1, 2, 3, -4]},
        {"image_id": 9},
        ROW | {"image_id": float("inf")},
        ROW | {"score": 0.75},
    ]
    found, left_out = read_detections(write(tmp_path, rows))
    assert {str(i): boxes.entries for i, boxes in found.items()} == {
        "285": (6, 0),
        "other": (),
        "9": (),
    }
    assert [(item.entry, item.image_id) for item in left_out] == [
        (1, 285),
        (2, None),
        (3, "other"),
        (4, 9),
        (5, None),
    ]
    assert [word in item.reason for item, word in zip(left_out, REASONS, strict=True)] == [True] * 5
    assert str(left_out[2]).startswith('entry 3 (image_id "other"): bbox [1, 2, 3, -4] has no area')
    assert json.loads(json.dumps(left_out[0].to_json()))["entry"] == 1


REASONS = ("no area", "not an object", "no area", "no category_id and no bbox", "not a JSON value")


def test_a_box_beside_the_photo_is_left_out_and_one_over_its_edge_stays(tmp_path):
    beside = [[50, 0, 5, 5], [-10, 0, 10, 5], [0, 40, 5, 5], [0, -9, 5, 5]]
    rows = [ROW | {"bbox": box} for box in [*beside, [-5, -5, 100, 100]]]
    kept, left_out = load_detections(write(tmp_path, rows))[285].inside((40, 50))
    assert kept.entries == (4,)
    assert [item.entry for item in left_out] == [0, 1, 2, 3]
    assert all("beside" in item.reason and item.image_id == 285 for item in left_out)


def test_a_byte_order_mark_is_no_obstacle(tmp_path):
    path = tmp_path / "boxes.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps([ROW]).encode())
    assert len(load_detections(path)[285]) == 1
