"""A detector's boxes are read, checked, and segmented in one batch."""

import json

import numpy as np
import pytest
from PIL import Image

from esam_core import asset
from esam_core.cli import main
from esam_core.datasets.annotated import annotated_photos
from esam_core.datasets.detections import (
    CATEGORIES,
    detections_of,
    load_detections,
    results_of_masks,
)
from esam_core.errors import InvalidPrompt
from esam_core.export import load_coco, load_label_map_png, load_svg

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
    assert found[285].names == ["person", "bear"]
    assert found[285].boxes_xyxy[0].tolist() == [10, 20, 40, 60]
    assert len(found[285].top(1)) == 1 and len(found[285].top(None)) == 2


def test_box_that_stands_out_of_the_photo_becomes_a_prompt(tmp_path):
    found = load_detections(write(tmp_path, [ROW | {"bbox": [-5, -1.5, 30, 40]}]))
    assert found[285].prompts()[0].box_xyxy == (0, 0, 25, 38.5)


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


def test_segment_takes_the_best_boxes_of_a_photo_in_one_call(tmp_path, monkeypatch, capsys):
    from esam_core.segmenter import TorchSegmenter

    calls = []
    batch = TorchSegmenter.predict_batch

    def counting(self, embedding, prompts, **options):
        calls.append(len(prompts))
        return batch(self, embedding, prompts, **options)

    monkeypatch.setattr(TorchSegmenter, "predict_batch", counting)
    photo = str(asset("photos", "000000229997.jpg"))
    files = {name: tmp_path / name for name in ("map.png", "c.json", "p.json", "s.svg", "r.json")}
    command = ["segment", photo, "--boxes", str(asset("detections.json")), "--top", "3"]
    command += ["--out", str(files["map.png"]), "--coco", str(files["c.json"])]
    command += ["--coco-polygons", str(files["p.json"]), "--svg", str(files["s.svg"])]
    assert main([*command, "--model", "mini", "--json", str(files["r.json"])]) == 0
    assert calls == [3]
    assert "3 masks" in capsys.readouterr().out
    masks = load_coco(files["c.json"])
    assert len(masks) == len(load_label_map_png(files["map.png"])) == 3
    assert (load_coco(files["p.json"]).data == masks.data).all()
    assert (load_svg(files["s.svg"].read_text()).data == masks.data).all()
    report = json.loads(files["r.json"].read_text())
    assert [row["name"] for row in report["objects"]] == ["bear", "bird", "bird"]
    assert [row["area"] for row in report["objects"]] == masks.area.tolist()


@pytest.mark.parametrize(
    "options",
    [
        ["--top", "2", "--box", "1,1,9,9"],
        ["--boxes", "boxes.json", "--point", "1,1"],
        ["--boxes", "nowhere.json"],
        ["--boxes", str(asset("detections.json")), "--top", "0"],
    ],
)
def test_boxes_that_make_no_sense_are_refused_in_one_line(tmp_path, options, capsys):
    photo = tmp_path / "000000000285.png"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(photo)
    assert main(["segment", str(photo), *options, "--out", str(tmp_path / "m.png")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
