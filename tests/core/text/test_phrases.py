"""Splitting a query into texts."""

import pytest

from esam_core.errors import InvalidPrompt
from esam_core.text import split_texts


def test_commas_separate_texts_and_repetitions_go():
    assert split_texts(" dog,  red   ball ,dog,, ") == ("dog", "red ball")


@pytest.mark.parametrize("query", ["", "  ", ",,", "\n\t"])
def test_nothing_typed_is_refused(query):
    with pytest.raises(InvalidPrompt, match="say what to look for"):
        split_texts(query)


def test_two_thousand_characters_are_refused():
    with pytest.raises(InvalidPrompt, match="2,000 characters"):
        split_texts("x" * 2000)


def test_too_many_texts_are_refused():
    with pytest.raises(InvalidPrompt, match="13 texts"):
        split_texts(",".join(map(str, range(13))))
