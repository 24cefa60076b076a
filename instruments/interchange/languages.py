"""Names of languages as XLSForm columns write them, `English (en)`."""

from __future__ import annotations

import re

_NAMES = {
    "ar": "Arabic", "bn": "Bengali", "cy": "Cymraeg", "de": "German", "en": "English", "es": "Spanish",
    "fr": "French", "ga": "Irish", "gd": "Scottish Gaelic", "gu": "Gujarati", "hi": "Hindi", "it": "Italian",
    "km": "Khmer", "ne": "Nepali", "nl": "Dutch", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "so": "Somali", "sw": "Swahili", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip
_TAGS = {name.casefold(): tag for tag, name in _NAMES.items()} | {"welsh": "cy", "francais": "fr", "français": "fr"}
_IN_BRACKETS = re.compile(r"\(\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)?\s*\)\s*$")
_BARE_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*\Z")


def language_name(tag: str) -> str:
    """The name of a language with its tag: `English (en)`."""
    return f"{_NAMES.get(tag, tag)} ({tag})"


def language_tag(name: str) -> str:
    """The tag of a language by its name; the name's first three letters where neither is known.

    Examples
    --------
    >>> language_tag("English (en)"), language_tag("French"), language_tag("sw"), language_tag("Kiswahili")
    ('en', 'fr', 'sw', 'kis')
    """
    name = name.strip()
    if found := _IN_BRACKETS.search(name):
        return found[1].lower()
    if name.casefold() in _TAGS:
        return _TAGS[name.casefold()]
    if bare := _BARE_TAG.match(name.casefold()):
        return bare[1]
    letters = re.sub(r"[^a-z]", "", name.casefold())[:3]
    return letters if len(letters) > 1 else "und"
