"""What came of the pulse before, for somebody who has just answered."""

from __future__ import annotations

from threading import Lock

from cachetools import TTLCache, cached
from cachetools.keys import hashkey

from dashboards.pages.last_time import LastTime, build_last_time
from survey_app.stores.last_time_facts import from_facts
from survey_app.stores.last_time_words import LastTimeWords, last_time_in_words
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.responding import AnswerSheet
from survey_app.views.languages import current_language


def last_time_of(sheet: AnswerSheet) -> LastTimeWords | None:
    """What may be said to somebody with this answer sheet; None where nothing was shown of their team."""
    told = _stored(sheet) if sheet.is_drawn else _read(sheet)
    titles = {scale.id: scale.title for scale in sheet.instrument.scales}
    return last_time_in_words(told, titles, current_language()) if told else None


def _stored(sheet: AnswerSheet) -> LastTime | None:
    return from_facts(sheet.last_time) if sheet.last_time else None


@cached(TTLCache(maxsize=20_000, ttl=60), key=lambda sheet: hashkey(sheet.public_key, sheet.team_key), lock=Lock())
def _read(sheet: AnswerSheet) -> LastTime | None:
    """From what was published, once a minute for each team: until its pictures are drawn, or where it has none."""
    return build_last_time(DatabaseResults(sheet.programme), sheet.team_key)
