"""Each authority's sending window, read from the database."""

from __future__ import annotations

from datetime import date, time
from hashlib import sha256

from sqlalchemy import select

from notifications.windows import ALWAYS, Nation, SendingWindow, weekdays
from survey_app.extensions import db, settings
from survey_app.models.authorities import SendingTerms


def window_of(authority_id: int) -> SendingWindow:
    """An authority's window; where nobody decided, weekdays in the settings' time zone, and always in a demo."""
    terms = db.session.get(SendingTerms, authority_id)
    if terms is not None:
        return to_window(terms)
    return ALWAYS if settings().demo else weekdays(settings().default_time_zone)


def window_of_person(authority_id: int, hours: str | None) -> SendingWindow:
    """An authority's window, or a person's own hours in it: bank holidays and closures are no days off for a shift."""
    window = window_of(authority_id)
    return window if hours is None else window.with_hours(hours)


def windows_of_all() -> dict[int, SendingWindow]:
    """The windows that were decided on, by authority."""
    return {terms.authority_id: to_window(terms) for terms in db.session.scalars(select(SendingTerms))}


def to_window(terms: SendingTerms) -> SendingWindow:
    """Terms as they are stored, as a window."""
    return SendingWindow(
        time_zone=terms.time_zone,
        nation=None if terms.nation is None else Nation(terms.nation),
        opens=time.fromisoformat(terms.opens),
        closes=time.fromisoformat(terms.closes),
        days=frozenset(int(day) for day in terms.days),
        closures=frozenset(date.fromisoformat(day) for day in terms.closures),
    )


def to_terms(authority_id: int, window: SendingWindow) -> SendingTerms:
    """A window as it is stored, of which `to_window` is the inverse."""
    return SendingTerms(
        authority_id=authority_id,
        time_zone=window.time_zone,
        nation=window.nation,
        opens=window.opens.isoformat("minutes"),
        closes=window.closes.isoformat("minutes"),
        days="".join(str(day) for day in sorted(window.days)),
        closures=sorted(day.isoformat() for day in window.closures),
    )


def version_of(window: SendingWindow) -> str:
    """What tells one window from another, to see whether somebody changed it since a page was opened."""
    terms = to_terms(0, window)
    parts = (terms.time_zone, terms.nation, terms.opens, terms.closes, terms.days, *terms.closures)
    return sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]
