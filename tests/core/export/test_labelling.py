"""Files for labelling programs describe the masks exactly, and their readers find them."""

import base64
import io
import json
import zipfile

import cv2
import numpy as np
import pytest
import yaml
from lxml import etree
from PIL import Image

from esam_core.errors import InvalidSettings
from esam_core.export import (
    export_cvat,
    export_label_studio,
    export_labelme,
    export_yolo,
    zip_files,
)
from esam_core.masks import Masks
from tests.support.shapes import SHAPES, noisy, one_shape

EXPORTS = [export_cvat, export_label_studio, export_labelme, export_yolo]
FILE_NAME = "Bär 狗 1.v2.JPG"
NAMES = ["dog", None, "a & b <c>", "dog"]


def masks_of(seed: int) -> Masks:
    scores = np.array([0.6, np.nan, 0.8, 0.9], np.float32)
    return Masks.from_data(noisy(seed), scores, scores)


# -- readers, each as its format is defined -------------------------------------------------------


def read_labelme(record: dict) -> list[np.ndarray]:
    masks = []
    for shape in json.loads(json.dumps(record))["shapes"]:
        assert shape["shape_type"] == "mask"
        mask = np.zeros((record["imageHeight"], record["imageWidth"]), bool)
        (x0, y0), (x1, y1) = np.array(shape["points"]).astype(int)
        part = Image.open(io.BytesIO(base64.b64decode(shape["mask"])))
        mask[y0 : y1 + 1, x0 : x1 + 1] = np.asarray(part).astype(bool)
        masks.append(mask)
    return masks


def read_label_studio(tasks: list) -> list[np.ndarray]:
    (task,) = json.loads(json.dumps(tasks))
    (prediction,) = task["predictions"]
    return [brush(region) for region in prediction["result"]]


def brush(region: dict) -> np.ndarray:
    """Decode a brush region bit by bit, with the widths that its head names."""
    bits, at = "".join(f"{byte:08b}" for byte in region["value"]["rle"]), 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return int(bits[at - count : at], 2)

    number, width = take(32), take(5) + 1
    widths = [take(4) + 1 for _ in range(4)]
    values: list[int] = []
    while len(values) < number:
        same, count = take(1), 1 + take(widths[take(2)])
        values += [take(width)] * count if same else [take(width) for _ in range(count)]
    assert len(bits) - at < 8 and set(values) <= {0, 255}
    pixels = np.reshape(values, (region["original_height"], region["original_width"], 4))
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 3] > 0


def read_cvat(text: str) -> list[np.ndarray]:
    (image,) = etree.fromstring(text.encode()).findall("image")
    masks = []
    for element in image:
        size = int(element.get("height")), int(element.get("width"))
        runs = [int(run) for run in element.get("rle").split(",")]
        part = np.repeat(np.arange(len(runs)) % 2 > 0, runs).reshape(size)
        mask = np.zeros((int(image.get("height")), int(image.get("width"))), bool)
        top, left = int(element.get("top")), int(element.get("left"))
        mask[top : top + size[0], left : left + size[1]] = part
        masks.append(mask)
    return masks


def polygons(files: dict[str, str], image_hw: tuple[int, int]) -> list[tuple[int, np.ndarray]]:
    (text,) = (text for path, text in files.items() if path.startswith("labels/"))
    rows = [line.split() for line in text.splitlines()]
    size = image_hw[::-1]
    return [(int(row[0]), np.array(row[1:], float).reshape(-1, 2) * size) for row in rows]


