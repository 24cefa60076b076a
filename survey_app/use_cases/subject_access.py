"""What is held on one person, for an answer to their request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.participants import ContactPoint, Membership, OptOut, Participant
from survey_app.models.pulses import Wave
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import UnknownParticipant
from survey_app.use_cases.groups import find_group

NOT_IN_HERE = (
    "Answers: nothing links them to anybody, so nobody can find whose they are (UK GDPR, article 11).",
    "Whether a pulse was answered: it is kept until the invitation is deleted, so that nobody is reminded who has "
    "answered, and shown to nobody, whoever asks for this file. The own link says it to whoever holds it.",
    "Which reminders were sent, because that would say the same.",
)
"""What the file leaves out, and why."""


def held_on(authority_key: str, staff_ref: str, *, by: str, now: datetime, vault: Vault) -> dict[str, Any]:  # Any: JSON
    """Everything that is held on a participant and may be read by whoever answers their request; asking is logged.

    Raises
    ------
    UnknownGroup, UnknownParticipant
        There is no such authority, or nobody there has this reference.
    """
    authority = find_group(authority_key, Level.AUTHORITY)
    person = db.session.scalar(
        select(Participant).where(Participant.authority_id == authority.id, Participant.staff_ref == staff_ref)
    )
    if person is None:
        db.session.rollback()
        raise UnknownParticipant(staff_ref, authority_key)
    held = {
        "as_of": now.isoformat(timespec="seconds"),
        "authority": authority.name,
        "staff_ref": person.staff_ref,
        "name": vault.decrypt(person.name_encrypted) if person.name_encrypted else "",
        "role": person.role or "",
        "language": person.language,
        "hours": person.hours or "",
        "contact_details": _contacts(person.id, vault),
        "teams": _teams(person.id),
        "asked": _asked(person.id),
        "not_in_here": list(NOT_IN_HERE),
    }
    note(by, "read what is held on a participant", authority_key, now)
    db.session.commit()
    return held


def _contacts(person: int, vault: Vault) -> list[dict[str, str]]:
    rows = db.session.scalars(
        select(ContactPoint).where(ContactPoint.participant_id == person).order_by(ContactPoint.channel)
    ).all()
    return [
        {
            "channel": row.channel,
            "address": vault.decrypt(row.address_encrypted),
            "not_used_because": row.invalid_code or "",
            "wish": _wish(row),
        }
        for row in rows
    ]


def _wish(contact: ContactPoint) -> str:
    found = db.session.get(OptOut, (contact.channel, contact.address_hash))
    if found is None:
        return ""
    what = "no reminders" if found.scope == "reminders" else "no messages"
    return f"{what}, since {found.created_at.date().isoformat()}"


def _teams(person: int) -> list[dict[str, str]]:
    rows = db.session.execute(
        select(Group.name, Membership.started_on, Membership.ended_on)
        .join(Group, Group.id == Membership.team_id)
        .where(Membership.participant_id == person)
        .order_by(Membership.started_on, Membership.id)
    ).all()
    return [
        {"team": name, "from": begins.isoformat(), "until": ended.isoformat() if ended else ""}
        for name, begins, ended in rows
    ]


def _asked(person: int) -> Sequence[str]:
    """The pulses that they were asked to answer; not whether they did."""
    waves = (
        select(Wave.label)
        .join(Invitation, Invitation.wave_id == Wave.id)
        .where(Invitation.participant_id == person)
        .order_by(Wave.opens_at, Wave.id)
    )
    return list(db.session.scalars(waves))
