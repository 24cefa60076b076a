"""What came of the pulse before, for somebody who has just answered."""

from __future__ import annotations

from threading import Lock

from cachetools import TTLCache, cached
from cachetools.keys import hashkey

from survey_app.stores.last_time_words import LastTimeWords, last_time_in_words
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.responding import AnswerSheet
from survey_app.views.languages import current_language


@cached(
    TTLCache(maxsize=20_000, ttl=60),
    key=lambda sheet: hashkey(sheet.public_key, sheet.team_key, current_language()),
    lock=Lock(),
)
def last_time_of(sheet: AnswerSheet) -> LastTimeWords | None:
    """What may be said to somebody with this answer sheet; None where nothing was shown of their team.

    Looked up once a minute for each team.
    """
    titles = {scale.id: scale.title for scale in sheet.instrument.scales}
    return last_time_in_words(DatabaseResults(sheet.programme), sheet.team_key, titles, current_language())
