"""Other people's tools read the files and find the same masks, classes and ids."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from skimage import io as skimage_io

from esam_core.export import (
    coco_results,
    export_coco,
    export_label_colours_png,
    export_label_map_png,
    merge_coco,
)
from esam_core.masks import Masks
from tests.support.shapes import SHAPES, noisy

PHOTOS = {"bär 1.png": (285, 0), "plain.png": (7, 4)}  # id of the image, seed of its masks
NAMES = ["dog", "cat", "dog", "traffic light"]
CATEGORY_IDS = [18, 17, 18, 10]
styles = pytest.mark.parametrize("style", ["rle", "polygons"])


def masks_of(seed: int) -> Masks:
    scores = np.linspace(0.6, 0.9, 4, dtype=np.float32)
    return Masks.from_data(noisy(seed), scores, scores)


def data_set(style: str, **options) -> dict:
    """Both photos in one data set."""
    settings = {"names": NAMES, "category_ids": CATEGORY_IDS, **options}
    merged, notes = merge_coco(
        export_coco(masks_of(seed), style=style, file_name=name, image_id=number, **settings)
        for name, (number, seed) in PHOTOS.items()
    )
    assert notes == []
    return merged


@pytest.fixture(params=["rle", "polygons"])
def folder(request, tmp_path):
    """A folder as datumaro wants it: ``annotations/instances_NAME.json`` beside ``images``."""
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    for name, (number, _) in PHOTOS.items():
        Image.fromarray(np.full((40, 60, 3), number % 256, np.uint8)).save(
            tmp_path / "images" / name
        )
    text = json.dumps(data_set(request.param, scores=[0.9, None, 0.5, 0.25]))
    (tmp_path / "annotations" / "instances_photos.json").write_text(text)
    return tmp_path


def average_precision(truth: COCO, results: list) -> float:
    evaluation = COCOeval(truth, truth.loadRes(results), "segm")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return float(evaluation.stats[0])


def test_pycocotools_reads_the_file(folder):
    coco = COCO(str(folder / "annotations" / "instances_photos.json"))
    for name, (number, seed) in PHOTOS.items():
        assert coco.loadImgs(number)[0]["file_name"] == name
        rows = coco.loadAnns(coco.getAnnIds(imgIds=number))
        assert (np.stack([coco.annToMask(row) for row in rows]) == masks_of(seed).data).all()
        assert [coco.loadCats(row["category_id"])[0]["name"] for row in rows] == NAMES
        assert [row["category_id"] for row in rows] == CATEGORY_IDS


@styles
def test_pycocotools_accepts_results_against_their_data_set(style, tmp_path):
    record = data_set(style, scores=[0.9, 0.8, 0.7, 0.6])
    (tmp_path / "truth.json").write_text(json.dumps(record))
    (tmp_path / "results.json").write_text(json.dumps(coco_results(record)))
    truth = COCO(str(tmp_path / "truth.json"))
    loaded = truth.loadRes(str(tmp_path / "results.json"))
    assert [row["area"] for row in loaded.dataset["annotations"]] == [
        row["area"] for row in record["annotations"]
    ]
    assert average_precision(truth, coco_results(record)) == pytest.approx(1, abs=1e-9)


def test_pycocotools_counts_what_is_wrong(tmp_path):
    record = data_set("rle")
    (tmp_path / "truth.json").write_text(json.dumps(record))
    wrong = coco_results(record)
    for row in wrong:
        row["category_id"] = {18: 17, 17: 18, 10: 10}[row["category_id"]]
    assert average_precision(COCO(str(tmp_path / "truth.json")), wrong) < 0.9


def test_pycocotools_takes_ids_that_are_texts(tmp_path):
    settings = {"names": NAMES, "category_ids": [str(value) for value in CATEGORY_IDS]}
    record = export_coco(masks_of(3), file_name="a.jpg", image_id="photo-1", **settings)
    (tmp_path / "truth.json").write_text(json.dumps(record))
    truth = COCO(str(tmp_path / "truth.json"))
    assert truth.getImgIds() == ["photo-1"]
    assert average_precision(truth, coco_results(record)) == pytest.approx(1, abs=1e-9)


def test_old_pycocotools_finds_the_keys_that_it_does_not_check():
    """2.0.7 prints ``info`` by ``dataset['info']``, and later ones copy it into results."""
    coco = COCO()
    coco.dataset = data_set("rle")
    coco.createIndex()
    coco.info()
    assert coco.loadRes(coco_results(coco.dataset)).dataset["info"] == coco.dataset["info"]


def test_supervision_reads_the_file(folder):
    import supervision as sv

    read = sv.DetectionDataset.from_coco(
        str(folder / "images"),
        str(folder / "annotations" / "instances_photos.json"),
        force_masks=True,
    )
    assert read.classes == ["traffic light", "cat", "dog"]
    record = json.loads((folder / "annotations" / "instances_photos.json").read_text())
    exact = isinstance(record["annotations"][0]["segmentation"], dict)
    seen = {}
    for path, image, found in read:
        seen[path.rsplit("/")[-1]] = found
        assert image.shape == (40, 60, 3)
    assert seen.keys() == PHOTOS.keys()
    for name, (_, seed) in PHOTOS.items():
        masks, found = masks_of(seed), seen[name]
        assert [read.classes[number] for number in found.class_id] == NAMES
        assert (found.xyxy == masks.boxes_xyxy).all()
        assert found.data["area"].tolist() == masks.area.tolist()
        # It fills polygons with their border, by OpenCV: one more pixel to the right and below.
        before = np.pad(masks.data, ((0, 0), (1, 0), (1, 0)))
        reached = before[:, 1:, 1:] | before[:, :-1, 1:] | before[:, 1:, :-1] | before[:, :-1, :-1]
        assert (found.mask >= masks.data).all()
        assert (found.mask <= (masks.data if exact else reached)).all()


def test_supervision_keeps_classes_whose_names_are_unknown_apart(tmp_path):
    import supervision as sv

    Image.new("RGB", (60, 40)).save(tmp_path / "a.png")
    record = export_coco(masks_of(0), file_name="a.png", category_ids=[5, 9, 5, 0])
    (tmp_path / "a.json").write_text(json.dumps(record))
    read = sv.DetectionDataset.from_coco(str(tmp_path), str(tmp_path / "a.json"))
    ((_, _, found),) = read
    assert [read.classes[i] for i in found.class_id] == ["class 5", "class 9", "class 5", "class 0"]


def test_datumaro_reads_the_file(folder):
    import datumaro as dm

    # Polygons of one mask are separate annotations to it unless they are merged.
    read = dm.Dataset.import_from(str(folder), "coco_instances", merge_instance_polygons=True)
    labels = read.categories()[dm.AnnotationType.label]
    assert [label.name for label in labels.items] == ["traffic light", "cat", "dog"]
    items = {item.attributes["id"]: item for item in read}
    assert items.keys() == {number for number, _ in PHOTOS.values()}
    for place, (name, (number, seed)) in enumerate(PHOTOS.items()):
        assert f"{items[number].id}.png" == name
        masks, first = masks_of(seed), 1 + 4 * place
        found = {
            row.id: row for row in items[number].annotations if row.type == dm.AnnotationType.mask
        }
        assert sorted(found) == [first, first + 1, first + 2, first + 3]
        for i, mask in enumerate(masks.data):
            row = found[first + i]
            assert (row.image.astype(bool) == mask).all()
            assert labels[row.label].name == NAMES[i]
        given = [0.9, float(masks.predicted_iou[1]), 0.5, 0.25]
        assert [found[first + i].attributes["score"] for i in range(4)] == given


def test_datumaro_finds_the_area_of_polygons_with_holes(tmp_path):
    import datumaro as dm

    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    mask = SHAPES["two holes and an island in one"]
    Image.fromarray(mask).save(tmp_path / "images" / "a.png")
    record = export_coco(mask, style="polygons", file_name="a.png")
    (tmp_path / "annotations" / "instances_x.json").write_text(json.dumps(record))
    (item,) = dm.Dataset.import_from(str(tmp_path), "coco_instances")
    parts = [row for row in item.annotations if row.type == dm.AnnotationType.polygon]
    assert sum(part.get_area() for part in parts) == mask.sum()


@pytest.mark.parametrize("count", [0, 1, 255, 256, 300])
def test_opencv_and_skimage_read_the_ids_of_a_label_map(count, tmp_path):
    ids = np.arange(20 * 30).reshape(20, 30) % (count + 1)
    data = ids[None] == np.arange(1, count + 1)[:, None, None]
    path = tmp_path / "labels.png"
    path.write_bytes(export_label_map_png(data))
    for read in (cv2.imread(str(path), cv2.IMREAD_UNCHANGED), skimage_io.imread(str(path))):
        assert read.dtype == (np.uint8 if count <= 255 else np.uint16)
        assert read.shape == (20, 30)
        assert (read == ids).all()


def test_opencv_and_skimage_read_the_coloured_twin_alike(tmp_path):
    path = tmp_path / "labels_colour.png"
    path.write_bytes(export_label_colours_png(masks_of(1)))
    pixels = skimage_io.imread(str(path))
    assert pixels.shape == (40, 60, 3)
    assert (cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1] == pixels).all()
