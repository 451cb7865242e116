"""Export of objects, in the full size of the photo."""

import base64
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from demo.handlers.export import KINDS, export
from demo.handlers.pictures import full_mask_url
from demo.texts import page as texts
from esam_core.export import (
    load_coco,
    load_cutout_png,
    load_label_map_png,
    load_mask_png,
    load_svg,
)
from tests.support.payloads import picture, prompt_payload


def test_a_mask_is_exported_as_the_picked_candidate(engine, photo):
    one = {**prompt_payload(photo, [[70, 50]], [1])["prompt"]}
    payload = {"token": photo.token, "kind": "mask", "objects": [{"prompt": one, "choice": 1}]}
    reply = export(engine, payload)
    mask = np.asarray(picture(reply["file"]).convert("L")) > 0
    assert mask.sum() == sum((x * x + y * y) <= 225 for x in range(-15, 16) for y in range(-15, 16))
    assert reply["name"] == "photo-mask.png"


def test_a_cut_out_of_two_objects_holds_both(engine, photo):
    objects = [
        {"prompt": prompt_payload(photo, [[x, 50]], [1])["prompt"], "choice": 1, "name": "a"}
        for x in (30, 110)
    ]
    payload = {"token": photo.token, "kind": "cutout", "objects": objects}
    cutout = picture(export(engine, payload)["file"])
    assert cutout.mode == "RGBA"
    pixels = np.asarray(cutout)
    assert pixels[50, 30].tolist() == [0, 0, 0, 255]
    assert pixels[50, 110].tolist() == [200, 200, 200, 255]
    assert pixels[50, 70, 3] == pixels[5, 5, 3] == 0


@pytest.mark.parametrize("png", [None, "data:text/html,x", "data:image/png;base64,!!", "x" * 99])
def test_a_mask_from_the_browser_is_checked(engine, photo, png):
    payload = {"token": photo.token, "kind": "mask", "objects": [{"png": png}]}
    assert export(engine, payload)["code"] == "InvalidImage"


@pytest.mark.parametrize(
    ("photo_name", "name", "expected"),
    [
        ("000000000285.jpg", "", "000000000285-mask.png"),
        ("IMG 0042 (1).JPG", "Left Bear", "IMG-0042-1-left-bear-mask.png"),
        ("scan.v2.tif", "", "scan.v2-mask.png"),
        ("C:\\photos\\..\\a.png", "../../Bär <x>.exe", "a-bär-x-.exe-mask.png"),
        ("हिन्दी.png", "狗", "हिन्दी-狗-mask.png"),
        ("Ba\u0308r.jpg", "", "Bär-mask.png"),
        ("..", "///", "photo-mask.png"),
        ("x" * 300 + ".jpg", "狗" * 60, "x" * 120 + "-" + "狗" * 26 + "-mask.png"),
    ],
)
def test_a_file_is_named_after_its_photo_and_never_a_path(engine, photo_name, name, expected):
    photo = engine.open_photo(np.zeros((100, 140, 3), np.uint8), photo_name)
    one = {"prompt": prompt_payload(photo, [[70, 50]], [1])["prompt"], "name": name}
    payload = {"token": photo.token, "kind": "mask", "objects": [one]}
    assert export(engine, payload)["name"] == expected
    payload["objects"] = [one, one]  # several objects have no name of their own
    assert export(engine, payload)["name"].count("-mask") == 1
    assert "bear" not in export(engine, payload)["name"]


def test_every_kind_of_file_reads_back_to_the_same_masks(engine, photo):
    objects = [
        {"prompt": prompt_payload(photo, [[x, 50]], [1])["prompt"], "name": name}
        for x, name in ((30, "left"), (110, "right"))
    ]
    files = {}
    for kind in KINDS:
        reply = export(engine, {"token": photo.token, "kind": kind, "objects": objects})
        assert reply["name"].startswith(f"photo-{kind}.")
        files[kind] = base64.b64decode(reply["file"].split(",")[1])
    masks = load_coco(files["coco"].decode())
    assert [bool(mask[50, x]) for mask, x in zip(masks.data, (30, 110), strict=True)] == [True] * 2
    assert (load_coco(files["polygons"].decode()).data == masks.data).all()
    assert (load_svg(files["svg"].decode()).data == masks.data).all()
    assert (load_label_map_png(files["labels"]).data == masks.data).all()
    assert Image.open(io.BytesIO(files["labels"])).mode == "L"
    colours = np.asarray(Image.open(io.BytesIO(files["colours"])))
    assert colours.shape == (100, 140, 3)
    assert (colours.any(-1) == masks.data.any(0)).all()
    assert (load_mask_png(files["mask"]) == masks.data.any(0)).all()
    assert (load_cutout_png(files["cutout"])[1] == masks.data.any(0)).all()
    assert b"left" in files["svg"] and b"right" in files["coco"]


def test_the_page_offers_every_kind_of_file_and_says_what_it_holds():
    offered = [kind for _, kinds in texts.EXPORTS for kind in kinds]
    assert sorted(kind for kind, _, _ in offered) == sorted(KINDS)
    assert all(about.endswith(".") for _, _, about in offered)


