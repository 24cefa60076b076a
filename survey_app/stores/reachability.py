"""Which addresses anything can reach."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_

from survey_app.models.participants import ContactPoint


def can_be_reached(now: datetime) -> ColumnElement[bool]:
    """Addresses that no provider says are nobody's, and that are not paused after mails that came back."""
    return and_(
        ContactPoint.invalid_code.is_(None),
        or_(ContactPoint.paused_until.is_(None), ContactPoint.paused_until <= now),
    )
