"""The sentences in which CLIP reads a text: templates with "{}", whose article fits what is put in.

CLIP was trained on captions, so a word is read best inside one (Radford et al., "Learning
Transferable Visual Models From Natural Language Supervision", 2021, section 3.1.4).
"""

import re
from collections.abc import Sequence

from esam_core.text.phrases import (
    MANY_WORDS,
    PLACE_WORDS,
    RELATION_WORDS,
    cut_relation,
    is_plural,
    tokens_of,
)

TEMPLATES = (
    "a photo of a {}.",
    "a cropped photo of a {}.",
    "a close-up photo of a {}.",
    "a photo of the {}.",
    "{}",
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that stand where an article would; numbers and quantities stay, because they mean something.
REPLACED = _set("a an the some any every each this that these those my your his her its our their")
# Words that no article goes before: what is not counted, and pronouns.
UNCOUNTED = _set(
    "water grass snow sand ice rain smoke food furniture luggage clothing fur bread rice meat "
    "someone somebody something everyone everybody everything nobody nothing "
    "it him her me us you them myself what who"
)
ONE_MEN = _set("omen ramen acumen abdomen specimen stamen hymen")  # unlike "policemen"
# Spelled with a vowel and said with a consonant ("a unicorn"), and the other way round ("an hour",
# "an L-shaped table").
SAID_WITH_CONSONANT = re.compile(
    r"uni(?![dmn])|us[abeiu]|us\b|un\b|ut[ei]|uk|ur[ail]|ub|uv|ufo|ups\b|eu|ew|one\b|once\b"
)
SAID_WITH_VOWEL = re.compile(r"[aeiou]|hour|honest|honou?r|heir|[fhlmnrsx]-|8|11\b|18\b")
# "an LED", "an MP3 player", "an SUV": the name of the first letter begins with a vowel. What may be
# said as a word is not among them: "a NASA rocket", "a SIM card", and typed in capitals, "a HORSE".
SPELLED_OUT = re.compile(
    r"(EU|F(?![AEIOULR])|[HLMNX](?![AEIOUY])|R(?![AEIOUYH])|S(?![AEIOUYCHKLMNPQTW])|LED\b|SUV\b)"
    r"[A-Z0-9]*\b"
)


def sentences(text: str, templates: Sequence[str] = TEMPLATES) -> list[str]:
    """Put a text into templates, each result once.

    An article before the place of a template is adapted: it replaces the determiner of the text,
    "a" becomes "an", and it is left out before plurals, quantities, names and what is not counted.
    A template without one takes the text as it is.

    Args:
        text: A text as typed, such as "dog", "the left dog", "two dogs", "Eiffel Tower".
        templates: Sentences with one "{}".
    """
    return list(dict.fromkeys(_sentence(template, text) for template in templates))


def _sentence(template: str, text: str) -> str:
    before, _, after = template.partition("{}")  # not str.format: the text may have braces
    article = re.search(r"\b(an?|the) $", before)
    if article is None:
        return before + text + after
    return before[: article.start()] + _with_article(text, article[1] == "the") + after


def _with_article(text: str, definite: bool) -> str:
    words = _without_determiner(text.rstrip(" .!?").split())
    phrase = " ".join(words)
    if _stands_alone(words):
        return phrase
    if definite or _is_one_of_a_kind(words):
        return f"the {phrase}"
    return f"{_indefinite(phrase)} {phrase}"


def _without_determiner(words: list[str]) -> list[str]:
    """Drop determiners, but neither the whole text nor what makes sense only with it."""
    while len(words) > 1 and (
        words[0].lower() in REPLACED | {"one", "1"}
        and words[1].lower() not in RELATION_WORDS - PLACE_WORDS
        and not (words[0].lower() == "a" and words[1].lower() in {"few", "many"})
    ):
        words = words[1:]
    return words


def _stands_alone(words: list[str]) -> bool:
    """Whether no article goes before a phrase."""
    tokens = tokens_of(" ".join(words))
    if not tokens:
        return True  # other scripts and emoji
    head, _ = cut_relation(tokens)
    first_of_two = head[: head.index("and")] if "and" in head[1:] else head
    return (
        tokens[0] in MANY_WORDS | REPLACED | {"one"}
        or tokens[0].isdecimal()
        or head[-1] in UNCOUNTED
        or is_plural(" ".join(head))
        or is_plural(" ".join(first_of_two))
        or head[-1].endswith("men")
        and head[-1] not in ONE_MEN
        or _is_name(words[: len(head)])
    )


def _is_name(words: list[str]) -> bool:
    """Whether every word has a capital; in the first alone it may be the keyboard of a phone."""
    return len(words) > 1 and all(word[0].isupper() for word in words)


def _is_one_of_a_kind(words: list[str]) -> bool:
    """Whether a phrase begins with a place or a superlative: "left dog", "biggest dog"."""
    first = words[0].lower()
    return len(words) > 1 and (first in PLACE_WORDS or bool(re.fullmatch(r"\w{3,}est", first)))


def _indefinite(phrase: str) -> str:
    if SPELLED_OUT.match(phrase):
        return "an"
    said = phrase.lower()
    return "an" if SAID_WITH_VOWEL.match(said) and not SAID_WITH_CONSONANT.match(said) else "a"
