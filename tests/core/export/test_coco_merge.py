"""COCO data sets of several photos become one; identities are kept where they can be."""

import copy
import json

import numpy as np
import pytest

from esam_core.errors import InvalidImage
from esam_core.export import coco_results, export_coco, load_coco, merge_coco
from esam_core.export.segmentations import decode_segmentation
from esam_core.masks import Masks


def masks_of(seed: int, n: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 5, 8)) < 0.5


def record(seed: int, file_name: str, names: list[str], **options) -> dict:
    masks = masks_of(seed, len(names))
    return export_coco(masks, file_name=file_name, names=names, **options)


def ids(merged: dict, kind: str) -> list:
    return [row["id"] for row in merged[kind]]


def test_ids_that_do_not_collide_are_kept():
    first = record(1, "a.jpg", ["dog", "cat"], image_id=285, category_ids=[18, 17])
    second = record(2, "b.jpg", ["cat", "bus"], image_id="285", category_ids=[17, 6])
    merged, notes = merge_coco([first, second])
    assert notes == []
    assert ids(merged, "images") == [285, "285"]
    assert ids(merged, "annotations") == [1, 2, 3, 4]
    assert {row["id"]: row["name"] for row in merged["categories"]} == {
        18: "dog",
        17: "cat",
        6: "bus",
    }
    assert [row["category_id"] for row in merged["annotations"]] == [18, 17, 17, 6]
    for seed, image_id in ((1, 285), (2, "285")):
        assert (load_coco(merged, image_id=image_id).data == masks_of(seed)).all()


def test_colliding_photos_and_classes_get_the_next_free_number_and_a_sentence():
    first = record(1, "a.jpg", ["dog", "cat"])
    second = record(2, "b.jpg", ["bus", "car"], image_id=1, category_ids=[2, 7])
    merged, notes = merge_coco([first, second])
    assert ids(merged, "images") == [1, 2]
    assert {row["id"]: row["name"] for row in merged["categories"]} == {
        1: "dog",
        2: "cat",
        8: "bus",
        7: "car",
    }
    assert [row["category_id"] for row in merged["annotations"]] == [1, 2, 8, 7]
    assert [row["image_id"] for row in merged["annotations"]] == [1, 1, 2, 2]
    assert (load_coco(merged, image_id=2).data == masks_of(2)).all()
    assert notes == [
        "image 1 (b.jpg) has the id 2 now: 1 is a.jpg.",
        "category 2 (bus) has the id 8 now: 2 is cat.",
    ]


def test_class_that_has_to_move_joins_the_one_of_its_name():
    parts = [record(1, "a.jpg", ["cat", "dog"]), record(2, "b.jpg", ["dog"], image_id=2)]
    merged, notes = merge_coco(parts)
    assert [row["name"] for row in merged["categories"]] == ["cat", "dog"]
    assert [row["category_id"] for row in merged["annotations"]] == [1, 2, 2]
    assert notes == ["category 1 (dog) has the id 2 now: 1 is cat."]


def test_two_classes_of_one_name_in_one_file_stay_two():
    first = record(1, "a.jpg", ["cat"])
    second = record(2, "b.jpg", ["dog", "dog"], image_id=2, category_ids=[5, 1])
    merged, _ = merge_coco([first, second])
    assert [(row["id"], row["name"]) for row in merged["categories"]] == [
        (1, "cat"),
        (5, "dog"),
        (6, "dog"),
    ]
    assert [row["category_id"] for row in merged["annotations"]] == [1, 5, 6]


def test_two_files_of_one_photo_are_one_photo():
    parts = [record(1, "a.jpg", ["cat", "dog"]), record(2, "a.jpg", ["cat", "cow"])]
    merged, notes = merge_coco(parts)
    assert ids(merged, "images") == [1]
    assert ids(merged, "annotations") == [1, 2, 3, 4]
    assert (load_coco(merged).data == np.concatenate([masks_of(1), masks_of(2)])).all()
    assert notes == ["category 2 (cow) has the id 3 now: 2 is dog."]


def test_photos_without_a_name_are_never_taken_for_one():
    merged, notes = merge_coco([record(1, "", ["cat"]), record(2, "", ["cat"])])
    assert ids(merged, "images") == [1, 2]
    assert notes == ["image 1 (without a name) has the id 2 now: 1 is another one."]


