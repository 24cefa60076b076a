"""Whether two wordings of the same thing are the same, a correction, or another wording."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import IntEnum
from itertools import groupby

from instruments.definitions import Wording

_SHORTEST_MISSPELT = 4
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00ad": None})


class Likeness(IntEnum):
    """How alike two wordings are."""

    SAME = 0
    CORRECTED = 1
    REWRITTEN = 2


def likeness(before: Wording, after: Wording, languages: Sequence[str]) -> Likeness:
    """Compare a wording in the languages that both have.

    A changed text in the first language counts as a correction only where it differs in punctuation, case, blanks,
    a doubled word, or a single letter of words of four letters or more: what a typing error looks like. All else is
    another wording, because no rule can tell that a rewritten sentence still means the same. Where the first language
    stays the same word for word, other languages are translations of the same text, and a change there is a
    correction.

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
    found = _alike(before[source], after[source])
    if found is Likeness.SAME and all(after[language] == before[language] for language in before if language in after):
        return Likeness.SAME
    return max(found, Likeness.CORRECTED)


def _alike(before: str, after: str) -> Likeness:
    if before == after:
        return Likeness.SAME
    ours, theirs = _words(before), _words(after)
    if ours == theirs or "".join(ours) == "".join(theirs):
        return Likeness.CORRECTED
    if len(ours) != len(theirs):
        return Likeness.REWRITTEN
    slips = all(one == other or _is_slip(one, other) for one, other in zip(ours, theirs, strict=True))
    return Likeness.CORRECTED if slips else Likeness.REWRITTEN


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFC", text).translate(_QUOTES).casefold()
    words = re.findall(r"[\w']+", plain)
    return [word for word, _ in groupby(words)]


def _is_slip(one: str, other: str) -> bool:
    """Whether two words differ by one letter that was left out, doubled, mistaken or swapped with its neighbour."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _SHORTEST_MISSPELT or any(letter.isdigit() for letter in one + other):
        return False
    if len(shorter) == len(longer):
        places = [place for place, (a, b) in enumerate(zip(shorter, longer, strict=True)) if a != b]
        swapped = len(places) == 2 and places[1] == places[0] + 1 and shorter[places[0]] == longer[places[1]]
        return len(places) == 1 or (swapped and shorter[places[1]] == longer[places[0]])
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
