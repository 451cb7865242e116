"""``segment --boxes``: what a detector's file says about its objects reaches every output."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from esam_core import asset
from esam_core.cli import main
from esam_core.export import load_coco, load_label_map_png, load_svg

pytestmark = pytest.mark.usefixtures("fake_model")

ROW = {"image_id": 285, "category_id": 23, "bbox": [10, 20, 30, 20], "score": 0.5}
IDS = [23, 2**60 + 1, 10**30, "23", "a b", 23.0, 0.1, True, None]


def run(photo, boxes, folder, *more: object) -> int:
    argv = ["segment", photo, "--boxes", boxes, "--out", folder / "map.png"]
    argv += ["--coco", folder / "c.json", "--results", folder / "r.json"]
    return main([*map(str, [*argv, "--json", folder / "report.json", *more])])


def read(folder, name: str):
    return json.loads((folder / name).read_text())


def exactly(values) -> list[str]:
    return [json.dumps(value) for value in values]


def test_the_best_boxes_of_a_photo_are_segmented_in_one_call(tmp_path, fake_model, capsys):
    photo = asset("photos", "000000229997.jpg")
    files = {name: tmp_path / name for name in ("p.json", "s.svg")}
    more = ["--top", 3, "--names", "coco", "--coco-polygons", files["p.json"]]
    more += ["--svg", files["s.svg"]]
    assert run(photo, asset("detections.json"), tmp_path, *more) == 0
    assert fake_model.batches == [3]
    assert "3 masks" in capsys.readouterr().out
    masks = load_coco(tmp_path / "c.json")
    assert len(masks) == len(load_label_map_png(tmp_path / "map.png")) == 3
    assert (load_coco(files["p.json"]).data == masks.data).all()
    assert (load_svg(files["s.svg"].read_text()).data == masks.data).all()
    report = read(tmp_path, "report.json")
    assert [row["name"] for row in report["objects"]] == ["bear", "bird", "bird"]
    assert [row["area"] for row in report["objects"]] == masks.area.tolist()
    assert report["left_out"] == []


# Identities


@pytest.mark.parametrize("image_id", IDS, ids=repr)
def test_ids_of_any_kind_reach_every_file_as_they_were(tmp_path, photo, boxes_file, image_id):
    rows = [
        ROW | {"image_id": image_id, "category_id": number, "score": 0.9 - i / 100}
        for i, number in enumerate(IDS)
    ]
    given = ["--image-id", json.dumps(image_id)]
    assert run(photo, boxes_file(rows), tmp_path, *given) == 0
    coco, results = read(tmp_path, "c.json"), read(tmp_path, "r.json")
    objects = read(tmp_path, "report.json")["objects"]
    assert exactly([coco["images"][0]["id"]]) == exactly([image_id])
    for rows in (coco["annotations"], results, objects):
        assert exactly(row["category_id"] for row in rows) == exactly(IDS)
        assert exactly({json.dumps(row["image_id"]) for row in rows}) == exactly(
            [json.dumps(image_id)]
        )
    assert exactly(row["id"] for row in coco["categories"]) == exactly(IDS)


def test_the_detectors_score_stands_beside_the_models(tmp_path, photo, boxes_file):
    rows = [ROW | {"score": 0.25}, ROW | {"score": 0.75, "category_id": 1}]
    assert run(photo, boxes_file(rows), tmp_path) == 0
    objects = read(tmp_path, "report.json")["objects"]
    for found in (read(tmp_path, "c.json")["annotations"], read(tmp_path, "r.json"), objects):
        assert [row["score"] for row in found] == [0.75, 0.25]
        assert [row["category_id"] for row in found] == [1, 23]
    iou = [row["predicted_iou"] for row in read(tmp_path, "c.json")["annotations"]]
    assert iou == pytest.approx([0.9, 0.9])


def data_set(**more):
    return {
        "images": [{"id": 9, "file_name": "set/000000000285.png", "height": 60, "width": 80}],
        "annotations": [
            {"id": 4, "image_id": 9, "category_id": 1, "bbox": [10, 20, 30, 20]},
            {"id": 5, "image_id": 9, "category_id": 17, "bbox": [40, 20, 30, 20], "score": 0.5},
        ],
        "categories": [{"id": 1, "name": "cell"}],
    } | more


def test_a_data_sets_own_class_is_not_called_as_cocos(tmp_path, photo, boxes_file):
    assert run(photo, boxes_file(data_set()), tmp_path) == 0
    coco = read(tmp_path, "c.json")
    assert coco["categories"] == [{"id": 17, "name": "class 17"}, {"id": 1, "name": "cell"}]
    assert coco["images"][0]["id"] == 9
    objects = read(tmp_path, "report.json")["objects"]
    assert [(row["name"], row["score"]) for row in objects] == [("class 17", 0.5), ("cell", None)]
    assert [row["score"] for row in coco["annotations"]] == pytest.approx([0.5, 0.9])


@pytest.mark.parametrize(
    ("names", "expected"),
    [("coco", "bear"), ({"23": "cell"}, "cell"), (None, "class 23"), ({"1": "cell"}, "class 23")],
)
def test_names_are_cocos_only_if_that_is_said(tmp_path, photo, boxes_file, names, expected):
    boxes = boxes_file([ROW])
    given = [] if names is None else ["--names", names]
    if isinstance(names, dict):
        given = ["--names", boxes_file(names, "names.json")]
    assert run(photo, boxes, tmp_path, *given) == 0
    assert read(tmp_path, "c.json")["categories"] == [{"id": 23, "name": expected}]
    assert read(tmp_path, "report.json")["objects"][0]["name"] == expected


@pytest.mark.parametrize("image_id", ["000000000285", "000000000285.png", 285, 285.0])
def test_the_photo_is_found_by_its_name(tmp_path, photo, boxes_file, image_id):
    rows = [ROW | {"image_id": image_id}, ROW | {"image_id": "another"}]
    assert run(photo, boxes_file(rows), tmp_path) == 0
    found = read(tmp_path, "c.json")["images"]
    assert exactly(image["id"] for image in found) == exactly([image_id])


def test_a_photo_that_is_not_found_is_an_error_that_lists_the_known(
    tmp_path, photo, boxes_file, capsys
):
    boxes = boxes_file([ROW | {"image_id": "another"}])
    assert run(photo, boxes, tmp_path) == 2
    error = capsys.readouterr().err
    assert '"another"' in error and "--image-id" in error and error.count("\n") == 1
    assert run(photo, boxes, tmp_path, "--image-id", "another") == 0


@pytest.mark.parametrize("image_id", [285, "285", 10**20])
def test_pycocotools_loads_the_results_against_their_ground_truth(
    tmp_path, photo, boxes_file, image_id, capsys
):
    truth = data_set(images=[{"id": image_id, "file_name": photo.name, "height": 60, "width": 80}])
    truth["annotations"] = [row | {"image_id": image_id} for row in truth["annotations"]]
    truth["categories"].append({"id": 17, "name": "other"})
    path = boxes_file(truth | {"info": {}}, "truth.json")
    assert run(photo, path, tmp_path) == 0
    loaded = COCO(str(path)).loadRes(str(tmp_path / "r.json"))
    assert loaded.getImgIds() == [image_id]
    assert sorted(loaded.getCatIds()) == [1, 17]
    own = COCO(str(tmp_path / "c.json"))
    assert own.loadRes(str(tmp_path / "r.json")).getImgIds() == [image_id]
    masks = [loaded.annToMask(row) for row in loaded.loadAnns(loaded.getAnnIds())]
    assert sorted(int(mask.sum()) for mask in masks) == [600, 600]


# Bad entries


BAD = [
    ROW | {"bbox": [100, 20, 30, 20]},
    ROW | {"bbox": [10, 20, 0, 20]},
    ROW | {"image_id": "another", "bbox": [10, 20, 0, 20]},
    ROW | {"image_id": "another", "bbox": [10, 20, 9, -20]},
    {"image_id": 285, "bbox": [1, 2, 3, 4]},
    ROW | {"score": "high"},
    ROW | {"bbox": "everything"},
    "a box",
    None,
]


@pytest.mark.parametrize("bad", BAD, ids=json.dumps)
def test_a_bad_entry_is_left_out_and_the_rest_is_written(tmp_path, photo, boxes_file, bad, capsys):
    assert run(photo, boxes_file([ROW, bad, ROW | {"bbox": [-5, -5, 10, 10]}]), tmp_path) == 3
    report = read(tmp_path, "report.json")
    assert len(report["objects"]) == len(read(tmp_path, "c.json")["annotations"]) == 2
    assert report["objects"][1]["prompt"]["box_xyxy"] == [-5, -5, 5, 5]
    assert report["objects"][1]["area"] == 25
    (left_out,) = report["left_out"]
    of = bad.get("image_id") if isinstance(bad, dict) else None
    assert (left_out["entry"], left_out["image_id"]) == (1, of)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"left out: entry 1 (image_id {json.dumps(of)}): {left_out['reason']}"]


@pytest.mark.parametrize("bad", BAD, ids=json.dumps)
def test_strict_refuses_a_bad_entry_and_writes_nothing(tmp_path, photo, boxes_file, bad, capsys):
    boxes = boxes_file([ROW, bad])
    before = set(tmp_path.iterdir())
    assert run(photo, boxes, tmp_path, "--strict") == 2
    error = capsys.readouterr().err
    assert "boxes.json, entry 1" in error and error.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


def test_the_best_are_chosen_from_what_is_left(tmp_path, photo, boxes_file):
    rows = [BAD[0] | {"score": 0.9}, ROW, ROW | {"score": 0.7}]
    assert run(photo, boxes_file(rows), tmp_path, "--top", "2") == 3
    assert [row["score"] for row in read(tmp_path, "r.json")] == [0.7, 0.5]


def test_nothing_left_is_an_error_that_says_why(tmp_path, photo, boxes_file, capsys):
    rows = [BAD[0], BAD[1], ROW | {"image_id": 7}]
    assert run(photo, boxes_file(rows), tmp_path) == 2
    error = capsys.readouterr().err
    assert "no box of 000000000285.png is left" in error
    assert "entry 0" in error and "beside" in error and "entry 1" in error and "no area" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "map.png").exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--top", "2", "--box", "1,1,9,9"],
        ["--names", "coco", "--box", "1,1,9,9"],
        ["--strict", "--box", "1,1,9,9"],
        ["--boxes", "boxes.json", "--point", "1,1"],
        ["--boxes", "nowhere.json"],
        ["--boxes", str(asset("detections.json")), "--top", "0"],
        ["--boxes", str(asset("detections.json")), "--names", "nowhere.json"],
    ],
)
def test_boxes_that_make_no_sense_are_refused_in_one_line(tmp_path, photo, options, capsys):
    assert main(["segment", str(photo), *options, "--out", str(tmp_path / "m.png")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1


def test_the_label_map_has_a_twin_in_colours(tmp_path, photo, boxes_file, capsys):
    assert run(photo, boxes_file([ROW]), tmp_path, "--labels", tmp_path / "l.png") == 0
    line = capsys.readouterr().out
    for name in ("map", "l"):
        grey = np.asarray(Image.open(tmp_path / f"{name}.png"))
        colours = np.asarray(Image.open(tmp_path / f"{name}_colour.png"))
        assert grey.ndim == 2 and set(np.unique(grey)) == {0, 1}
        assert colours.shape == (60, 80, 3)
        assert ((colours != 0).any(-1) == (grey == 1)).all()
        assert str(tmp_path / f"{name}_colour.png") in line
