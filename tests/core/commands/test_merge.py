"""``merge``: the files of several photos become one that other tools read."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from esam_core.cli import main


def segmented(folder, boxes_file, name: str, image_id: object, category: tuple, shade: int):
    """Segment a box in a photo of its own; return the data set's and the results' path."""
    Image.fromarray(np.full((60, 80, 3), shade, np.uint8)).save(folder / f"{name}.png")
    row = {"image_id": image_id, "category_id": category[0], "bbox": [5, 5, 20, 10], "score": 0.5}
    boxes = boxes_file([row], f"{name}_boxes.json")
    names = boxes_file([{"id": category[0], "name": category[1]}], f"{name}_names.json")
    coco, results = folder / f"{name}_coco.json", folder / f"{name}_results.json"
    argv = ["segment", folder / f"{name}.png", "--boxes", boxes, "--names", names]
    argv += ["--image-id", json.dumps(image_id), "--out", folder / f"{name}_map.png"]
    assert main([*map(str, [*argv, "--coco", coco, "--results", results])]) == 0
    return coco, results


@pytest.fixture
def two(tmp_path, boxes_file, fake_model):
    """Two photos' files, whose ids do not collide."""
    one = segmented(tmp_path, boxes_file, "one", 285, (23, "bear"), 90)
    return one, segmented(tmp_path, boxes_file, "two", "x", (1, "cell"), 91)


def test_two_photos_become_one_data_set_with_their_ids(tmp_path, two, capsys):
    (a, _), (b, _) = two
    out, results = tmp_path / "all.json", tmp_path / "all_results.json"
    argv = ["merge", str(a), str(b), "--out", str(out), "--results", str(results)]
    capsys.readouterr()
    assert main(argv) == 0
    assert capsys.readouterr().out == f"{out}: 2 images, 2 annotations, 2 categories\n"
    merged = COCO(str(out))
    assert set(merged.getImgIds()) == {285, "x"}
    assert {row["id"]: row["name"] for row in merged.dataset["categories"]} == {
        23: "bear",
        1: "cell",
    }
    loaded = merged.loadRes(str(results))
    assert set(loaded.getImgIds()) == {285, "x"}
    assert [row["score"] for row in loaded.dataset["annotations"]] == [0.5, 0.5]
    assert [int(loaded.annToMask(row).sum()) for row in loaded.dataset["annotations"]] == [200, 200]


def test_lists_of_results_become_one_list_for_the_merged_ground_truth(tmp_path, two, capsys):
    (a, first), (b, second) = two
    out, truth = tmp_path / "all_results.json", tmp_path / "truth.json"
    assert main(["merge", str(first), str(second), "--out", str(out)]) == 0
    assert "2 results" in capsys.readouterr().out
    assert json.loads(out.read_text()) == [
        *json.loads(first.read_text()),
        *json.loads(second.read_text()),
    ]
    assert main(["merge", str(a), str(b), "--out", str(truth)]) == 0
    assert set(COCO(str(truth)).loadRes(str(out)).getImgIds()) == {285, "x"}


def test_what_is_renumbered_is_said(tmp_path, boxes_file, fake_model, capsys):
    a, _ = segmented(tmp_path, boxes_file, "one", 1, (1, "bear"), 90)
    b, _ = segmented(tmp_path, boxes_file, "two", 1, (1, "cell"), 91)
    capsys.readouterr()
    out = tmp_path / "all.json"
    assert main(["merge", str(a), str(b), "--out", str(out)]) == 0
    *sentences, last = capsys.readouterr().out.splitlines()
    assert len(sentences) == 2 and any("two.png" in line for line in sentences)
    assert last == f"{out}: 2 images, 2 annotations, 2 categories"
    merged = json.loads(out.read_text())
    named = {row["id"]: row["name"] for row in merged["categories"]}
    files = {row["id"]: row["file_name"] for row in merged["images"]}
    assert [
        (files[row["image_id"]], named[row["category_id"]]) for row in merged["annotations"]
    ] == [("one.png", "bear"), ("two.png", "cell")]


def test_lists_of_results_that_share_an_image_id_are_named(tmp_path, boxes_file, capsys):
    a, b = (boxes_file([{"image_id": i} for i in ids], f"{ids}.json") for ids in ((1, 2), (2, "1")))
    assert main(["merge", str(a), str(b), "--out", str(tmp_path / "all.json")]) == 0
    shared, last = capsys.readouterr().out.splitlines()
    assert shared.startswith(f"image_id 2 stands in {a} and {b}") and "4 results" in last


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (["{broken"], "cannot be read as JSON"),
        (["5"], "neither a COCO data set"),
        (['{"images": []}'], "neither a COCO data set"),
        (["[]", '{"images": [], "annotations": [], "categories": []}'], "files of one kind"),
    ],
)
def test_what_cannot_be_merged_is_refused_in_one_line(tmp_path, contents, message, capsys):
    paths = [tmp_path / f"{i}.json" for i in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content)
    assert main(["merge", *map(str, paths), "--out", str(tmp_path / "all.json")]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (tmp_path / "all.json").exists()


def test_an_output_may_not_replace_an_input(tmp_path, capsys):
    path = tmp_path / "a.json"
    path.write_text("[]")
    assert main(["merge", str(path), "--out", str(path)]) == 2
    assert "name the same file" in capsys.readouterr().err
    assert path.read_text() == "[]"
