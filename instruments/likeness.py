"""Whether two wordings of the same thing are the same, a correction, or another wording."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from instruments.definitions import Wording

if TYPE_CHECKING:
    from spellchecker import SpellChecker

_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": ".", "\u00ad": None})
_SAYS_NOTHING = frozenset(".,;:!?\"'-()[]/*_ ")
_LANGUAGES_WITH_WORDS = frozenset({"en", "es", "fr", "pt", "de", "it", "nl"})


class Likeness(IntEnum):
    """How alike two wordings are."""

    SAME = 0
    CORRECTED = 1
    REWRITTEN = 2


def likeness(before: Wording, after: Wording, languages: Sequence[str]) -> Likeness:
    """Compare a wording in the languages that both have.

    A changed text in the first language counts as a correction only where it differs in case, blanks, a doubled word or
    punctuation that says nothing; or in one letter of a word, or a blank within it, where one of the two spellings is
    a word of the language and the other is none: what a typing error is. All else is another wording, because no
    rule can tell that a rewritten sentence still means the same: *never* and *ever* differ by a letter. Where the first
    language stays word for word, other languages are translations of the same text, and a change there is a correction.

    Parameters
    ----------
    languages
        The languages of the earlier version; the first is the one it was written in.
    """
    if dict(before) == dict(after):
        return Likeness.SAME
    if bool(before) != bool(after):
        return Likeness.REWRITTEN
    source = next((language for language in languages if language in before), None)
    if source is None or source not in after:
        return Likeness.REWRITTEN
    found = _alike(before[source], after[source], source)
    if found is Likeness.SAME and all(after[language] == before[language] for language in before if language in after):
        return Likeness.SAME
    return max(found, Likeness.CORRECTED)


def _alike(before: str, after: str, language: str) -> Likeness:
    if before == after:
        return Likeness.SAME
    ours, theirs = _tokens(before), _tokens(after)
    if not ours or not theirs:
        return Likeness.REWRITTEN
    if ours == theirs:
        return Likeness.CORRECTED
    if len(ours) == len(theirs):
        slips = all(one == other or _is_slip(one, other, language) for one, other in zip(ours, theirs, strict=True))
        return Likeness.CORRECTED if slips else Likeness.REWRITTEN
    return Likeness.CORRECTED if _is_joined(ours, theirs, language) else Likeness.REWRITTEN


def _tokens(text: str) -> list[str]:
    """Words and numbers in any script, and every sign that may mean something: `<`, an emoji, a hyphen at a digit."""
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN).casefold()
    tokens: list[str] = []
    in_word = False
    for before, letter, after in zip(" " + plain, plain, plain[1:] + " ", strict=False):
        is_word = _is_word(letter) or (letter == "'" and before.isalpha() and after.isalpha())
        if is_word and in_word:
            tokens[-1] += letter
        elif is_word or _says_something(before, letter, after):
            tokens.append(letter)
        in_word = is_word
    return [token for token, _ in groupby(tokens)]


def _is_word(letter: str) -> bool:
    """Whether a letter, a mark on one, or a digit: vowel signs of many scripts are marks."""
    return unicodedata.category(letter)[0] in "LMN"


def _says_something(before: str, letter: str, after: str) -> bool:
    """Whether a sign between words may change what they mean; at a digit, even a point or a hyphen does."""
    if letter.isspace():
        return False
    return letter not in _SAYS_NOTHING or after.isdigit() or (before.isdigit() and letter in ".,:-/" and after != " ")


def _is_slip(one: str, other: str, language: str) -> bool:
    """Whether two spellings differ by one letter left out, doubled, mistaken or swapped, and one of them is no word."""
    return one.isalpha() and other.isalpha() and _is_one_letter_off(one, other) and _is_misspelt(one, other, language)


def _is_one_letter_off(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == len(longer):
        places = [place for place, (a, b) in enumerate(zip(shorter, longer, strict=True)) if a != b]
        if len(places) == 2 and places[1] == places[0] + 1:
            first, second = places
            return (shorter[first], shorter[second]) == (longer[second], longer[first])
        return len(places) == 1
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def _is_joined(ours: Sequence[str], theirs: Sequence[str], language: str) -> bool:
    """Whether a blank was put into or left out of a word, and the joined spelling is no word."""
    fewer, more = sorted((ours, theirs), key=len)
    if len(more) != len(fewer) + 1:
        return False
    place = next((at for at, (a, b) in enumerate(zip(fewer, more, strict=False)) if a != b), len(fewer) - 1)
    rebuilt = [*more[:place], more[place] + more[place + 1], *more[place + 2 :]]
    return rebuilt == list(fewer) and language in _LANGUAGES_WITH_WORDS and fewer[place] not in _words(language)


def _is_misspelt(one: str, other: str, language: str) -> bool:
    """Whether exactly one of two spellings is a word; in a language whose words nobody listed, nothing is."""
    return language in _LANGUAGES_WITH_WORDS and (one in _words(language)) != (other in _words(language))


@cache
def _words(language: str) -> SpellChecker:
    from spellchecker import SpellChecker  # here: its lists take half a second to read, and are seldom needed

    return SpellChecker(language=language)
