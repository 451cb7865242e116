"""Photos with masks are read in the layouts in which benchmarks are published."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from esam_core import asset
from esam_core.cli import main
from esam_core.datasets import labelled_photos
from esam_core.errors import InvalidImage

SIZE = (20, 30)


def photo(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*SIZE, 3), 90, np.uint8)).save(path)


def mask(path, values, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(values.astype(np.uint8))
    if mode == "P":
        picture = picture.convert("P")
        picture.putpalette([i // 3 for i in range(768)])
    picture.save(path)


def ids():
    values = np.zeros(SIZE)
    values[2:8, 2:8], values[10:18, 10:28] = 1, 2
    return values


def read_one(folder):
    (found,) = labelled_photos(folder)
    return found.read()[1]


def test_grabcut_ignores_its_border(tmp_path):
    photo(tmp_path / "data_GT" / "a.jpg")
    values = np.zeros(SIZE)
    values[4:12, 4:12], values[6:10, 6:10] = 128, 255
    mask(tmp_path / "boundary_GT" / "a.bmp", values)
    truth = read_one(tmp_path)
    assert truth.masks.sum((1, 2)).tolist() == [16] and truth.ignored.sum() == 48


def test_berkeley_has_one_object_per_mask_file(tmp_path):
    photo(tmp_path / "images" / "a.jpg")
    for number in (1, 2):
        mask(tmp_path / "masks" / f"a#{number}.png", (ids() == number) * 255)
    assert read_one(tmp_path).masks.sum((1, 2)).tolist() == [36, 144]


@pytest.mark.parametrize("channels", [1, 3])
def test_one_object_of_interactive_davis(tmp_path, channels):
    photo(tmp_path / "img" / "bear_1.jpg")
    values = (ids() == 2) * 255
    mask(tmp_path / "gt" / "bear_1.png", np.stack([values] * 3, 2) if channels == 3 else values)
    assert read_one(tmp_path).masks.sum((1, 2)).tolist() == [144]


def test_davis_and_voc_as_published(tmp_path):
    davis, voc = tmp_path / "davis", tmp_path / "voc"
    photo(davis / "JPEGImages" / "480p" / "bear" / "00000.jpg")
    mask(davis / "Annotations" / "480p" / "bear" / "00000.png", ids(), "P")
    assert read_one(davis).masks.sum((1, 2)).tolist() == [36, 144]
    for name in ("a", "b"):
        photo(voc / "JPEGImages" / f"{name}.jpg")
        values = ids()
        values[0] = 255
        mask(voc / "SegmentationObject" / f"{name}.png", values, "P")
    split = voc / "ImageSets" / "Segmentation" / "val.txt"
    split.parent.mkdir(parents=True)
    split.write_text("b\n")
    truth = read_one(voc)
    assert truth.masks.sum((1, 2)).tolist() == [36, 144] and truth.ignored.sum() == 30


def test_sbd_instances(tmp_path):
    photo(tmp_path / "img" / "a.jpg")
    (tmp_path / "inst").mkdir()
    savemat(tmp_path / "inst" / "a.mat", {"GTinst": {"Segmentation": ids().astype(np.uint8)}})
    assert read_one(tmp_path).masks.sum((1, 2)).tolist() == [36, 144]


def test_coco_data_set_without_its_crowds(tmp_path):
    photo(tmp_path / "val2017" / "000000000007.jpg")
    square = [2, 2, 8, 2, 8, 8, 2, 8]
    rows = [
        {"id": 1, "image_id": 7, "category_id": 3, "segmentation": [square], "iscrowd": 0},
        {
            "id": 2,
            "image_id": 7,
            "category_id": 3,
            "segmentation": {"size": list(SIZE), "counts": [0, 40, 560]},
            "iscrowd": 1,
        },
    ]
    images = [{"id": 7, "file_name": "000000000007.jpg", "height": 20, "width": 30}]
    path = tmp_path / "annotations" / "instances_val2017.json"
    path.parent.mkdir()
    record = {"images": images, "annotations": rows, "categories": [{"id": 3, "name": "car"}]}
    path.write_text(json.dumps(record))
    (found,) = labelled_photos(path)
    truth = found.read()[1]
    assert truth.masks.sum((1, 2)).tolist() == [36] and truth.names == ("car",)
    assert truth.ignored.sum() == 40
    (tmp_path / "val2017").rename(tmp_path / "elsewhere")
    with pytest.raises(InvalidImage, match="--images FOLDER"):
        labelled_photos(path)
    assert len(labelled_photos(path, tmp_path / "elsewhere")) == 1


def test_own_folder_and_what_is_none(tmp_path):
    assert len(labelled_photos(asset("photos"))) == 37
    with pytest.raises(InvalidImage, match="photos.json"):
        labelled_photos(tmp_path)
    photo(tmp_path / "images" / "a.jpg")
    mask(tmp_path / "masks" / "a.png", np.ones((5, 5)) * 255)
    with pytest.raises(InvalidImage, match="5 x 5"):
        labelled_photos(tmp_path)[0].read()


def test_eval_clicks_runs_on_a_public_layout(tmp_path, capsys):
    source = labelled_photos(asset("photos"))[0]
    image, truth = source.read()
    (tmp_path / "images").mkdir()
    Image.fromarray(image).save(tmp_path / "images" / "one.png")
    largest = truth.masks[truth.masks.sum((1, 2)).argmax()]
    mask(tmp_path / "masks" / "one.png", largest * 255)
    command = ["eval", "clicks", "--data", str(tmp_path), "--models", "mini", "--clicks", "3"]
    assert main(command) == 0
    assert "| all | 1 |" in capsys.readouterr().out