def filled(polygon: np.ndarray, image_hw: tuple[int, int]) -> np.ndarray:
    """Fill a polygon by the even-odd rule, at the centres of pixels; edges may be slanted."""
    y, x = np.indices(image_hw) + 0.5
    inside = np.zeros(image_hw, bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            crossed = (y0 <= y) != (y1 <= y)
            inside ^= crossed & (x > x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def read_yolo(files: dict[str, str], image_hw: tuple[int, int]) -> list[np.ndarray]:
    found = []
    for _, polygon in polygons(files, image_hw):
        corners = np.rint(polygon)
        assert np.abs(corners - polygon).max() < 1e-3
        found.append(filled(corners, image_hw))
    return found


# -- what is in the files -------------------------------------------------------------------------


@one_shape
def test_every_format_reads_back_to_the_mask(mask):
    expected = [mask] if mask.any() else []
    found = {
        "labelme": read_labelme(export_labelme(mask)),
        "Label Studio": read_label_studio(export_label_studio(mask)),
        "CVAT": read_cvat(export_cvat(mask)),
        "YOLO": read_yolo(export_yolo(mask), mask.shape),
    }
    for kind, masks in found.items():
        assert len(masks) == len(expected), kind
        assert all((a == b).all() for a, b in zip(masks, expected, strict=True)), kind


def test_runs_longer_than_a_number_holds_are_split():
    mask = np.zeros((300, 400), bool)
    mask[100:290] = True
    (found,) = read_label_studio(export_label_studio(mask))
    assert (found == mask).all()


@pytest.mark.parametrize("export", EXPORTS)
def test_names_and_scores_are_one_per_mask(export):
    with pytest.raises(InvalidSettings, match="2 names for 4 masks"):
        export(masks_of(0), names=["a", "b"])
    if export is not export_yolo:
        with pytest.raises(InvalidSettings, match="1 scores for 4 masks"):
            export(masks_of(0), scores=[0.5])


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        (FILE_NAME, FILE_NAME),
        ("C:\\a\\..\\b.png", "b.png"),
        ("../../etc/x.jpg", "x.jpg"),
        ("", "photo"),
        ("..", "photo"),
    ],
)
def test_a_photo_is_named_by_its_file_and_never_by_a_path(file_name, expected):
    mask = SHAPES["hole"]
    assert export_labelme(mask, file_name=file_name)["imagePath"] == expected
    (task,) = export_label_studio(mask, file_name=file_name)
    assert task["meta"]["file_name"] == expected
    image = etree.fromstring(export_cvat(mask, file_name=file_name).encode()).find("image")
    assert image.get("name") == expected
    stem = expected.rpartition(".")[0] or expected
    assert f"labels/train/{stem}.txt" in export_yolo(mask, file_name=file_name)


def test_names_and_scores_arrive():
    masks, scores = masks_of(0), [0.5, None, None, 0.25]
    labels, known = ["dog", "object", "a & b <c>", "dog"], [0.5, None, 0.8, 0.25]
    facts = {"names": NAMES, "scores": scores}
    shapes = export_labelme(masks, **facts)["shapes"]
    assert [shape["label"] for shape in shapes] == labels
    assert [shape.get("score") for shape in shapes] == pytest.approx(known)
    (task,) = export_label_studio(masks, model="mini", **facts)
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "mini"
    regions = prediction["result"]
    assert [region["value"]["brushlabels"] for region in regions] == [[one] for one in labels]
    assert [region.get("score") for region in regions] == pytest.approx(known)
    tree = etree.fromstring(export_cvat(masks, **facts).encode())
    assert [element.get("label") for element in tree.find("image")] == labels
    found = [element.findtext("attribute") for element in tree.find("image")]
    assert [one and float(one) for one in found] == pytest.approx(known)
    assert [one.text for one in tree.findall("meta//label/name")] == labels[:3]


def test_the_interface_for_label_studio_names_what_the_regions_refer_to():
    (task,) = export_label_studio(masks_of(0), file_name=FILE_NAME, names=NAMES)
    view = etree.fromstring(task["meta"]["labelling_interface"])
    image, brushes = view
    regions = task["predictions"][0]["result"]
    assert {(one["from_name"], one["to_name"]) for one in regions} == {
        (brushes.get("name"), image.get("name"))
    }
    assert [label.get("value") for label in brushes] == ["dog", "object", "a & b <c>"]
    assert image.get("value") == "$image" and task["data"]["image"].endswith(
        "?d=B%C3%A4r%20%E7%8B%97%201.v2.JPG"
    )
    (other,) = export_label_studio(SHAPES["hole"], image_url="https://photos.example/1.jpg")
    assert other["data"] == {"image": "https://photos.example/1.jpg"}