def content(engine, photo, kind, objects) -> bytes:
    reply = export(engine, {"token": photo.token, "kind": kind, "objects": objects})
    return base64.b64decode(reply["file"].split(",")[1])


def test_a_copied_cut_out_ends_where_the_object_ends(engine, photo):
    mask = boxed(3, 5, 20, 30)
    pixels, found = load_cutout_png(content(engine, photo, "copy", [kept(mask)]))
    assert found.shape == (25, 17) and found.all()
    assert (pixels == photo.image[5:30, 3:20]).all()


def test_an_archive_has_a_cut_out_and_a_mask_of_each_object_and_coco_of_all(engine):
    photo = engine.open_photo(np.full((100, 140, 3), 90, np.uint8), "Bär 7.jpg")
    one, two, three = boxed(3, 5, 20, 30), boxed(10, 8, 90, 80), boxed(0, 0, 140, 100)
    scores = {"predicted_iou": 0.93, "stability_score": 0.88}
    objects = [kept(one, name="Left/Bär", **scores), kept(two), kept(three, name="Left/Bär")]
    packed = content(engine, photo, "everything", objects)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = ["01-left-bär", "02-object", "03-left-bär"]
        expected = {f"{folder}/{name}.png" for folder in ("cutouts", "masks") for name in names}
        assert set(archive.namelist()) == expected | {"coco.json"}
        for name, mask in zip(names, (one, two, three), strict=True):
            assert (load_mask_png(archive.read(f"masks/{name}.png")) == mask).all()
            _, cutout = load_cutout_png(archive.read(f"cutouts/{name}.png"))
            assert cutout.all() and cutout.sum() == mask.sum()
        record = json.loads(archive.read("coco.json"))
    assert (load_coco(record).data == [one, two, three]).all()
    assert record["images"][0]["file_name"] == "Bär 7.jpg"
    assert [row["name"] for row in record["categories"]] == ["Left/Bär", "object"]
    assert record["annotations"][0]["predicted_iou"] == pytest.approx(0.93)
    assert "predicted_iou" not in record["annotations"][1]


def test_files_for_labelling_carry_names_and_scores(engine, photo):
    objects = [kept(boxed(3, 5, 20, 30), name="bear", score=0.4), kept(boxed(40, 50, 90, 80))]
    labelme = json.loads(content(engine, photo, "labelme", objects))
    assert [(one["label"], one.get("score")) for one in labelme["shapes"]] == [
        ("bear", 0.4),
        ("object", None),
    ]
    assert (labelme["imageHeight"], labelme["imageWidth"]) == (100, 140)
    (task,) = json.loads(content(engine, photo, "label-studio", objects))
    assert [one["value"]["brushlabels"] for one in task["predictions"][0]["result"]] == [
        ["bear"],
        ["object"],
    ]
    cvat = content(engine, photo, "cvat", objects).decode()
    assert 'left="40" top="50" width="50" height="30"' in cvat and 'label="bear"' in cvat
    with zipfile.ZipFile(io.BytesIO(content(engine, photo, "yolo", objects))) as archive:
        assert archive.namelist() == ["labels/train/photo.txt", "data.yaml"]
        lines = archive.read("labels/train/photo.txt").decode().splitlines()
    assert [line.split()[0] for line in lines] == ["0", "1"]


# -- what a COCO file knows ---------------------------------------------------------------------


def coco(engine, photo, objects, kind="coco"):
    reply = export(engine, {"token": photo.token, "kind": kind, "objects": objects})
    return json.loads(base64.b64decode(reply["file"].split(",")[1])), reply


def clicked(photo, x=70, **more):
    return {"prompt": prompt_payload(photo, [[x, 50]], [1])["prompt"], **more}


@pytest.fixture
def named(engine):
    return engine.open_photo(np.zeros((100, 140, 3), np.uint8), "000000000285.jpg")


@pytest.mark.parametrize("kind", ["coco", "polygons"])
def test_coco_carries_the_photo_the_names_and_the_scores_of_a_click(engine, named, kind):
    objects = [
        clicked(named, 30, name="bear", choice=0),
        clicked(named, 70),
        clicked(named, 110, name="bear", choice=1),
    ]
    record, _ = coco(engine, named, objects, kind)
    [image] = record["images"]
    assert image == {"id": 285, "file_name": "000000000285.jpg", "height": 100, "width": 140}
    classes = {row["id"]: row["name"] for row in record["categories"]}
    rows = record["annotations"]
    assert [classes[row["category_id"]] for row in rows] == ["bear", "object", "bear"]
    assert len(classes) == 2
    assert [row["id"] for row in rows] == [1, 2, 3]
    for row, score in zip(rows, (0.9, 0.9, 0.7), strict=True):
        for key in ("score", "predicted_iou", "stability_score"):
            assert row[key] == pytest.approx(score)
    assert record["info"]["model"] == "fake" and record["info"]["provenance"] == "fake"


