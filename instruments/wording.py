"""Rules of good wording: what to look at again before a version is released. None of them forbids a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from instruments.definitions import Instrument, Item

MOST_WORDS = 12
MOST_LETTERS = 90
MOST_ITEMS_ASKED = 16
_ONE_SEGMENT = 160
_DOUBLE_NEGATIVE = re.compile(
    r"\b(?:not|never|no|n't|cannot|nobody|nothing)\b.*\b(?:un\w{4,}|not|never|no|without)\b", re.I
)
_TWO_IDEAS = re.compile(r"\band/or\b|;", re.I)
_TYPOGRAPHIC = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00ad": None})
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€")


@dataclass(frozen=True)
class Remark:
    """Something to look at again: the key that it is about, and why."""

    key: str
    sentence: str


def review(instrument: Instrument) -> tuple[Remark, ...]:
    """Return what a careful editor would question: length, doubled texts, double negatives, text-message encoding."""
    remarks = list(_about_the_whole(instrument))
    for item in instrument.items:
        remarks += _about_length(item, instrument.languages[0])
        remarks += _about_text_message(item)
    return (*remarks, *_about_doubles(instrument))


def text_for_sms(item: Item, language: str) -> str:
    """The wording of an item for a text message: its own, or its text in letters that every phone takes.

    A single letter outside the GSM alphabet cuts a message's segments from 160 to 70 letters. Typographic quotation
    marks become plain, and letters outside the alphabet lose their accents, as Welsh texters write.
    """
    return item.sms_text.get(language) or plain(item.text[language])


def plain(text: str) -> str:
    """A text in the letters of the GSM alphabet, as near as letters without accents come.

    Examples
    --------
    >>> plain("fy nhîm’s tŷ")
    "fy nhim's ty"
    """
    return "".join(
        letter if is_gsm(letter) else unicodedata.normalize("NFD", letter)[0] for letter in text.translate(_TYPOGRAPHIC)
    )


def is_gsm(text: str) -> bool:
    """Whether a text consists of letters of the GSM 7-bit alphabet (3GPP TS 23.038) only."""
    return _GSM.union(_GSM_EXTENDED).issuperset(text)


def _about_the_whole(instrument: Instrument) -> Iterator[Remark]:
    banks = sum(bool(instrument.bank_of(scale)) for scale in instrument.scales)
    asked = len(instrument.core_items) + banks
    if asked > MOST_ITEMS_ASKED:
        yield Remark("items", f"asks each person {asked} items; a two-minute pulse has {MOST_ITEMS_ASKED} at most")
    if not instrument.scales:
        yield Remark("scales", "there is none, so nothing would be scored or shown")


def _about_length(item: Item, language: str) -> Iterator[Remark]:
    text = item.text[language]
    words = len(text.split())
    if words > MOST_WORDS:
        yield Remark(f"{item.id}.text.{language}", f"has {words} words; {MOST_WORDS} are read at a glance")
    if len(text) > MOST_LETTERS:
        yield Remark(f"{item.id}.text.{language}", f"has {len(text)} letters; {MOST_LETTERS} fit a small phone")
    if language == "en" and _DOUBLE_NEGATIVE.search(text):
        yield Remark(f"{item.id}.text.{language}", "reads like a double negative")
    if _TWO_IDEAS.search(text):
        yield Remark(f"{item.id}.text.{language}", "may ask two things at once")


def _about_text_message(item: Item) -> Iterator[Remark]:
    for language in item.text:
        text = text_for_sms(item, language)
        if not is_gsm(text):
            odd = "".join(sorted({letter for letter in text if not is_gsm(letter)}))
            yield Remark(f"{item.id}.sms_text.{language}", f"cannot be sent as a plain text message: {odd}")
        elif len(text) + sum(letter in _GSM_EXTENDED for letter in text) > _ONE_SEGMENT:
            yield Remark(f"{item.id}.sms_text.{language}", f"is longer than one text message of {_ONE_SEGMENT} letters")


def _about_doubles(instrument: Instrument) -> Iterator[Remark]:
    for language in instrument.languages:
        seen: dict[str, str] = {}
        for item in instrument.items:
            words = " ".join(re.findall(r"\w+", item.text[language].casefold()))
            if words in seen:
                yield Remark(f"{item.id}.text.{language}", f"says the same as {seen[words]}")
            seen.setdefault(words, item.id)
