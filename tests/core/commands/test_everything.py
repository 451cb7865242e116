"""``python -m esam_core everything``: from the arguments to the files and the exit code."""

import json

import numpy as np
import pytest
from PIL import Image

from esam_core import everything
from esam_core.cli import main
from esam_core.everything import search
from esam_core.export import load_coco, load_label_map_png

FEW = ("--model", "mini", "--device", "cpu", "--precision", "fp32", "--points-per-side", "3")


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))


def run(photo, out, *more: str) -> int:
    return main(["everything", str(photo), "--out", str(out), *FEW, *more])


def test_three_files_describe_the_same_masks_and_their_model(bear_file, tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert run(bear_file, out, "--preset", "fast", "--stability-score-thresh", "0.2") == 0
    coco = json.loads((out / "masks.json").read_text())
    masks = load_coco(coco)
    assert len(masks) > 0
    assert coco["images"][0]["file_name"] == bear_file.name
    assert coco["info"]["model"] == "mini"
    assert "sha256" in coco["info"]["provenance"]
    assert coco["info"]["settings"]["points_per_side"] == 3
    assert coco["info"]["settings"]["stability_score_thresh"] == 0.2
    labels = load_label_map_png(out / "labels.png")
    assert (labels.data.any(0) == masks.data.any(0)).all()
    with Image.open(out / "overlay.png") as overlay, Image.open(bear_file) as photo:
        assert overlay.size == photo.size
        outside = ~masks.data.any(0)
        assert (np.asarray(overlay)[outside] == np.asarray(photo.convert("RGB"))[outside]).all()
    captured = capsys.readouterr()
    assert f"{len(masks)} mask" in captured.out
    assert "points" in captured.err


def test_no_mask_is_an_answer(tmp_path, capsys):
    grey = tmp_path / "grey.png"
    Image.new("RGB", (60, 40), (128, 128, 128)).save(grey)
    assert run(grey, tmp_path, "--pred-iou-thresh", "1") == 0
    assert "no mask passed" in capsys.readouterr().out
    assert json.loads((tmp_path / "masks.json").read_text())["annotations"] == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--points-per-side", "0"), "points_per_side"),
        (("--preset", "best"), "upstream"),
        (("--preset", "upstream", "--hierarchical"), "upstream_rules"),
    ],
)
def test_wrong_settings_are_refused_in_one_line(bear_file, tmp_path, capsys, wrong, message):
    assert run(bear_file, tmp_path / "out", *wrong) == 2
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(bear_file, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert run(bear_file, tmp_path / "file") == 2
    assert "cannot make the folder" in capsys.readouterr().err


def test_interruption_writes_nothing_and_ends_with_130(bear_file, tmp_path, monkeypatch, capsys):
    def interrupted(*_: object, **__: object):
        raise KeyboardInterrupt

    monkeypatch.setattr(search.CropSearch, "_decode", interrupted)
    assert run(bear_file, tmp_path) == 130
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err.rstrip().endswith("stopped")


def test_the_command_has_every_preset():
    assert set(everything.PRESETS) == {"fast", "quality", "upstream"}
