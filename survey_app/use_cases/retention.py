"""Delete what was promised to be deleted, each day: contact details, invitations and messages, answers.

Everything is counted before it is deleted, so that a run without deleting says exactly what one would delete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select

from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.accounts import (
    Identity,
    RecoveryCode,
    RoleGrant,
    SecondFactor,
    SecondStepReset,
    Session,
    SignInRequest,
)
from survey_app.models.clock import ClockBeat
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Attempt, DeliveryEvent, Message
from survey_app.models.participants import ContactPoint, Membership
from survey_app.models.pulses import Wave, WaveState
from survey_app.models.webhooks import CallState, WebhookCall
from survey_app.use_cases.auditing import note
from survey_app.use_cases.erasure import forget_people
from survey_app.use_cases.old_answers import count_answers_of_waves_closed_before, forget_answers_of_waves_closed_before

BEAT = "retention"
"""The name under which the clock remembers when it last ran."""
EVERY = timedelta(days=1)
_MONTH = timedelta(days=30.4375)


@dataclass(frozen=True)
class Deleted:
    """How much was deleted, or would be."""

    people: int
    leads: int
    invitations: int
    messages: int
    answers: int

    @property
    def is_nothing(self) -> bool:
        """Whether there was nothing to delete."""
        return not any(asdict(self).values())


@dataclass(frozen=True)
class _Limits:
    """Days before which something is too old."""

    contacts: datetime
    invitations: datetime
    answers: datetime

    @classmethod
    def at(cls, now: datetime, settings: Settings) -> _Limits:
        return cls(
            contacts=now - timedelta(days=settings.keep_contacts_days),
            invitations=now - timedelta(days=settings.keep_invitations_days),
            answers=now - settings.keep_answers_months * _MONTH,
        )


def is_due(now: datetime) -> bool:
    """Whether the last run is a day ago or more."""
    last = db.session.get(ClockBeat, BEAT, populate_existing=True)
    return last is None or now - last.beat_at >= EVERY


def run_retention(now: datetime, settings: Settings, vault: Vault, *, dry_run: bool = False) -> Deleted:
    """Delete what is older than it may be, and say how much; once more deletes nothing. The log has the counts."""
    limits = _Limits.at(now, settings)
    people, leads = _leavers(limits), _former_leads(limits)
    invitations, messages = _old_invitations(limits), _old_messages(limits)
    found = Deleted(
        people=len(people),
        leads=len(leads),
        invitations=_count(select(Invitation.id).where(invitations)),
        messages=_count(select(Message.id).where(messages)),
        answers=count_answers_of_waves_closed_before(limits.answers),
    )
    if dry_run:
        db.session.rollback()
        return found
    if not found.is_nothing:
        _forget_messages(messages)
        _forget(Invitation, invitations)
        forget_people(people, vault)
        _forget_leads(leads)
        forget_answers_of_waves_closed_before(limits.answers)
        note("clock", "retention", "", now, **asdict(found))
    _forget_traces(limits)
    db.session.merge(ClockBeat(name=BEAT, beat_at=now))
    db.session.commit()
    return found


def _leavers(limits: _Limits) -> list[int]:
    """Participants whose last day in any team is too long ago."""
    last = func.max(Membership.ended_on)
    open_ended = func.count().filter(Membership.ended_on.is_(None))
    return list(
        db.session.scalars(
            select(Membership.participant_id)
            .group_by(Membership.participant_id)
            .having(and_(open_ended == 0, last < limits.contacts.date()))
            .order_by(Membership.participant_id)
        )
    )


def _former_leads(limits: _Limits) -> list[int]:
    """Accounts that can still be written to, though their last role ended too long ago."""
    last = func.max(RoleGrant.ended_at)
    held = func.count().filter(RoleGrant.ended_at.is_(None))
    return list(
        db.session.scalars(
            select(RoleGrant.account_id)
            .join(ContactPoint, ContactPoint.account_id == RoleGrant.account_id)
            .group_by(RoleGrant.account_id)
            .having(and_(held == 0, last < limits.contacts))
            .order_by(RoleGrant.account_id)
        )
    )


def _closed_before(moment: datetime) -> Select[int]:
    over = (WaveState.CLOSED, WaveState.WITHDRAWN)
    return select(Wave.id).where(Wave.state.in_(over), Wave.closed_at < moment, Wave.compacted_at.is_not(None))


def _old_invitations(limits: _Limits) -> ColumnElement[bool]:
    return Invitation.wave_id.in_(_closed_before(limits.invitations))


def _old_messages(limits: _Limits) -> ColumnElement[bool]:
    """Those of waves that closed long ago; and of no wave, such as sign-in links, those that were due long ago."""
    of_no_wave = and_(Message.wave_id.is_(None), Message.not_before < limits.invitations)
    return or_(Message.wave_id.in_(_closed_before(limits.invitations)), of_no_wave)


def _forget_messages(condition: ColumnElement[bool]) -> None:
    _forget(Attempt, Attempt.message_id.in_(select(Message.id).where(condition)))
    _forget(Message, condition)


def _forget_leads(accounts: Sequence[int]) -> None:
    """Delete how to reach former leads and how they signed in; their names stay with what they did and could see."""
    contacts = select(ContactPoint.id).where(ContactPoint.account_id.in_(accounts))
    _forget_messages(Message.contact_point_id.in_(contacts))
    for table in (SignInRequest, Session, SecondStepReset, SecondFactor, RecoveryCode, Identity, ContactPoint):
        _forget(table, table.account_id.in_(accounts))


def _forget_traces(limits: _Limits) -> None:
    """Delete what nobody counts: reports of providers, used links, sessions that are over, calls that were taken."""
    _forget(DeliveryEvent, DeliveryEvent.received_at < limits.invitations)
    unlinked = ~select(Message.id).where(Message.sign_in_request_id == SignInRequest.id).exists()
    _forget(SignInRequest, and_(SignInRequest.expires_at < limits.invitations, unlinked))
    _forget(Session, Session.expires_at < limits.invitations)
    settled = and_(
        WebhookCall.state.in_((CallState.TAKEN, CallState.FAILED)), WebhookCall.settled_at < limits.invitations
    )
    _forget(WebhookCall, settled)


def _forget(table: type, condition: ColumnElement[bool]) -> None:
    db.session.execute(delete(table).where(condition).execution_options(synchronize_session=False))


def _count(rows: Select[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
