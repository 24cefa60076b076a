"""Verdicts of the attacks on everything published."""

from __future__ import annotations

from sqlalchemy import select

from survey_app.extensions import db
from survey_app.models.publications import DisclosureAudit


def last_audit() -> DisclosureAudit | None:
    """The newest verdict; None where no attack was run yet."""
    return db.session.scalars(select(DisclosureAudit).order_by(DisclosureAudit.id.desc()).limit(1)).one_or_none()
