"""A name means its format, for every output of every command, before a model runs."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from esam_core.cli import main
from esam_core.commands._outputs import twin, write_picture
from esam_core.errors import EsamError

SEGMENT = ("segment", "--point", "9,9")
TEXT = ("text", "bear")
LOSSLESS = [
    *((command, option) for command in (SEGMENT, TEXT, ("salient",)) for option in ("out",)),
    *((c, o) for c in (SEGMENT, TEXT, ("salient",), ("everything",)) for o in ("cutout", "labels")),
    (("salient",), "map"),
]
SHOWN = [(TEXT, "overlay"), (("salient",), "overlay"), (("compare", "--point", "9,9"), "out")]
DRAWN = [(command, "svg") for command in (SEGMENT, TEXT, ("salient",), ("everything",))]
DATA = [
    (command, option)
    for command in (SEGMENT, TEXT, ("salient",), ("everything",))
    for option in ("coco", "coco-polygons", "results", "json", "labelme", "label-studio")
]
PACKED = [
    (command, option, suffix)
    for command in (SEGMENT, TEXT, ("salient",), ("everything",))
    for option, suffix in (("yolo", ".zip"), ("cvat", ".xml"))
]


def arguments(photo, command, option, path) -> list[str]:
    """Return a command line whose option names a path; the required --out is never the culprit."""
    name, *rest = command
    out = photo.parent / ("folder" if name == "everything" else "fine.png")
    given = [] if option == "out" else ["--out", str(out)]
    return [name, str(photo), *rest, *given, f"--{option}", str(path)]


def refused(capsys, argv: list[str], folder) -> str:
    before = set(folder.iterdir())
    assert main(argv) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1
    assert set(folder.iterdir()) == before
    return error


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp", ".tif", ".svg", ".txt"])
@pytest.mark.parametrize(("command", "option"), LOSSLESS, ids=str)
def test_data_is_only_written_as_png(tmp_path, photo, capsys, command, option, suffix):
    argv = arguments(photo, command, option, tmp_path / f"name{suffix}")
    assert "ends in .png." in refused(capsys, argv, tmp_path)


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize("suffix", [".gif", ".tiff", ".pdf", ".svg", ".json"])
@pytest.mark.parametrize(("command", "option"), SHOWN, ids=str)
def test_pictures_to_look_at_are_refused_in_other_formats(
    tmp_path, photo, capsys, command, option, suffix
):
    argv = arguments(photo, command, option, tmp_path / f"name{suffix}")
    assert ".png or .jpg or .jpeg or .webp" in refused(capsys, argv, tmp_path)


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(("command", "option"), DRAWN, ids=str)
def test_paths_are_only_written_as_svg(tmp_path, photo, capsys, command, option):
    argv = arguments(photo, command, option, tmp_path / "paths.png")
    assert "ends in .svg" in refused(capsys, argv, tmp_path)


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(("command", "option"), DATA, ids=str)
def test_json_is_not_called_like_a_picture(tmp_path, photo, capsys, command, option):
    argv = arguments(photo, command, option, tmp_path / "data.PNG")
    assert "ends in .json" in refused(capsys, argv, tmp_path)


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(("command", "option", "suffix"), PACKED, ids=str)
def test_archives_and_xml_are_called_so(tmp_path, photo, capsys, command, option, suffix):
    argv = arguments(photo, command, option, tmp_path / "data.json")
    assert f"ends in {suffix}." in refused(capsys, argv, tmp_path)


@pytest.mark.usefixtures("fake_model")
def test_files_for_labelling_programs_hold_the_masks_of_the_command(tmp_path, photo):
    names = {"yolo": "y.zip", "labelme": "l.json", "label-studio": "s.json", "cvat": "c.xml"}
    options = [part for name, file in names.items() for part in (f"--{name}", tmp_path / file)]
    argv = ["segment", photo, "--box", "9,9,19,29", "--out", tmp_path / "m.png", *options]
    assert main([str(part) for part in argv]) == 0
    [shape] = json.loads((tmp_path / "l.json").read_text())["shapes"]
    assert shape["points"] == [[9, 9], [18, 28]] and shape["score"] == pytest.approx(0.9)
    [task] = json.loads((tmp_path / "s.json").read_text())
    [prediction] = task["predictions"]
    assert prediction["model_version"] == "fake"
    assert prediction["result"][0]["value"]["brushlabels"] == ["object"]
    xml = (tmp_path / "c.xml").read_text()
    assert f'name="{photo.name}" width="80" height="60"' in xml
    assert 'rle="0, 200" left="9" top="9" width="10" height="20"' in xml
    with zipfile.ZipFile(tmp_path / "y.zip") as archive:
        line = archive.read(f"labels/train/{photo.stem}.txt").decode()
    assert line == "0 0.1125 0.15 0.2375 0.15 0.2375 0.4833333 0.1125 0.4833333\n"


@pytest.mark.parametrize(
    ("suffix", "style"),
    [
        (".png", "PNG"),
        (".PNG", "PNG"),
        ("", "PNG"),
        (".jpg", "JPEG"),
        (".JPEG", "JPEG"),
        (".WebP", "WEBP"),
    ],
)
def test_a_picture_is_written_in_the_format_of_its_name(tmp_path, suffix, style):
    path = tmp_path / f"picture{suffix}"
    write_picture(path, np.full((20, 30, 3), (200, 30, 60), np.uint8))
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == (style, (30, 20))
        assert abs(np.asarray(picture.convert("RGB")) - np.array([200.0, 30, 60])).max() < 6


def test_a_picture_too_large_for_its_format_is_refused(tmp_path):
    with pytest.raises(EsamError, match=r"cannot be written as WEBP.*\.png"):
        write_picture(tmp_path / "wide.webp", np.zeros((1, 20000, 3), np.uint8))


def test_a_masks_suffix_may_be_in_capitals_or_missing(tmp_path, photo, fake_model):
    for name in ("m.PNG", "mask"):
        argv = ["segment", str(photo), "--box", "9,9,19,29", "--out", str(tmp_path / name)]
        assert main(argv) == 0
        with Image.open(tmp_path / name) as mask:
            assert mask.format == "PNG"
            assert np.count_nonzero(np.asarray(mask)) == 200


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    "options",
    [
        "--out {0}/a.png --cutout {0}/a.png",
        "--out {0}/a.png --labels {0}/sub/../a.png",
        "--out {0}/l_colour.png --labels {0}/l.png",
        "--out {0}/a.png --coco {0}/x.json --results {0}/x.json",
        "--out {0}/a.png --coco {0}/x.json --json {0}/x.json",
        "--out {0}/000000000285.png",
        "--out {0}/a.png --cutout {0}/link.png",
    ],
)
def test_two_outputs_or_an_output_and_the_photo_cannot_be_one_file(
    tmp_path, photo, capsys, options
):
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    argv = ["segment", str(photo), "--point", "9,9", *options.format(tmp_path).split()]
    assert "name the same file" in refused(capsys, argv, tmp_path)


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    "options",
    [
        "--out {0} --labels {0}/labels.png",
        "--out {0} --labels {0}/labels_colour.png",
        "--out {0} --coco {0}/masks.json",
    ],
)
def test_files_of_the_folder_of_everything_are_not_written_twice(tmp_path, photo, capsys, options):
    argv = ["everything", str(photo), *options.format(tmp_path / "out").split()]
    assert "name the same file" in refused(capsys, argv, tmp_path)


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize("place", ["nowhere/m.png", "folder", "file/m.png", "x" * 300 + ".png"])
def test_a_place_where_no_file_can_be_is_refused_before_the_work(tmp_path, photo, capsys, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    argv = ["segment", str(photo), "--point", "9,9", "--out", str(tmp_path / place)]
    assert f"cannot write {tmp_path / place}" in refused(capsys, argv, tmp_path)


def test_a_twin_stands_beside_its_label_map(tmp_path):
    assert twin(tmp_path / "a.b.PNG") == tmp_path / "a.b_colour.png"
    assert twin(tmp_path / "map") == tmp_path / "map_colour.png"
