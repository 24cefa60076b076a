"""Which addresses anything can reach."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_

from survey_app.models.participants import ContactPoint, OptOut


def can_be_reached(now: datetime) -> ColumnElement[bool]:
    """Addresses that no provider says are nobody's, and that are not paused after mails that came back."""
    return and_(
        ContactPoint.invalid_code.is_(None),
        or_(ContactPoint.paused_until.is_(None), ContactPoint.paused_until <= now),
    )


def wants_none(*, of_reminders: bool = False) -> ColumnElement[bool]:
    """Addresses to which nothing more is wanted: nothing at all, or no reminders."""
    same = (OptOut.address_hash == ContactPoint.address_hash, OptOut.channel == ContactPoint.channel)
    return exists().where(*same, *(() if of_reminders else (OptOut.scope == "all",)))
