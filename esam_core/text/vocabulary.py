"""The offline vocabulary: English nouns and the ImageNet classes that each of them covers.

Other words of a text are ignored, with a notice for each.
"""

import difflib
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from esam_core.errors import UnknownWord
from esam_core.images import asset
from esam_core.text.phrases import (
    COLOUR_WORDS,
    DETERMINERS,
    PLACE_WORDS,
    SIZE_WORDS,
    ParsedText,
    cut_relation,
    foreign_signs,
    ignored_words,
    is_plural,
    singulars,
    tokens_of,
)

NAMED = 4  # classes in a notice
EXAMPLES = ("dog", "boat", "clock")
WHY_REFUSED = {
    "around": "the offline words name things, not what is around them",
    "part": "the offline words name whole things, not their parts",
    "unlike": "no offline word names anything that looks like it",
    "measured": "what comes nearest to it finds more wrong things than right ones",
}
MAX_CLASSES = 600  # broader words match nearly everything: "object" covers 958 of 1000 classes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a common word is not looked for, a key of ``WHY_REFUSED``, and words that work."""

    why: str
    instead: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Words and the classes they cover.

    Args:
        names: One name per class.
        words: Maps a word to the classes it covers.
        everyday: Maps a word to the closest classes, chosen by hand.
        nearest: Maps a word to the closest word in ``words``, found automatically; sometimes wrong.
        refused: Common words that would find wrong things.
    """

    names: tuple[str, ...]
    words: Mapping[str, tuple[int, ...]]
    everyday: Mapping[str, tuple[int, ...]]
    nearest: Mapping[str, str]
    refused: Mapping[str, Refusal]

    def parse(self, text: str) -> ParsedText:
        """Find the noun in a text, with notices about ignored words.

        Raises:
            UnknownWord: No word of the text is known; the message suggests similar known words.
        """
        tokens = tokens_of(text)
        if not tokens:
            raise UnknownWord(
                f"{_shown(text)}: the offline vocabulary knows English nouns only, such as dog, "
                "boat or clock.",
                EXAMPLES,
            )
        notices = []
        if foreign := foreign_signs(text):
            notices.append(f"“{foreign}” is not understood: the offline vocabulary knows English.")
        while len(tokens) > 1 and tokens[0] in DETERMINERS:
            tokens = tokens[1:]
        if self._find(" ".join(tokens)) is None:
            tokens, rest = cut_relation(tokens)
            if rest:
                notices.append(
                    f"“{rest}” is not understood: the offline vocabulary knows things, not where "
                    "they are or what they do."
                )
        self._refuse(text, tokens)
        for start in range(len(tokens)):
            # After an ignored word, a word of ``nearest`` would be too uncertain.
            certain = DETERMINERS.union(COLOUR_WORDS, PLACE_WORDS, SIZE_WORDS).issuperset(
                tokens[:start]
            )
            found = self._find(" ".join(tokens[start:]), far=certain)
            if found is not None:
                notices += ignored_words(tokens[:start])
                return self._parsed(text, found, " ".join(tokens[start:]), notices)
        close = self.suggestions(" ".join(tokens))
        advice = f"Did you mean {' or '.join(close)}?" if close else "Try a simpler noun."
        raise UnknownWord(f"{_shown(text)} is not in the offline vocabulary. {advice}", close)

    def suggestions(self, phrase: str, count: int = 3) -> list[str]:
        """Return known words spelled like a phrase or its last word, best first."""
        for wanted in dict.fromkeys([phrase, phrase.split(" ")[-1]]):
            for known in self._spellings:
                close = difflib.get_close_matches(wanted, known, count, cutoff=0.75)
                if close:
                    return close
        return []

    @cached_property
    def _spellings(self) -> tuple[list[str], list[str]]:
        return list({**self.words, **self.everyday}), list(self.nearest)

    def _find(self, phrase: str, *, far: bool = True) -> str | None:
        """Return the entry for a phrase or its singular; ``far`` includes the words in ``nearest``.

        Many of those begin with a colour ("black cat" is a marten). If the noun alone is known,
        such a phrase is read as a colour and the noun.
        """
        first, _, noun = phrase.partition(" ")
        far = far and not (noun and first in COLOUR_WORDS and self._find(noun))
        for form in singulars(phrase):
            if form in self.everyday or form in self.words or (far and form in self.nearest):
                return form
        return None

    def _parsed(self, text: str, entry: str, phrase: str, notices: list[str]) -> ParsedText:
        approximate = entry not in self.words or entry in self.everyday
        if entry in self.everyday:
            classes = self.everyday[entry]
            near = ", ".join(self.names[i] for i in classes[:NAMED])
            more = f" and {len(classes) - NAMED} more" if len(classes) > NAMED else ""
            notices.append(f"“{entry}” is looked for as {near}{more}, the nearest that is known.")
        elif entry in self.words:
            classes = self.words[entry]
        else:
            classes = self.words[self.nearest[entry]]
            notices.append(
                f"“{entry}” is looked for as “{self.nearest[entry]}”, which is approximate and may "
                "be wrong."
            )
        if len(classes) > MAX_CLASSES:
            raise UnknownWord(
                f"“{entry}” means {len(classes)} of the {len(self.names)} things that the offline "
                "vocabulary knows; use a narrower word, such as animal, vehicle or furniture.",
                ("animal", "vehicle", "furniture"),
            )
        plural = phrase != entry or is_plural(text)
        return ParsedText(text, entry, plural, classes, approximate, tuple(notices))

    def _refuse(self, text: str, tokens: list[str]) -> None:
        """Refuse a phrase that ends in a refused word, unless the phrase itself is known."""
        for start in range(len(tokens)):
            phrase = " ".join(tokens[start:])
            for form in singulars(phrase):
                if refusal := self.refused.get(form):
                    raise UnknownWord(
                        f"{_shown(text)} cannot be found offline: {WHY_REFUSED[refusal.why]}. "
                        f"Try {' or '.join(refusal.instead)}.",
                        refusal.instead,
                    )
            if self._find(phrase, far=False):
                return


def load_vocabulary() -> Vocabulary:
    """Load the vocabulary bundled with the project."""
    with gzip.open(asset("words", "imagenet_words.json.gz"), "rt", encoding="utf-8") as file:
        table = json.load(file)
    by_hand = json.loads(asset("words", "everyday_words.json").read_text(encoding="utf-8"))
    refused = json.loads(asset("words", "refused_words.json").read_text(encoding="utf-8"))
    index = {name: i for i, name in enumerate(table["names"])}
    return Vocabulary(
        names=tuple(table["names"]),
        words={word: tuple(classes) for word, classes in table["words"].items()},
        everyday={word: tuple(index[name] for name in names) for word, names in by_hand.items()},
        nearest=table["nearest"],
        refused={
            word: Refusal(group["why"], tuple(group["try"]))
            for group in refused
            for word in group["words"]
        },
    )


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= 40 else line[:37] + '...'}”"
