"""The offline vocabulary finds the noun of a text, and reports what it does not understand."""

import pytest

from esam_core.errors import UnknownWord
from esam_core.text.vocabulary import WHY_REFUSED, load_vocabulary


@pytest.fixture(scope="module")
def vocabulary():
    return load_vocabulary()


@pytest.fixture
def parse(vocabulary):
    return vocabulary.parse


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
def test_known_noun_is_found_without_a_remark(parse, text, subject, classes):
    parsed = parse(text)
    assert (parsed.subject, len(parsed.classes)) == (subject, classes)
    assert not parsed.notices
    assert not parsed.plural
    assert not parsed.approximate


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("dogs", "dog"),
        ("scarves", "scarf"),
        ("wolves", "wolf"),
        ("butterflies", "butterfly"),
        ("buses", "bus"),
        ("hot dogs", "hot dog"),
        ("mice", "mouse"),
        ("all the zebras", "zebra"),
        ("two sheep", "sheep"),
    ],
)
def test_plural_asks_for_more_than_one(parse, plural, singular):
    parsed = parse(plural)
    assert parsed.subject == singular
    assert parsed.plural
    assert parsed.classes == parse(singular).classes


def test_names_that_end_in_s_are_no_plurals(parse):
    assert parse("bus").subject == "bus"
    assert not parse("bus").plural
    assert parse("glass").subject == "glass"


@pytest.mark.parametrize(
    ("text", "subject", "message"),
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
def test_what_is_not_understood_is_reported(parse, text, subject, message):
    import re

    parsed = parse(text)
    assert parsed.subject == subject
    assert any(re.search(message, notice) for notice in parsed.notices), parsed.notices


@pytest.mark.parametrize(
    ("text", "meant"), [("cow", "ox"), ("stop sign", "street sign"), ("suitcases", "backpack")]
)
def test_everyday_word_says_which_classes_stand_for_it(parse, text, meant):
    parsed = parse(text)
    assert parsed.approximate
    assert any(meant in notice and "nearest" in notice for notice in parsed.notices)


def test_distant_word_is_mapped_and_marked_approximate(parse, vocabulary):
    parsed = parse("giraffe")
    assert parsed.classes == vocabulary.words["ruminant"]
    assert parsed.approximate
    assert "“ruminant”, which is approximate" in parsed.notices[0]


def test_a_guess_is_never_based_on_another_guess(parse):
    with pytest.raises(UnknownWord):
        parse("fire hydrant")  # "hydrant" alone would be looked for as "control"


@pytest.mark.parametrize(
    ("text", "meant"), [("bananna", "banana"), ("elefant", "elephant"), ("red bicicle", "bicycle")]
)
def test_unknown_word_is_refused_with_known_ones(parse, text, meant):
    with pytest.raises(UnknownWord, match=rf"Did you mean .*\b{meant}\b"):
        parse(text)


@pytest.mark.parametrize("text", ["😀", "猫", "собака", "كلب", "!!!", "   ", ""])
def test_text_without_an_english_word_is_refused(parse, text):
    with pytest.raises(UnknownWord, match="English nouns"):
        parse(text)


def test_html_is_just_an_unknown_text(parse):
    with pytest.raises(UnknownWord, match="not in the offline vocabulary"):
        parse("<script>alert(1)</script>")


def test_long_text_is_shown_short(parse):
    with pytest.raises(UnknownWord) as refusal:
        parse("qwxz " * 30)
    assert len(str(refusal.value)) < 200


def test_word_for_everything_is_too_wide(parse):
    with pytest.raises(UnknownWord, match="narrower"):
        parse("object")


@pytest.mark.parametrize(
    ("text", "reason", "instead"),
    [
        ("the blue sky", "around them", "bird"),
        ("hands", "their parts", "person"),
        ("fork", "more wrong things", "cup"),
        ("fire hydrant", "looks like it", "stop sign"),
    ],
)
def test_word_that_would_find_wrong_things_is_refused_with_words_that_work(
    parse, text, reason, instead
):
    with pytest.raises(UnknownWord, match=reason) as refusal:
        parse(text)
    assert refusal.value.suggestions[0] == instead
    assert instead in str(refusal.value)


def test_a_known_phrase_may_end_in_a_refused_word_and_a_refused_one_begin_a_phrase(parse):
    assert parse("stone wall").classes and parse("tree frog").classes
    assert parse("hay").subject == "hay"


def test_all_refused_words_have_a_reason_and_words_that_work(vocabulary):
    for word, refusal in vocabulary.refused.items():
        assert refusal.why in WHY_REFUSED, word
        assert all(vocabulary.parse(instead).classes for instead in refusal.instead), word


@pytest.mark.parametrize("text", ["person", "people", "two women", "a child", "boys"])
def test_people_are_looked_for_by_what_they_wear(parse, vocabulary, text):
    parsed = parse(text)
    assert parsed.approximate and vocabulary.names.index("suit") in parsed.classes
    assert "and 20 more" in parsed.notices[-1]


def test_every_everyday_word_leads_to_classes(vocabulary):
    assert len(vocabulary.names) == 1000
    for word, classes in vocabulary.everyday.items():
        assert classes, word
        assert vocabulary.parse(word).subject == word
