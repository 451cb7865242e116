"""COCO files keep ids, names and scores exactly, and JSON never holds what it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest

from esam_core import export as package
from esam_core.errors import InvalidImage, InvalidSettings
from esam_core.export import encode_rle, export_coco, load_coco
from esam_core.masks import Masks

MASK = np.array([[True, False, False], [True, True, False]])
IDS = [1, 1.0, True, "1", "", None, False, 0, 0.1, -3, 2**70, "ü\n", 1e300]
NAN = float("nan")


def some_masks(n: int = 3) -> Masks:
    data = np.random.default_rng(n).random((n, 6, 7)) < 0.5
    scores = np.linspace(0.5, 0.9, n, dtype=np.float32)
    return Masks.from_data(data, scores, scores[::-1])


def written(*args, **options) -> dict:
    """The data set as a strict JSON reader sees it."""

    def refuse(constant: str):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(json.dumps(export_coco(*args, **options)), parse_constant=refuse)


def exact(value) -> tuple:
    return type(value), value


def test_data_set_has_every_key_that_readers_want():
    record = written(some_masks(), file_name="a.jpg")
    assert list(record) == ["info", "licenses", "images", "annotations", "categories"]
    assert record["info"]["description"]
    assert record["licenses"] == []
    assert record["images"] == [{"id": 1, "file_name": "a.jpg", "height": 6, "width": 7}]
    assert [row["id"] for row in record["annotations"]] == [1, 2, 3]
    assert record["categories"] == [{"id": 1, "name": "object"}]


@pytest.mark.parametrize("value", IDS, ids=repr)
def test_image_id_of_any_kind_survives_and_is_found_again(value):
    record = written(MASK, image_id=value)
    assert exact(record["images"][0]["id"]) == exact(value)
    assert exact(record["annotations"][0]["image_id"]) == exact(value)
    assert (load_coco(record, image_id=value).data == MASK).all()


def test_ids_that_python_finds_equal_stay_apart():
    record = written(np.stack([MASK] * len(IDS)), category_ids=IDS)
    assert [exact(row["category_id"]) for row in record["annotations"]] == list(map(exact, IDS))
    assert [exact(row["id"]) for row in record["categories"]] == list(map(exact, IDS))


def test_images_whose_ids_python_finds_equal_stay_apart():
    masks = [np.arange(6).reshape(2, 3) == i for i in range(4)]
    several: dict = {"images": [], "annotations": []}
    for mask, value in zip(masks, [1, 1.0, True, "1"], strict=True):
        one = written(mask, image_id=value)
        several["images"] += one["images"]
        several["annotations"] += one["annotations"]
    for mask, value in zip(masks, [1, 1.0, True, "1"], strict=True):
        assert (load_coco(several, image_id=value).data == mask[None]).all()
    with pytest.raises(InvalidImage, match=r"4 images; choose one by image_id: 1, 1.0, true"):
        load_coco(several)
    with pytest.raises(InvalidImage, match="no image '2'"):
        load_coco(several, image_id="2")


def test_numbers_of_numpy_become_numbers():
    record = written(
        some_masks(2),
        image_id=np.int64(285),
        category_ids=np.array([23, 17]),
        scores=np.array([0.5, 0.25], np.float32),
    )
    assert exact(record["images"][0]["id"]) == (int, 285)
    assert [row["category_id"] for row in record["annotations"]] == [23, 17]
    assert [row["score"] for row in record["annotations"]] == [0.5, 0.25]
    assert (load_coco(record, image_id=np.int64(285)).area == some_masks(2).area).all()


def test_masks_of_one_class_share_its_category():
    record = written(some_masks(4), names=["b", "a", "b", "b"])
    assert record["categories"] == [{"id": 1, "name": "b"}, {"id": 2, "name": "a"}]
    assert [row["category_id"] for row in record["annotations"]] == [1, 2, 1, 1]


def test_mask_without_a_name_is_an_object():
    record = written(some_masks(4), names=[None, "cat", "", "object"])
    assert record["categories"] == [{"id": 1, "name": "object"}, {"id": 2, "name": "cat"}]
    assert [row["category_id"] for row in record["annotations"]] == [1, 2, 1, 1]


def test_category_with_an_id_but_no_name_is_named_after_it():
    """Readers find classes by name: several called "object" would be one."""
    record = written(some_masks(4), category_ids=[23, "x", 5, 5], names=[None, None, None, "dog"])
    assert record["categories"] == [
        {"id": 23, "name": "class 23"},
        {"id": "x", "name": "class x"},
        {"id": 5, "name": "dog"},
    ]


def test_given_score_stands_beside_what_the_model_says():
    masks = some_masks()
    rows = written(masks, scores=[0.125, None, NAN])["annotations"]
    iou, stability = masks.predicted_iou.tolist(), masks.stability_score.tolist()
    assert [row["score"] for row in rows] == [0.125, iou[1], iou[2]]
    assert [row["predicted_iou"] for row in rows] == iou
    assert [row["stability_score"] for row in rows] == stability


def test_unknown_scores_are_left_out():
    unknown = np.array([NAN, np.inf, 0.5], np.float32)
    masks = Masks.from_data(some_masks().data, unknown, unknown[::-1])
    rows = written(masks, scores=[None, 0.25, None])["annotations"]
    known = [
        {key: row[key] for key in ("score", "predicted_iou", "stability_score") if key in row}
        for row in rows
    ]
    assert known == [
        {"stability_score": 0.5},
        {"score": 0.25},
        {"score": 0.5, "predicted_iou": 0.5},
    ]


def test_scores_masks_and_order_read_back():
    masks = some_masks()
    loaded = load_coco(json.dumps(export_coco(masks, scores=[0.1, 0.2, 0.3])))
    assert (loaded.data == masks.data).all()
    assert (loaded.predicted_iou == masks.predicted_iou).all()
    assert (loaded.stability_score == masks.stability_score).all()


def test_file_without_info_or_scores_reads_back():
    old = {
        "images": [{"id": 7, "file_name": "", "height": 2, "width": 3}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 1, "segmentation": encode_rle(MASK)},
            {
                "id": 2,
                "image_id": 7,
                "category_id": 1,
                "segmentation": [[0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 0, 2]],
                "score": 0.5,
            },
        ],
        "categories": [{"id": 1, "name": "object"}],
    }
    loaded = load_coco(old)
    assert (loaded.data == MASK).all()
    assert loaded.predicted_iou.tolist() == loaded.stability_score.tolist() == [1, 0.5]


def test_facts_stand_in_info():
    record = written(MASK, info={"model": "small", "description": "mine"})
    assert record["info"] == {"description": "mine", "model": "small"}
    assert set(written(MASK, info={"model": "small"})["info"]) == {"description", "model"}


def test_file_name_may_be_a_path():
    assert written(MASK, file_name=Path("a b.jpg"))["images"][0]["file_name"] == "a b.jpg"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"style": "bitmap"}, "rle or polygons"),
        ({"names": ["a", "b"]}, "2 names for 3 masks"),
        ({"names": "abc"}, "give a list"),
        ({"names": ["a", 5, None]}, "name 5 is int"),
        ({"category_ids": [1]}, "1 category_ids for 3 masks"),
        ({"category_ids": [1, 2, NAN]}, "category_id nan cannot be written as JSON"),
        ({"category_ids": [1, 2, b"x"]}, "category_id b'x' cannot be written as JSON"),
        ({"category_ids": [4, "4", 4], "names": ["a", "b", "c"]}, "4 has two names, 'a' and 'c'"),
        ({"scores": [1, 2, 3, 4]}, "4 scores for 3 masks"),
        ({"scores": [1, "high", 3]}, "score 'high' is not a number"),
        ({"image_id": float("inf")}, "image_id inf cannot be written as JSON"),
        ({"image_id": object()}, "image_id .* cannot be written as JSON"),
        ({"info": {"seconds": NAN}}, "info cannot be written as JSON"),
        ({"info": {"file": Path("x")}}, "info cannot be written as JSON"),
    ],
)
def test_settings_that_do_not_fit_are_refused(options, words):
    with pytest.raises(InvalidSettings, match=words):
        export_coco(some_masks(), **options)


@pytest.mark.parametrize("name", package.__all__)
def test_every_name_of_the_package_is_found_on_first_use(name):
    assert callable(getattr(package, name))
