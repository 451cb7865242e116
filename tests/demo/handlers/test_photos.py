"""The strip of examples, and uploads."""

import pytest

from demo.handlers import photos
from demo.handlers.photos import EXAMPLES, strip


@pytest.mark.parametrize("content", [b"", b"text", b"<svg xmlns='x'></svg>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_photo_is_refused_with_a_sentence(engine, content):
    reply = photos.upload(engine, content)
    assert reply["code"] == "InvalidImage"


def test_every_example_opens_and_has_a_small_picture(engine):
    assert len(strip()) == len(EXAMPLES) >= 12
    assert all(len(row["thumb"]) < 20_000 for row in strip())
    assert photos.example(engine, {"id": EXAMPLES[0].file})["width"] == 426


def test_only_examples_of_the_strip_are_opened(engine):
    assert "strip" in photos.example(engine, {"id": "../../app.py"})["error"]
