"""The offline vocabulary finds the noun, and says what of a text it does not understand."""

import pytest

from esam_core.errors import UnknownWord
from esam_core.text.vocabulary import load_vocabulary


@pytest.fixture(scope="module")
def vocabulary():
    return load_vocabulary()


@pytest.fixture
def read(vocabulary):
    return vocabulary.read


@pytest.mark.parametrize(
    ("text", "subject", "classes"),
    [
        ("dog", "dog", 118),
        ("a bear", "bear", 4),
        ("The Banana!", "banana", 1),
        ("fire truck", "fire truck", 1),
        ("brown bear", "brown bear", 1),
        ("t-shirt", "t-shirt", 1),
        ("éléphant", "elephant", 2),
    ],
)
def test_known_noun_is_found_without_a_remark(read, text, subject, classes):
    reading = read(text)
    assert (reading.subject, len(reading.classes)) == (subject, classes)
    assert not reading.notices
    assert not reading.plural
    assert not reading.approximate


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("dogs", "dog"),
        ("knives", "knife"),
        ("wolves", "wolf"),
        ("butterflies", "butterfly"),
        ("buses", "bus"),
        ("hot dogs", "hot dog"),
        ("mice", "mouse"),
        ("all the zebras", "zebra"),
        ("two sheep", "sheep"),
    ],
)
def test_plural_asks_for_more_than_one(read, plural, singular):
    reading = read(plural)
    assert reading.subject == singular
    assert reading.plural
    assert reading.classes == read(singular).classes


def test_names_that_end_in_s_are_no_plurals(read):
    assert read("bus").subject == "bus"
    assert not read("bus").plural
    assert read("glass").subject == "glass"


@pytest.mark.parametrize(
    ("text", "subject", "said"),
    [
        ("red car", "car", "“red” .* colours"),
        ("black cat", "cat", "“black” .* colours"),
        ("the big red car", "car", "“big” .* sizes"),
        ("dog on the left", "dog", "“on the left” .* where"),
        ("left dog", "dog", "“left” .* places"),
        ("dog chasing a ball", "dog", "“chasing a ball” .* do"),
        ("running dog", "dog", "“running” .* left out"),
        ("dog 猫", "dog", "“猫” .* English"),
        ("🐕 dog", "dog", "“🐕” .* English"),
    ],
)
def test_what_is_not_understood_is_said(read, text, subject, said):
    import re

    reading = read(text)
    assert reading.subject == subject
    assert any(re.search(said, notice) for notice in reading.notices), reading.notices


@pytest.mark.parametrize(
    ("text", "meant"), [("cow", "ox"), ("stop sign", "street sign"), ("suitcases", "backpack")]
)
def test_everyday_word_says_which_classes_stand_for_it(read, text, meant):
    reading = read(text)
    assert reading.approximate
    assert any(meant in notice and "nearest" in notice for notice in reading.notices)


def test_far_word_is_mapped_and_called_approximate(read, vocabulary):
    reading = read("giraffe")
    assert reading.classes == vocabulary.words["ruminant"]
    assert reading.approximate
    assert "“ruminant”, which is approximate" in reading.notices[0]


def test_no_guess_is_made_upon_a_guess(read):
    with pytest.raises(UnknownWord):
        read("fire hydrant")  # "hydrant" alone would be looked for as "control"


@pytest.mark.parametrize(
    ("text", "meant"), [("bananna", "banana"), ("elefant", "elephant"), ("red bicicle", "bicycle")]
)
def test_unknown_word_is_answered_with_known_ones(read, text, meant):
    with pytest.raises(UnknownWord, match=rf"Did you mean .*\b{meant}\b"):
        read(text)


@pytest.mark.parametrize("text", ["😀", "猫", "собака", "كلب", "!!!", "   ", ""])
def test_text_without_an_english_word_is_refused(read, text):
    with pytest.raises(UnknownWord, match="English nouns"):
        read(text)


def test_html_is_just_an_unknown_text(read):
    with pytest.raises(UnknownWord, match="not in the offline vocabulary"):
        read("<script>alert(1)</script>")


def test_long_text_is_shown_short(read):
    with pytest.raises(UnknownWord) as refusal:
        read("qwxz " * 30)
    assert len(str(refusal.value)) < 200


def test_word_for_everything_is_too_wide(read):
    with pytest.raises(UnknownWord, match="narrower"):
        read("object")


def test_every_everyday_word_leads_to_classes(vocabulary):
    assert len(vocabulary.names) == 1000
    for word, classes in vocabulary.everyday.items():
        assert classes, word
        assert vocabulary.read(word).subject == word
