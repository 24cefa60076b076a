"""Forget a person: what is kept of them, and the answers they gave to waves that are still open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, or_, select

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Attempt, Message
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.models.pulses import Wave, WaveState
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import UnknownParticipant
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.responding import forget_response


def erase_participant(authority_key: str, staff_ref: str, *, by: str, now: datetime, vault: Vault) -> None:
    """Delete a participant, how to reach them, what was sent to them, and their ballots in open waves.

    Answers to closed waves cannot be found: nothing links them to anybody. What was published of them stays, being
    about k people or more. A wish for no more messages is kept, as a hash of the address. The audit log says that
    somebody was erased, and not who; and nobody is told whether they had answered.

    Raises
    ------
    UnknownGroup, UnknownParticipant
        There is no such authority, or nobody there has this reference.
    """
    authority = find_group(authority_key, Level.AUTHORITY)
    person = db.session.scalar(
        select(Participant.id).where(Participant.authority_id == authority.id, Participant.staff_ref == staff_ref)
    )
    if person is None:
        db.session.rollback()
        raise UnknownParticipant(staff_ref, authority_key)
    forget_people([person], vault)
    note(by, "erase a participant", authority_key, now)
    _write_down(vault.erasures, _mark_of(authority_key, staff_ref, vault), now)
    db.session.commit()


def erased_since(ledger: Path, moment: datetime, vault: Vault) -> list[int]:
    """Participants who are in the database though they were erased after this moment: it comes from an older copy."""
    if not ledger.exists():
        return []
    lines = (line.split() for line in ledger.read_text(encoding="ascii").splitlines())
    erased = {mark for at, mark in lines if datetime.fromisoformat(at) >= moment}
    people = db.session.execute(
        select(Participant.id, Group.key, Participant.staff_ref).join(Group, Group.id == Participant.authority_id)
    )
    return [person for person, key, staff_ref in people if _mark_of(key, staff_ref, vault) in erased]


def _mark_of(authority_key: str, staff_ref: str, vault: Vault) -> str:
    """What the ledger knows somebody by: a keyed hash."""
    return vault.lookup_hash(f"erased {authority_key} {staff_ref}").hex()


def _write_down(ledger: Path, mark: str, now: datetime) -> None:
    """Add a line to the ledger, on disk before the database forgets: a backup that is older is told by it."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a", encoding="ascii") as file:
        file.write(f"{now.isoformat()} {mark}\n")
        file.flush()
        os.fsync(file.fileno())


def forget_people(people: Sequence[int], vault: Vault) -> None:
    """Delete these participants and everything that hangs on them, in the running transaction."""
    _forget_open_answers(people, vault)
    invitations = select(Invitation.id).where(Invitation.participant_id.in_(people))
    contacts = select(ContactPoint.id).where(ContactPoint.participant_id.in_(people))
    messages = or_(Message.invitation_id.in_(invitations), Message.contact_point_id.in_(contacts))
    for statement in (
        delete(Attempt).where(Attempt.message_id.in_(select(Message.id).where(messages))),
        delete(Message).where(messages),
        delete(Invitation).where(Invitation.participant_id.in_(people)),
        delete(ContactPoint).where(ContactPoint.participant_id.in_(people)),
        delete(Membership).where(Membership.participant_id.in_(people)),
        delete(Participant).where(Participant.id.in_(people)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))


def _forget_open_answers(people: Sequence[int], vault: Vault) -> None:
    """Delete ballots of waves that are open; the lock makes a closing wait, or be waited for."""
    waves = db.session.scalars(
        select(Wave.id)
        .join(Invitation, Invitation.wave_id == Wave.id)
        .where(Invitation.participant_id.in_(people), Wave.state == WaveState.OPEN)
        .order_by(Wave.id)
        .with_for_update(read=True, of=Wave)
    ).all()
    invitations = db.session.scalars(
        select(Invitation.id).where(Invitation.participant_id.in_(people), Invitation.wave_id.in_(waves))
    ).all()
    for invitation in invitations:
        forget_response(invitation, vault)
