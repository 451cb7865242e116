"""Masks from outside are read, whatever tool wrote them, and corrected on the command line."""

import json

import numpy as np
import pytest
from PIL import Image

from esam_core import asset, load_rgb
from esam_core.cli import main
from esam_core.datasets import labelled_photos
from esam_core.errors import InvalidImage
from esam_core.export import export_coco, export_label_map_png, export_mask_png
from esam_core.export.segmentations import encode_rle
from esam_core.geometry import mask_iou
from esam_core.mask_files import load_mask
from esam_core.masks import Masks

HW = (40, 60)


def blocks():
    data = np.zeros((2, *HW), bool)
    data[0, 5:20, 5:25], data[1, 22:38, 30:58] = True, True
    return data


def test_what_this_project_writes_is_read_back(tmp_path):
    data = blocks()
    masks = Masks.from_data(data)
    (tmp_path / "mask.png").write_bytes(export_mask_png(data[0]))
    (tmp_path / "labels.png").write_bytes(export_label_map_png(masks))
    (tmp_path / "coco.json").write_text(json.dumps(export_coco(masks)))
    assert (load_mask(tmp_path / "mask.png", HW) == data[0]).all()
    for name in ("labels.png", "coco.json"):
        found = [load_mask(tmp_path / name, HW, number=i) for i in (1, 2)]
        assert {f.tobytes() for f in found} == {d.tobytes() for d in data}
        with pytest.raises(InvalidImage, match="holds 2 objects.*--mask-number"):
            load_mask(tmp_path / name, HW)
        with pytest.raises(InvalidImage, match="choose 1 to 2"):
            load_mask(tmp_path / name, HW, number=3)


@pytest.mark.parametrize("record", ["rle", "annotation", "polygon"])
def test_one_segmentation_as_json(tmp_path, record):
    mask = blocks()[0]
    rle = encode_rle(mask)
    ring = [[5, 5, 25, 5, 25, 20, 5, 20]]
    value = {"rle": rle, "annotation": {"segmentation": rle}, "polygon": {"segmentation": ring}}
    (tmp_path / "one.json").write_text(json.dumps(value[record]))
    assert (load_mask(tmp_path / "one.json", HW) == mask).all()


def test_cut_out_and_scaled_mask(tmp_path):
    mask = blocks()[0]
    pixels = np.random.default_rng(0).integers(0, 255, (*HW, 3), np.uint8)
    cut = np.dstack([pixels, mask.astype(np.uint8) * 255])
    Image.fromarray(cut).save(tmp_path / "cut.png")
    assert (load_mask(tmp_path / "cut.png", HW) == mask).all()
    larger = load_mask(tmp_path / "cut.png", (80, 120))
    assert larger.shape == (80, 120) and larger.sum() == 4 * mask.sum()


def test_what_is_no_mask_of_the_photo_is_refused(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (*HW, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    Image.fromarray(noise[..., 0]).save(tmp_path / "grey.png")
    heights = np.linspace(300, 1300, HW[0] * HW[1]).astype(np.uint16).reshape(HW)
    Image.fromarray(heights).save(tmp_path / "heights.png")
    Image.fromarray(np.zeros(HW, np.uint8)).save(tmp_path / "black.png")
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(tmp_path / "square.png")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "empty.json").write_text("{}")
    for name, reason in {
        "photo.png": "a photo, not a mask",
        "heights.png": "a photo, not a mask",
        "grey.png": "a photo, not a mask",
        "black.png": "no object",
        "square.png": "40 x 40 pixels, the photo 60 x 40",
        "text.png": "cannot be read",
        "broken.json": "cannot be read as JSON",
        "empty.json": "not a COCO data set",
        "missing.png": "cannot be read",
    }.items():
        with pytest.raises(InvalidImage, match=reason):
            load_mask(tmp_path / name, HW)


def bear():
    photo = labelled_photos(asset("photos"))[0]
    image, truth = photo.read()
    return photo.path, image, truth.masks[truth.masks.sum((1, 2)).argmax()]


def read(path):
    return np.asarray(Image.open(path)) > 0


def test_a_mask_file_is_corrected_on_the_command_line(tmp_path, capsys):
    path, image, truth = bear()
    rough = truth.copy()
    rows = np.flatnonzero(truth.any(1))
    rough[: int(np.median(rows))] = False  # its upper half is missing
    (tmp_path / "rough.png").write_bytes(export_mask_png(rough))
    missing = truth & ~rough
    y, x = (int(np.median(v)) for v in np.nonzero(missing))
    out = tmp_path / "out.png"
    command = ["points", str(path), "--model", "mini", "--mask", str(tmp_path / "rough.png")]
    assert main([*command, "--out", str(out)]) == 0
    assert (read(out) == rough).all()  # nothing but the mask: nothing changes
    assert main([*command, "--point", f"{x},{y}", "--out", str(out)]) == 0
    before, after = (float(mask_iou(m[None], truth[None])[0, 0]) for m in (rough, read(out)))
    assert after > before + 0.1
    assert main([*command, "--mask-number", "2", "--out", str(out)]) == 2
    assert "choose 1 to 1" in capsys.readouterr().err
    assert main([*command, "--out", str(tmp_path / "rough.png")]) == 2  # never over its input


def test_many_clicks_and_clean_up_on_the_command_line(tmp_path, capsys):
    path, image, truth = bear()
    ys, xs = np.nonzero(truth)
    picked = np.linspace(0, len(xs) - 1, 9).astype(int)
    points = [arg for i in picked for arg in ("--point", f"{xs[i]},{ys[i]}")]
    out, report = tmp_path / "out.png", tmp_path / "out.json"
    command = ["points", str(path), "--model", "mini", *points, "--out", str(out)]
    assert main([*command, "--largest", "--fill-holes", "200", "--json", str(report)]) == 0
    record = json.loads(report.read_text())
    assert len(record["steps"]) == 9 and record["cleanup"]["largest"] is True
    from scipy import ndimage

    assert ndimage.label(read(out), np.ones((3, 3)))[1] == 1
    assert mask_iou(read(out)[None], truth[None])[0, 0] > 0.8
    for extra, reason in {
        ("--rule", "stability"): "step by step",
        ("--smooth", "-1"): "smooth",
        ("--mask-number", "1"): "belongs to --mask",
    }.items():
        assert main([*command, *extra]) == 2
        assert reason in capsys.readouterr().err
    assert load_rgb(path).shape == image.shape
