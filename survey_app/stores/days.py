"""Days in the words of a language."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date

LOCALES = {"en": "en_GB", "cy": "cy_GB"}


def long_day(moment: datetime, language: str = "en") -> str:
    """A day as people say it in a sentence: `Friday 4 December`, `dydd Gwener 4 Rhagfyr`."""
    day = format_date(moment, "EEEE d MMMM", locale=LOCALES[language])
    return day.replace("Dydd", "dydd") if language == "cy" else day  # CLDR has it as it stands alone


def short_day(moment: datetime, language: str = "en") -> str:
    """A day in few letters: `Fri 4 Dec`."""
    return str(format_date(moment, "EEE d MMM", locale=LOCALES[language]))
