"""Words to click: what is annotated on an example, what the classifier sees on another photo."""

import numpy as np
import pytest

from demo.handlers import words
from demo.texts import text as texts
from esam_core.text import load_vocabulary
from tests.support.fakes import payload_of


def test_an_example_has_the_words_of_its_objects_that_can_be_looked_for(mini_engine, dog_file):
    reply = words.known(mini_engine, payload_of(mini_engine, dog_file))
    assert reply == {"words": ["dog"], "seen": True}  # and no fire hydrant


def test_every_example_has_words_and_all_of_them_are_understood():
    for row in words.EXAMPLES:
        listed = words._annotated(row.file)
        assert listed and len(listed) <= words.MOST
        assert all(load_vocabulary().parse(word).classes for word in listed)


def test_another_photo_has_everyday_words_until_it_was_looked_at(mini_engine, bear):
    payload = payload_of(mini_engine, bear[0])
    assert words.known(mini_engine, payload) == {"words": list(texts.EVERYDAY), "seen": False}
    seen = words.likely(mini_engine, payload)
    assert seen["seen"] and "brown bear" in seen["words"]


def test_a_photo_that_shows_nothing_keeps_the_everyday_words(mini_engine, monkeypatch):
    monkeypatch.setattr(words, "LIKELY", 1.1)
    payload = payload_of(mini_engine, np.full((64, 64, 3), 90, np.uint8))
    assert words.likely(mini_engine, payload) == {"words": list(texts.EVERYDAY), "seen": False}


def test_everyday_words_are_understood():
    assert all(load_vocabulary().parse(word).classes for word in texts.EVERYDAY)


@pytest.mark.parametrize("payload", [None, {}, {"token": ""}])
def test_without_a_photo_there_are_no_words(mini_engine, payload):
    assert words.known(mini_engine, payload)["words"] == []
    assert "Choose a photo" in words.likely(mini_engine, payload)["error"]