def test_an_object_called_object_is_of_the_class_of_those_without_a_name(engine, named):
    record, _ = coco(engine, named, [clicked(named, 30, name=" object "), clicked(named, 70)])
    assert [row["name"] for row in record["categories"]] == ["object"]


@pytest.mark.parametrize(
    ("name", "image_id"),
    [("285.jpg", 285), ("bear.jpg", 1), ("", 1), ("٢.png", 1), ("12345678901234567890.png",) * 2],
)
def test_a_stem_of_digits_is_the_id_of_the_image(engine, name, image_id):
    photo = engine.open_photo(np.zeros((100, 140, 3), np.uint8), name)
    record, _ = coco(engine, photo, [clicked(photo)])
    assert record["images"][0]["id"] == int(str(image_id).removesuffix(".png"))
    assert record["images"][0]["file_name"] == (name or "photo")


def kept(mask, **more):
    return {"pngs": [full_mask_url(mask)], **more}


def boxed(x0, y0, x1, y1, image_hw=(100, 140)):
    mask = np.zeros(image_hw, bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_kept_masks_keep_their_scores_and_a_union_has_none(engine, named):
    one, two = boxed(3, 5, 20, 30), boxed(40, 50, 90, 80)
    scores = {"predicted_iou": 0.93, "stability_score": 0.88, "model": "fake"}
    merged = {"pngs": [full_mask_url(one), full_mask_url(two)], **scores}
    objects = [kept(one, **scores), kept(two, **scores, score=0.4, name="a bear"), merged]
    record, reply = coco(engine, named, objects)
    first, text, union = record["annotations"]
    assert (first["score"], first["predicted_iou"], first["stability_score"]) == pytest.approx(
        (0.93, 0.93, 0.88)
    )
    assert text["score"] == 0.4 and text["predicted_iou"] == pytest.approx(0.93)
    assert not {"score", "predicted_iou", "stability_score"} & union.keys()
    assert (load_coco(record).data == [one, two, one | two]).all()
    assert reply["message"] == "" and record["info"]["notes"] == []
    assert record["info"]["model"] == "fake"


@pytest.mark.parametrize("score", [float("nan"), True, "0.9", None, [1], 1e400])
def test_a_score_that_is_none_is_left_out(engine, named, score):
    record, _ = coco(engine, named, [kept(boxed(3, 5, 20, 30), predicted_iou=score)])
    assert "predicted_iou" not in record["annotations"][0]


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_mask_of_another_size_is_said_in_the_reply(engine, named, kind):
    small = kept(boxed(10, 10, 30, 20, (50, 70)))
    payload = {"token": named.token, "kind": kind, "objects": [clicked(named), small]}
    said = "Mask 2 came as a picture of 70 x 50 pixels and was enlarged to 140 x 100."
    assert export(engine, payload)["message"] == said
    if kind in ("coco", "polygons"):
        assert coco(engine, named, payload["objects"], kind)[0]["info"]["notes"] == [said]


@pytest.mark.parametrize("pngs", [[], "data:", None, ["data:image/png;base64,"] * 65])
def test_the_masks_of_an_object_are_checked(engine, named, pngs):
    payload = {"token": named.token, "kind": "mask", "objects": [{"pngs": pngs}]}
    assert export(engine, payload)["code"] in ("InvalidPrompt", "InvalidImage")


def test_a_label_map_that_does_not_fit_into_memory_is_refused(engine, named, monkeypatch):
    monkeypatch.setattr("demo.handlers.export.STACK_BYTES", 2 * 100 * 140)
    payload = {"token": named.token, "kind": "labels", "objects": [clicked(named)] * 3}
    assert "at most 2 objects" in export(engine, payload)["error"]
    assert "error" not in export(engine, payload | {"kind": "coco"})


def test_titles_of_an_svg_are_the_names_or_numbers(engine, named):
    objects = [clicked(named, 30), clicked(named, 110, name="bear")]
    reply = export(engine, {"token": named.token, "kind": "svg", "objects": objects})
    svg = base64.b64decode(reply["file"].split(",")[1]).decode()
    assert '"object 1"' in svg and '"bear"' in svg


def test_other_tools_read_the_files_of_the_page(engine, named, tmp_path):
    import supervision

    objects = [clicked(named, 30, name="bear"), clicked(named, 110)]
    for kind in ("coco", "polygons"):
        record, _ = coco(engine, named, objects, kind)
        file = tmp_path / "annotations.json"
        file.write_text(json.dumps(record))
        read = COCO(str(file))
        [image] = read.loadImgs([285])
        assert image["file_name"] == "000000000285.jpg"
        areas = [int(read.annToMask(row).sum()) for row in read.loadAnns(read.getAnnIds())]
        assert areas == [row["area"] for row in record["annotations"]]
        Image.fromarray(named.image).save(tmp_path / image["file_name"])
        found = supervision.DetectionDataset.from_coco(str(tmp_path), str(file), force_masks=True)
        [(_, _, detections)] = list(found)
        assert len(detections) == 2
        assert {found.classes[i] for i in detections.class_id} == {"bear", "object"}
