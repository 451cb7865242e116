"""Short English texts: their words, their head noun, and what stands around it."""

import re
import unicodedata
from collections.abc import Iterator


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


COLOURS = _set(
    "red orange yellow green blue purple violet pink brown black white grey gray golden silver "
    "beige dark bright light pale colourful colorful"
)
PLACES = _set(
    "left right upper lower top bottom middle front back nearest closest farthest leftmost "
    "rightmost first second third last other next"
)
RELATIONS = _set(
    "on in at of off near left right behind under above below beside beneath next between with "
    "without inside outside over to from by against around that which who is are"
)
SIZES = _set(
    "big large huge great small little tiny tall short long wide narrow thick thin old new young "
    "beautiful nice"
)
MANY = _set("all both these those many several few two three four five six seven eight nine ten")
DETERMINERS = MANY | _set(
    "a an the some any every each this that my your his her its our their one"
)
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


def is_plural(text: str) -> bool:
    """Guess whether an English text asks for more than one thing; for encoders of free text."""
    head, _ = cut_relation(tokens_of(text))
    if not head:
        return False
    return head[-1] in IRREGULAR or head[0] in MANY or bool(re.search(r"[^su]s$", head[-1]))


def tokens_of(text: str) -> list[str]:
    """Give the words of a text in lower case, without accents; all else is left out."""
    return re.findall(r"[a-z0-9][a-z0-9.'-]*(?<![.'-])", _plain(text))


def unread(text: str) -> str:
    """Give the letters of other scripts and the pictures that ``tokens_of`` leaves out."""
    return "".join(
        sign
        for sign in _plain(text)
        if not sign.isascii() and (sign.isalpha() or unicodedata.category(sign) == "So")
    )


def _plain(text: str) -> str:
    marked = unicodedata.normalize("NFKD", text).lower().replace("’", "'")
    return "".join(sign for sign in marked if not unicodedata.combining(sign))


def cut_relation(tokens: list[str]) -> tuple[list[str], str]:
    """Split "dog on the left" into what comes before the relation, and the rest."""
    for i, token in enumerate(tokens[1:], 1):
        if token in RELATIONS or (len(token) > 5 and token.endswith("ing") and i < len(tokens) - 1):
            return tokens[:i], " ".join(tokens[i:])
    return tokens, ""


def set_aside(tokens: list[str]) -> Iterator[str]:
    """Say of words in front of a noun that they are not understood, a sentence per kind."""
    for kind, known in (("colours", COLOURS), ("places", PLACES), ("sizes or ages", SIZES)):
        if said := [token for token in tokens if token in known]:
            yield f"“{' '.join(said)}” is not understood: the offline vocabulary knows no {kind}."
    if said := [t for t in tokens if t not in COLOURS | PLACES | SIZES | DETERMINERS]:
        yield f"“{' '.join(said)}” is not understood by the offline vocabulary and was left out."


def singulars(phrase: str) -> Iterator[str]:
    """Give the phrase itself, then what it may be the plural of."""
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
