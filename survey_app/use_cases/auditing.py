"""Write down who did what."""

from __future__ import annotations

from datetime import date, datetime

from survey_app.extensions import db
from survey_app.models.audit import AuditEntry


def note(actor: str, action: str, subject: str, now: datetime, **detail: str | int | date) -> None:
    """Add an entry to the audit log, in the running transaction: it is kept exactly if the act is."""
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in detail.items()}
    db.session.add(AuditEntry(happened_at=now, actor=actor, action=action, subject=subject, detail=plain))


def note_now(actor: str, action: str, subject: str, now: datetime, **detail: str | int | date) -> None:
    """Add an entry that is an act of its own, such as that something was read."""
    note(actor, action, subject, now, **detail)
    db.session.commit()
