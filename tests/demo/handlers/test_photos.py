"""The strip of examples, and uploads."""

import numpy as np
import pytest

from demo.engine import Engine
from demo.handlers import photos
from demo.handlers.photos import EXAMPLES, strip
from tests.support.pictures import png


@pytest.mark.parametrize("content", [b"", b"text", b"<svg xmlns='x'></svg>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_photo_is_refused_with_a_sentence(engine, content):
    reply = photos.upload(engine, content)
    assert reply["code"] == "InvalidImage"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("Höhe (2) – 森 👩‍🔬 'x'.png", "Höhe (2) – 森 👩‍🔬 'x'.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\dune.tif", "dune.tif"),
        ("a\nb\x00\u202ec.png", "abc.png"),
        ("x" * 400, "x" * 255),
        ("", ""),
    ],
)
def test_an_upload_keeps_its_name_and_never_as_a_path(engine, sent, name):
    reply = photos.upload(engine, png(np.zeros((4, 5), np.uint8)), sent)
    assert reply["name"] == name
    assert engine.photo(reply["token"]).name == name
    assert (name or "the given bytes") in photos.upload(engine, b"%PDF-1.7", sent)["error"]


def test_what_reading_changed_is_said_and_kept(catalogue):
    heights = png(np.linspace(300, 1300, 99 * 99).reshape(99, 99).astype(np.uint16))
    for scale, said in (("data", "300 to 1300"), ("full", "fixed scale of 0 to 65535")):
        engine = Engine(catalogue, scale=scale)
        reply = photos.upload(engine, heights, "dem.png")
        assert said in reply["note"]
        assert engine.photo(reply["token"]).notes == (reply["note"],)
    assert photos.example(engine, {"id": EXAMPLES[0].file})["note"] == ""


def test_every_example_opens_and_has_a_small_picture(engine):
    assert len(strip()) == len(EXAMPLES) >= 12
    assert all(len(row["thumb"]) < 20_000 for row in strip())
    assert photos.example(engine, {"id": EXAMPLES[0].file})["width"] == 426
    assert photos.example(engine, {"id": EXAMPLES[0].file})["name"] == EXAMPLES[0].file


def test_only_examples_of_the_strip_are_opened(engine):
    assert "strip" in photos.example(engine, {"id": "../../app.py"})["error"]
