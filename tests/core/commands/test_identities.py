"""Every command that writes masks offers the same files, with the ids that were given."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from esam_core.cli import main
from esam_core.commands._texts import classes_of
from esam_core.datasets import load_names
from esam_core.datasets.identities import JsonMap
from esam_core.export import load_coco, load_label_map_png, load_svg

CPU = ("--model", "mini", "--device", "cpu", "--precision", "fp32")
COMMANDS = {
    "segment": ("--box", "30,60,560,620"),
    "everything": ("--points-per-side", "3", "--preset", "fast", "--stability-score-thresh", "0.2"),
    "salient": (),
}
FILES = ("cutout.png", "labels.png", "coco.json", "coco-polygons.json", "results.json", "svg.svg")


def run(command: str, photo, folder, *more: str) -> int:
    out = folder / ("found" if command == "everything" else "mask.png")
    files = [part for name in FILES for part in (f"--{name.split('.')[0]}", str(folder / name))]
    files += ["--json", str(folder / "report.json")]
    return main([command, str(photo), *more, "--out", str(out), *files, *CPU])


def read(folder, name: str):
    return json.loads((folder / name).read_text())


@pytest.mark.parametrize("command", COMMANDS)
def test_all_files_show_the_same_masks_and_carry_the_given_id(tmp_path, bear_file, command, capsys):
    given = ("--image-id", "12345678901234567890")
    assert run(command, bear_file, tmp_path, *COMMANDS[command], *given) == 0
    coco = read(tmp_path, "coco.json")
    masks = load_coco(coco)
    assert len(masks) > 0 and masks.data.any()
    assert (load_coco(tmp_path / "coco-polygons.json").data == masks.data).all()
    assert (load_svg((tmp_path / "svg.svg").read_text()).data == masks.data).all()
    labels = load_label_map_png(tmp_path / "labels.png").data
    assert (labels.any(0) == masks.data.any(0)).all()
    alpha = np.asarray(Image.open(tmp_path / "cutout.png"))[..., 3]
    assert ((alpha == 255) == masks.data.any(0)).all()
    colours = np.asarray(Image.open(tmp_path / "labels_colour.png"))
    assert (colours.any(-1) == masks.data.any(0)).all()
    assert str(tmp_path / "labels_colour.png") in capsys.readouterr().out
    results = read(tmp_path, "results.json")
    rows = [*coco["annotations"], *results, *({"image_id": i["id"]} for i in coco["images"])]
    assert {row["image_id"] for row in rows} == {12345678901234567890}
    assert coco["categories"] == [{"id": 1, "name": "object"}]
    assert [row["score"] for row in results] == pytest.approx(masks.predicted_iou.tolist())
    assert coco["images"][0]["file_name"] == bear_file.name
    assert coco["info"]["model"] == "mini" and "sha256" in coco["info"]["provenance"]
    loaded = COCO(str(tmp_path / "coco.json")).loadRes(str(tmp_path / "results.json"))
    assert len(loaded.getAnnIds()) == len(masks)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("000000000285.png", (), 285),
        ("holiday.png", (), 1),
        ("285.png", ("--image-id", "a b"), "a b"),
        ("285.png", ("--image-id", '"285"'), "285"),
        ("285.png", ("--image-id", "-1.5"), -1.5),
        ("285.png", ("--image-id", "null"), None),
        ("285.png", ("--image-id", "true"), True),
    ],
)
def test_the_image_id_is_the_number_of_the_name_or_the_given_one(
    tmp_path, fake_model, name, given, expected
):
    photo = tmp_path / name
    Image.new("RGB", (60, 40)).save(photo)
    coco = tmp_path / "c.json"
    argv = ["points", str(photo), "--point", "9,9", "--out", str(tmp_path / "m.png")]
    assert main([*argv, "--coco", str(coco), *given]) == 0
    image_id = json.loads(coco.read_text())["annotations"][0]["image_id"]
    assert (image_id, type(image_id)) == (expected, type(expected))


def test_everything_writes_its_folder_with_the_given_id_too(tmp_path, bear_file):
    assert run("everything", bear_file, tmp_path, *COMMANDS["everything"]) == 0
    folder = tmp_path / "found"
    names = ["labels.png", "labels_colour.png", "masks.json", "overlay.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert read(folder, "masks.json") == read(tmp_path, "coco.json")
    assert (folder / "labels_colour.png").read_bytes() == (
        tmp_path / "labels_colour.png"
    ).read_bytes()
    report = read(tmp_path, "report.json")
    assert report["notes"] == [] and report["settings"]["points_per_side"] == 3
    areas = [row["area"] for row in read(tmp_path, "coco.json")["annotations"]]
    assert [row["area"] for row in report["masks"]] == areas


def test_a_class_is_the_one_that_is_called_like_the_subject():
    subjects = ["Bear", "brown bear", "person", "bear"]
    assert classes_of(subjects, load_names("coco")) == [
        (23, "bear"),
        (12, "brown bear"),  # the first number that COCO does not use
        (1, "person"),
        (23, "bear"),
    ]
    assert classes_of(["bear", "cat", "bear"], {}) == [(1, "bear"), (2, "cat"), (1, "bear")]
    both = JsonMap([("7", "bear"), (7, "bear"), ("x", "cat")])
    assert classes_of(["bear", "cat"], both) == [(7, "bear"), ("x", "cat")]


def test_text_writes_its_scores_and_the_named_classes_ids(
    tmp_path, bear_file, few_points, boxes_file
):
    names = boxes_file({"23": "bear"}, "names.json")
    more = ("--names", str(names), "--image-id", "x", "--threshold", "0")
    assert run("text", bear_file, tmp_path, "a bear, flower", *more) == 0
    coco, report = read(tmp_path, "coco.json"), read(tmp_path, "report.json")
    found = [(text["subject"], row["score"]) for text in report["texts"] for row in text["found"]]
    assert [subject for subject, _ in found] == ["bear", "flower"]
    assert coco["categories"] == [{"id": 23, "name": "bear"}, {"id": 1, "name": "flower"}]
    for rows in (coco["annotations"], read(tmp_path, "results.json")):
        assert [row["category_id"] for row in rows] == [23, 1]
        assert [row["image_id"] for row in rows] == ["x", "x"]
        assert [row["score"] for row in rows] == pytest.approx([s for _, s in found], abs=1e-4)
    assert all(row["predicted_iou"] != row["score"] for row in coco["annotations"])


def test_where_nothing_is_found_every_file_says_so(tmp_path):
    photo = tmp_path / "grey.png"
    Image.new("RGB", (60, 40), "grey").save(photo)
    assert run("salient", photo, tmp_path) == 0
    assert len(load_label_map_png(tmp_path / "labels.png")) == 0
    assert not np.asarray(Image.open(tmp_path / "cutout.png")).any()
    assert read(tmp_path, "coco.json")["annotations"] == read(tmp_path, "results.json") == []
    assert len(load_svg((tmp_path / "svg.svg").read_text())) == 0


# Deep pictures


@pytest.fixture
def deep_photo(tmp_path):
    """A 16-bit picture of 60 x 40 pixels with values of 300 to 1300, as a height model has."""
    path = tmp_path / "deep.png"
    Image.fromarray(np.linspace(300, 1300, 2400).astype(np.uint16).reshape(40, 60)).save(path)
    return path


SMALL = {
    "segment": ("--point", "9,9"),
    "everything": ("--points-per-side", "2"),
    "salient": (),
    "compare": ("--point", "9,9", "--models", "mini", "--rules", "largest,smallest"),
    "text": ("bear",),
}


@pytest.mark.parametrize("command", SMALL)
@pytest.mark.parametrize(
    ("scale", "said", "brightest"),
    [((), "300 to 1300 are shown as 0 to 255", 255), (("--scale", "full"), "65535", 5)],
    ids=["data", "full"],
)
def test_what_reading_a_deep_picture_changed_is_said(
    tmp_path,
    deep_photo,
    command,
    scale,
    said,
    brightest,
    fake_model,
    few_points,
    monkeypatch,
    capsys,
):
    seen = []
    embed = fake_model.embed
    monkeypatch.setattr(fake_model, "embed", lambda image: seen.append(image.max()) or embed(image))
    out = tmp_path / ("found" if command == "everything" else "out.png")
    argv = [command, str(deep_photo), *SMALL[command], *scale, "--out", str(out)]
    assert main([*argv, "--json", str(tmp_path / "report.json")]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert len(lines) == 1 and said in lines[0]
    assert read(tmp_path, "report.json")["notes"] == [lines[0].removeprefix("note: ")]
    if command != "salient":  # which embeds nothing where nothing stands out
        assert set(seen) == {brightest}


def test_help_names_the_exit_codes(capsys):
    for argv in (["--help"], ["segment", "--help"], ["merge", "--help"]):
        with pytest.raises(SystemExit):
            main(argv)
        text = " ".join(capsys.readouterr().out.split())
        assert "3 done, but something was left out" in text