def test_ids_that_python_finds_equal_do_not_collide():
    parts = [record(i, f"{i}.jpg", ["a"], image_id=v) for i, v in enumerate([1, 1.0, True, "1"])]
    merged, notes = merge_coco(parts)
    assert notes == []
    assert json.dumps(ids(merged, "images")) == '[1, 1.0, true, "1"]'


def test_licences_follow_their_photos():
    first, second = record(1, "a.jpg", ["cat"]), record(2, "b.jpg", ["cat"], image_id=2)
    for part, name in ((first, "CC BY"), (second, "CC0")):
        part["licenses"] = [{"id": 3, "name": name}]
        part["images"][0]["license"] = 3
    merged, _ = merge_coco([first, second, copy.deepcopy(first)])
    assert merged["licenses"] == [{"id": 3, "name": "CC BY"}, {"id": 4, "name": "CC0"}]
    assert [row["license"] for row in merged["images"]] == [3, 4]


def test_facts_that_differ_are_kept_per_file():
    infos = [{"model": "small", "photo": "a"}, {"model": "small", "photo": "b"}]
    parts = [record(i, f"{i}.jpg", ["a"], image_id=i, info=info) for i, info in enumerate(infos)]
    merged, _ = merge_coco(parts)
    assert merged["info"]["model"] == "small"
    assert merged["info"]["parts"] == [{"photo": "a"}, {"photo": "b"}]


def test_merging_reads_files_and_leaves_its_input_alone(tmp_path):
    parts = [record(1, "a.jpg", ["dog"]), record(2, "b.jpg", ["cat"])]
    before = copy.deepcopy(parts)
    path = tmp_path / "b.json"
    path.write_text(json.dumps(parts[1]))
    merged, _ = merge_coco([parts[0], path])
    assert parts == before
    assert ids(merged, "images") == [1, 2]


def test_nothing_merges_to_an_empty_data_set():
    merged, notes = merge_coco([])
    assert (merged["images"], merged["annotations"], merged["categories"], notes) == (
        [],
        [],
        [],
        [],
    )
    assert merged["info"]


def test_merging_again_changes_nothing():
    merged, _ = merge_coco([record(1, "a.jpg", ["dog"]), record(2, "b.jpg", ["cat"])])
    again, notes = merge_coco([merged])
    assert (again, notes) == (merged, [])


def test_results_have_run_lengths_scores_and_the_same_ids():
    unknown = Masks.from_data(masks_of(3), np.array([np.nan, 0.5]), np.array([0.75, np.nan]))
    data = export_coco(
        unknown,
        style="polygons",
        image_id="x",
        names=["a", "b"],
        category_ids=[True, None],
        scores=[0.25, None],
    )
    for style in (data, json.dumps(data)):
        rows = coco_results(style)
        assert [row["image_id"] for row in rows] == ["x", "x"]
        assert [row["category_id"] for row in rows] == [True, None]
        assert [row["score"] for row in rows] == [0.25, 0.5]
        assert rows[0]["stability_score"] == 0.75
        assert "predicted_iou" not in rows[0]
        assert "bbox" not in rows[0]
        for row, mask in zip(rows, unknown.data, strict=True):
            assert isinstance(row["segmentation"]["counts"], str)
            assert (decode_segmentation(row["segmentation"], (5, 8)) == mask).all()


def test_result_without_any_score_has_one():
    masks = Masks.from_data(masks_of(3), np.full(2, np.nan), np.full(2, np.nan))
    assert [row["score"] for row in coco_results(export_coco(masks))] == [1, 1]


def test_results_read_plain_run_lengths():
    data = export_coco(np.array([[[False, True], [True, True]]]))
    data["annotations"][0]["segmentation"] = {"size": [2, 2], "counts": [1, 3]}
    (row,) = coco_results(data)
    assert decode_segmentation(row["segmentation"], (2, 2)).tolist() == [
        [False, True],
        [True, True],
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda part: part.pop("images"),
        lambda part: part.pop("annotations"),
        lambda part: part["annotations"][0].update(image_id=9),
        lambda part: part["annotations"][0].pop("category_id"),
        lambda part: part["images"][0].pop("id"),
        lambda part: part.update(images=5),
    ],
)
def test_foreign_data_sets_are_refused_with_a_reason(change):
    part = record(1, "a.jpg", ["dog"])
    change(part)
    with pytest.raises(InvalidImage):
        merge_coco([part])
    with pytest.raises(InvalidImage):
        coco_results(part)