# -- YOLO -----------------------------------------------------------------------------------------


def test_numbers_of_classes_can_be_shared_by_photos():
    masks = masks_of(0)
    files = export_yolo(masks, names=NAMES)
    assert [number for number, _ in polygons(files, masks.image_hw)] == [0, 1, 2, 0]
    classes = ["cat", "object", "dog", "a & b <c>"]
    files = export_yolo(masks, names=NAMES, classes=classes)
    assert [number for number, _ in polygons(files, masks.image_hw)] == [2, 1, 3, 2]
    assert list(yaml.safe_load(files["data.yaml"])["names"].values()) == classes
    with pytest.raises(InvalidSettings, match="'dog' is not among the classes"):
        export_yolo(masks, names=NAMES, classes=["cat"])


@pytest.mark.parametrize(
    "name",
    ["yes", "1", "- a: b # c", '"it\'s"', "a\\b\n\t\x85\x00c", "狗 🐻 \u2028", "a\ud83d"],
)
def test_any_name_can_be_a_class(name):
    files = export_yolo(SHAPES["hole"], names=[name], file_name=f"{name}.png".replace("\x00", ""))
    read = yaml.safe_load(files["data.yaml"].encode())
    assert read["names"] == {0: name.replace("\ud83d", "\ufffd")}
    assert read["train"] == "images/train"


def test_pieces_are_joined_by_lines_that_have_no_area():
    mask = SHAPES["diagonal"]
    ((_, polygon),) = polygons(export_yolo(mask), mask.shape)
    x, y = polygon.T
    assert abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2 == pytest.approx(mask.sum())


def test_supervision_reads_the_data_set(tmp_path):
    import supervision as sv

    masks = masks_of(0)
    for path, text in export_yolo(masks, names=NAMES, file_name="Bär 1.png").items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (tmp_path / "images" / "train").mkdir(parents=True)
    Image.new("RGB", (60, 40)).save(tmp_path / "images" / "train" / "Bär 1.png")
    read = sv.DetectionDataset.from_yolo(
        str(tmp_path / "images" / "train"),
        str(tmp_path / "labels" / "train"),
        str(tmp_path / "data.yaml"),
        force_masks=True,
    )
    ((_, _, found),) = read
    assert [read.classes[i] for i in found.class_id] == ["dog", "object", "a & b <c>", "dog"]
    # It fills polygons with their border, by OpenCV: no pixel of a mask is lost.
    assert (found.mask >= masks.data).all()
    # Of one piece, it adds one pixel to the right and below at most.
    reached = cv2.dilate(masks.data[3].astype(np.uint8), np.ones((3, 3))) > 0
    assert (found.mask[3] <= reached).all()


# -- CVAT -----------------------------------------------------------------------------------------


def test_datumaro_reads_the_xml(tmp_path):
    import datumaro as dm

    masks = masks_of(0)
    (tmp_path / "images").mkdir()
    Image.new("RGB", (60, 40)).save(tmp_path / "images" / "Bär 1.png")
    text = export_cvat(masks, names=NAMES, file_name="Bär 1.png")
    (tmp_path / "annotations.xml").write_text(text, encoding="utf-8")
    (item,) = dm.Dataset.import_from(str(tmp_path), "cvat")
    assert item.id == "Bär 1"
    assert len(item.annotations) == 4
    for row, mask in zip(item.annotations, masks.data, strict=True):
        assert (row.image.astype(bool) == mask).all()
    assert [row.label for row in item.annotations] == [0, 1, 2, 0]


def test_an_archive_holds_its_files_and_is_the_same_each_time():
    files = {"a/Bär 狗.txt": b"x" * 1000, "b.png": b"\x89PNG"}
    content = zip_files(files)
    assert content == zip_files(files) and len(content) < 1000
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
