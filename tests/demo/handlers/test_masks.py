"""A mask that is dropped onto its photo becomes an object; another photo is told apart."""

import io
from base64 import b64encode

import numpy as np
import pytest
from PIL import Image

from demo.handlers import masks, photos
from demo.handlers.pictures import joined_masks
from esam_core.export import export_label_map_png, export_mask_png
from esam_core.masks import Masks


def data_url(content):
    return f"data:application/octet-stream;base64,{b64encode(content).decode()}"


@pytest.fixture
def photo(engine):
    return photos.example(engine, {"id": "000000000285.jpg"})


def drop(engine, photo, content, name="mask.png"):
    payload = {"token": photo["token"], "name": name, "data": data_url(content)}
    return masks.opened(engine, payload)


def blocks(photo):
    data = np.zeros((2, photo["height"], photo["width"]), bool)
    data[0, 50:200, 60:300], data[1, 300:500, 100:400] = True, True
    return data


def test_masks_of_a_file_become_objects_without_scores(engine, photo):
    data = blocks(photo)
    (found,) = drop(engine, photo, export_mask_png(data[0]))["masks"]
    assert found["model"] is None and found["predicted_iou"] is None
    read, _ = joined_masks([found.get("full") or found["png"]], data.shape[1:])
    assert (read == data[0]).all()
    labels = drop(engine, photo, export_label_map_png(Masks.from_data(data)))
    assert len(labels["masks"]) == 2


def test_another_photo_is_no_mask(engine, photo):
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (80, 90, 3), np.uint8)
    Image.fromarray(noise).save(stream, "PNG")
    assert drop(engine, photo, stream.getvalue()) == {"photo": True}


def test_what_cannot_be_a_mask_of_this_photo_is_said(engine, photo):
    square = export_mask_png(np.ones((30, 90), bool))
    assert "belongs to another photo" in drop(engine, photo, square)["error"]
    assert drop(engine, photo, b"no picture") == {"photo": True}  # which then says what it is
    assert "cannot be read" in drop(engine, photo, b"{", "mask.json")["error"]
    assert "error" in masks.opened(engine, {"token": photo["token"], "data": 3})
    assert "Choose" in masks.opened(engine, {"data": data_url(square)})["error"]
