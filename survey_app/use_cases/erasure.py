"""Forget a person: what is kept of them, and the answers they gave to waves that are still open."""

from __future__ import annotations

from collections.abc import Sequence
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
    db.session.commit()


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
