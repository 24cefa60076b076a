"""A lost phone: one programme lead asks for somebody's second step to be forgotten, another does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from survey_app.extensions import db
from survey_app.models.accounts import Account, RoleGrant, SecondFactor, SecondStepReset
from survey_app.models.groups import Group
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import NotByOneself, UnknownRole
from survey_app.use_cases.second_steps import forget_second_factor

GOOD_FOR = timedelta(days=1)
"""From then on it has to be asked for again."""


@dataclass(frozen=True)
class Reset:
    """That somebody's second step is to be forgotten, and who asks for it."""

    asked_by_id: int
    asked_by: str


def reset_second_step(account_id: int, viewer: Viewer, now: datetime) -> bool:
    """Ask for somebody's second step to be forgotten; where another lead has asked for it already, forget it.

    Returns
    -------
    bool
        Whether it is forgotten. Asking twice is asking once.

    Raises
    ------
    UnknownRole
        Nobody of the programme has this account, or they have no second step.
    NotByOneself
        It is one's own: whoever holds the session must not get a new app by it.
    """
    if account_id == viewer.account_id:
        raise NotByOneself
    name = _name_of(account_id, viewer)
    factor = db.session.scalar(select(SecondFactor).where(SecondFactor.account_id == account_id).with_for_update())
    if name is None or factor is None:
        db.session.rollback()
        raise UnknownRole
    asked = db.session.get(SecondStepReset, account_id, populate_existing=True)
    if asked is not None and now - asked.asked_at <= GOOD_FOR and asked.asked_by != viewer.account_id:
        db.session.delete(asked)
        forget_second_factor(account_id, of=name, by=viewer.name, now=now)
        return True
    db.session.merge(SecondStepReset(account_id=account_id, asked_by=viewer.account_id, asked_at=now))
    note(viewer.name, "ask to forget second step", name, now)
    db.session.commit()
    return False


def resets_asked_for(now: datetime) -> dict[int, Reset]:
    """By account, the resets that wait for a second lead."""
    rows = db.session.execute(
        select(SecondStepReset, Account.name)
        .join(Account, Account.id == SecondStepReset.asked_by)
        .where(SecondStepReset.asked_at >= now - GOOD_FOR)
    )
    return {row.account_id: Reset(row.asked_by, name) for row, name in rows}


def accounts_with_apps() -> frozenset[int]:
    """Accounts that have set up an authenticator app."""
    return frozenset(db.session.scalars(select(SecondFactor.account_id).where(SecondFactor.confirmed_at.is_not(None))))


def forget_resets(now: datetime) -> None:
    """Delete what nobody confirmed within a day."""
    db.session.execute(delete(SecondStepReset).where(SecondStepReset.asked_at < now - GOOD_FOR))
    db.session.commit()


def _name_of(account_id: int, viewer: Viewer) -> str | None:
    return db.session.scalar(
        select(Account.name)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .join(Group, Group.id == RoleGrant.group_id)
        .where(Account.id == account_id, RoleGrant.ended_at.is_(None), Group.key.in_(viewer.inside))
        .limit(1)
    )
