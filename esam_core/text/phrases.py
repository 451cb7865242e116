"""Parsing of short English texts: words, head noun and modifiers."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from esam_core.errors import InvalidPrompt

MAX_CHARACTERS = 200
MAX_TEXTS = 12


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


COLOUR_WORDS = _set(
    "red orange yellow green blue purple violet pink brown black white grey gray golden silver "
    "beige dark bright light pale colourful colorful"
)
PLACE_WORDS = _set(
    "left right upper lower top bottom middle front back nearest closest farthest leftmost "
    "rightmost first second third last other next"
)
RELATION_WORDS = _set(
    "on in at of off near left right behind under above below beside beneath next between with "
    "without inside outside over to from by against around that which who is are"
)
SIZE_WORDS = _set(
    "big large huge great small little tiny tall short long wide narrow thick thin old new young "
    "beautiful nice"
)
MANY_WORDS = _set(
    "all both these those many several few two three four five six seven eight nine ten"
)
DETERMINERS = MANY_WORDS | _set(
    "a an the some any every each this that my your his her its our their one"
)
# Singulars that end like plurals.
ONE_S = _set("lens canvas gas iris atlas trellis mantis")
IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "mice": "mouse",
    "geese": "goose",
    "oxen": "ox",
    "feet": "foot",
    "teeth": "tooth",
}


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A text as parsed by an encoder.

    Args:
        text: The text as typed.
        subject: The noun or phrase to look for.
        plural: Whether the text asks for more than one object.
        classes: Indices of the ImageNet classes it covers; empty for encoders of free text.
        approximate: Whether the classes only approximate the word.
        notices: Sentences for the user about ignored words and approximations.
    """

    text: str
    subject: str
    plural: bool = False
    classes: tuple[int, ...] = ()
    approximate: bool = False
    notices: tuple[str, ...] = ()


def split_texts(query: str) -> tuple[str, ...]:
    """Split a query at commas into texts, without empty and repeated ones.

    Raises:
        InvalidPrompt: No text, too many texts, or a text that is too long.
    """
    texts = tuple(dict.fromkeys(filter(None, (" ".join(t.split()) for t in query.split(",")))))
    if not texts:
        raise InvalidPrompt("there is no text; say what to look for, such as: dog, red ball")
    for text in texts:
        if len(text) > MAX_CHARACTERS:
            raise InvalidPrompt(
                f"a text has {len(text):,} characters; at most {MAX_CHARACTERS} are read. Name the "
                "thing in a few words."
            )
    if len(texts) > MAX_TEXTS:
        raise InvalidPrompt(f"{len(texts)} texts given; at most {MAX_TEXTS} are read at once.")
    return texts


def is_plural(text: str) -> bool:
    """Guess whether an English text asks for more than one thing (for encoders of free text)."""
    head, _ = cut_relation(tokens_of(text))
    if not head:
        return False
    ends_so = bool(re.search(r"[^su]s$", head[-1])) and head[-1] not in ONE_S
    return head[-1] in IRREGULAR or head[0] in MANY_WORDS or ends_so


def tokens_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents and punctuation."""
    return re.findall(r"[a-z0-9][a-z0-9.'-]*(?<![.'-])", _plain(text))


def foreign_signs(text: str) -> str:
    """Return the letters of other scripts and the emoji that ``tokens_of`` leaves out."""
    return "".join(
        sign
        for sign in _plain(text)
        if not sign.isascii() and (sign.isalpha() or unicodedata.category(sign) == "So")
    )


def _plain(text: str) -> str:
    marked = unicodedata.normalize("NFKD", text).lower().replace("’", "'")
    return "".join(sign for sign in marked if not unicodedata.combining(sign))


def cut_relation(tokens: list[str]) -> tuple[list[str], str]:
    """Split "dog on the left" into the words before the relation and the rest."""
    for i, token in enumerate(tokens[1:], 1):
        if token in RELATION_WORDS or (
            len(token) > 5 and token.endswith("ing") and i < len(tokens) - 1
        ):
            return tokens[:i], " ".join(tokens[i:])
    return tokens, ""


def ignored_words(tokens: list[str]) -> Iterator[str]:
    """Yield a notice for each kind of word before the noun that is ignored."""
    for kind, known in (
        ("colours", COLOUR_WORDS),
        ("places", PLACE_WORDS),
        ("sizes or ages", SIZE_WORDS),
    ):
        if words := [token for token in tokens if token in known]:
            yield f"“{' '.join(words)}” is not understood: the offline vocabulary knows no {kind}."
    if words := [
        t for t in tokens if t not in COLOUR_WORDS | PLACE_WORDS | SIZE_WORDS | DETERMINERS
    ]:
        yield f"“{' '.join(words)}” is not understood by the offline vocabulary and was left out."


def singulars(phrase: str) -> Iterator[str]:
    """Yield the phrase itself, then its possible singulars."""
    yield phrase
    first, space, last = phrase.rpartition(" ")
    before = first + space
    if last in IRREGULAR:
        yield before + IRREGULAR[last]
    if last.endswith("ies"):
        yield f"{before}{last[:-3]}y"
    if last.endswith("ves"):
        yield f"{before}{last[:-3]}f"
        yield f"{before}{last[:-3]}fe"
    if last.endswith("men"):
        yield f"{before}{last[:-2]}an"
    if last.endswith("s") and len(last) > 3 and not last.endswith("ss"):
        yield before + last[:-1]
        if last.endswith("es"):
            yield before + last[:-2]
