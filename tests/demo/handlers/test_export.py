"""Export of objects, in the full size of the photo."""

import base64

import numpy as np
import pytest

from demo.handlers.export import KINDS, export
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
    assert reply["name"] == "objects-mask.png"


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


def test_names_never_leave_the_file_name(engine, photo):
    one = {"prompt": prompt_payload(photo, [[70, 50]], [1])["prompt"], "name": "../../Bär <x>.exe"}
    payload = {"token": photo.token, "kind": "mask", "objects": [one]}
    assert export(engine, payload)["name"] == "bär-x-exe-mask.png"


def test_every_kind_of_file_reads_back_to_the_same_masks(engine, photo):
    objects = [
        {"prompt": prompt_payload(photo, [[x, 50]], [1])["prompt"], "name": name}
        for x, name in ((30, "left"), (110, "right"))
    ]
    files = {}
    for kind, _ in texts.EXPORTS:
        reply = export(engine, {"token": photo.token, "kind": kind, "objects": objects})
        assert reply["name"].startswith(f"objects-{kind}.")
        files[kind] = base64.b64decode(reply["file"].split(",")[1])
    masks = load_coco(files["coco"].decode())
    assert [bool(mask[50, x]) for mask, x in zip(masks.data, (30, 110), strict=True)] == [True] * 2
    assert (load_coco(files["polygons"].decode()).data == masks.data).all()
    assert (load_svg(files["svg"].decode()).data == masks.data).all()
    assert (load_label_map_png(files["labels"]).data == masks.data).all()
    assert (load_mask_png(files["mask"]) == masks.data.any(0)).all()
    assert (load_cutout_png(files["cutout"])[1] == masks.data.any(0)).all()
    assert b"left" in files["svg"] and b"right" in files["coco"]


def test_the_page_offers_every_kind_of_file():
    assert [kind for kind, _ in texts.EXPORTS] == list(KINDS)
