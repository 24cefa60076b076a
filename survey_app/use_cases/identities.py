"""Whom a provider's identity belongs to here: connected by somebody who is signed in already, never by an address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.accounts import Identity
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.auditing import note, note_now
from survey_app.use_cases.identity_providers import Identified
from survey_app.use_cases.signing_in import start_session


def connect(viewer: Viewer, identified: Identified, now: datetime) -> bool:
    """Let somebody sign in with this identity from now on; False where it is somebody else's already."""
    known = db.session.get(Identity, (identified.issuer, identified.subject))
    if known is not None:
        is_own = known.account_id == viewer.account_id
        db.session.rollback()
        return is_own
    db.session.add(
        Identity(
            issuer=identified.issuer,
            subject=identified.subject,
            account_id=viewer.account_id,
            connected_at=now,
        )
    )
    note(viewer.name, "connect identity", viewer.name, now, issuer=identified.issuer)
    db.session.commit()
    return True


def disconnect(viewer: Viewer, now: datetime) -> None:
    """Let nobody sign in as somebody by a provider any more."""
    db.session.execute(delete(Identity).where(Identity.account_id == viewer.account_id))
    note(viewer.name, "disconnect identity", viewer.name, now)
    db.session.commit()


def is_connected(account_id: int) -> bool:
    """Whether somebody can sign in with a provider."""
    return db.session.scalar(select(Identity.account_id).where(Identity.account_id == account_id).limit(1)) is not None


def sign_in_as(identified: Identified, now: datetime, vault: Vault) -> str | None:
    """A new session's reference for whoever has connected this identity; None where nobody has."""
    known = db.session.get(Identity, (identified.issuer, identified.subject))
    if known is None:
        db.session.rollback()
        return None
    return start_session(known.account_id, now, vault, second_step=identified.took_second_step)


def note_refusal(reason: str, now: datetime) -> None:
    """Write down that a provider's answer was not believed, and why."""
    note_now("provider", "sign-in refused", "sign-in", now, reason=reason)
