"""Forget a person: what is kept of them, and the answers they gave to waves that are still open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Attempt, Message
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.models.pulses import Wave, WaveState
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import UnknownParticipant
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.responding import forget_response


def erase_participant(authority_key: str, staff_ref: str, *, by: str, now: datetime, vault: Vault) -> int:
    """Delete a participant, how to reach them, what was sent to them, and their ballots in open waves.

    Answers to closed waves cannot be found: nothing links them to anybody. What was published of them stays, being
    about k people or more. A wish for no more messages is kept, as a hash of the address. The audit log says that
    somebody was erased, and not who.

    Returns
    -------
    int
        How many ballots of open waves were deleted.

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
    forgotten = _forget_open_answers(person, vault)
    invitations = select(Invitation.id).where(Invitation.participant_id == person)
    contacts = select(ContactPoint.id).where(ContactPoint.participant_id == person)
    messages = or_(Message.invitation_id.in_(invitations), Message.contact_point_id.in_(contacts))
    for statement in (
        delete(Attempt).where(Attempt.message_id.in_(select(Message.id).where(messages))),
        delete(Message).where(messages),
        delete(Invitation).where(Invitation.participant_id == person),
        delete(ContactPoint).where(ContactPoint.participant_id == person),
        delete(Membership).where(Membership.participant_id == person),
        delete(Participant).where(Participant.id == person),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    note(by, "erase a participant", authority_key, now, open_answers=forgotten)
    db.session.commit()
    return forgotten


def _forget_open_answers(person: int, vault: Vault) -> int:
    """Delete ballots of waves that are open; the lock makes a closing wait, or be waited for."""
    waves = db.session.scalars(
        select(Wave.id)
        .join(Invitation, Invitation.wave_id == Wave.id)
        .where(Invitation.participant_id == person, Wave.state == WaveState.OPEN)
        .order_by(Wave.id)
        .with_for_update(read=True, of=Wave)
    ).all()
    invitations = db.session.scalars(
        select(Invitation.id).where(Invitation.participant_id == person, Invitation.wave_id.in_(waves))
    ).all()
    return sum(forget_response(invitation, vault) for invitation in invitations)
