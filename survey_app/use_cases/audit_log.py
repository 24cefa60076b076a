"""The log of who did what, for whoever may read it: newest first, by who, what and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select

from survey_app.extensions import db
from survey_app.models.accounts import Account, RoleGrant
from survey_app.models.audit import AuditEntry
from survey_app.models.groups import Group
from survey_app.models.pulses import Pulse, Wave
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.groups import programme_of

ENTRIES_A_PAGE = 100


@dataclass(frozen=True)
class LogQuestion:
    """Which entries somebody asks for; empty fields ask for any."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class LogEntry:
    """One act in words."""

    happened_at: datetime
    actor: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True)
class LogPage:
    """Some entries, the kinds of acts that there are, and how many entries there are in all."""

    entries: tuple[LogEntry, ...]
    actions: tuple[str, ...]
    total: int


def read_log(viewer: Viewer, question: LogQuestion, page: int = 1) -> LogPage:
    """One page of what somebody may read and asked for; pages count from one."""
    wanted = _wanted(viewer, question)
    rows = db.session.scalars(wanted.limit(ENTRIES_A_PAGE).offset(ENTRIES_A_PAGE * (page - 1)))
    total = db.session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    actions = db.session.scalars(
        select(AuditEntry.action).where(_may_be_read(viewer)).distinct().order_by(AuditEntry.action)
    )
    return LogPage(tuple(map(_entry, rows)), tuple(actions), total)


def whole_log(viewer: Viewer, question: LogQuestion) -> Iterator[LogEntry]:
    """Everything that somebody may read and asked for."""
    return map(_entry, db.session.scalars(_wanted(viewer, question)))


def _wanted(viewer: Viewer, question: LogQuestion) -> Select[AuditEntry]:
    wanted = select(AuditEntry).where(_may_be_read(viewer))
    if question.actor:
        wanted = wanted.where(func.lower(AuditEntry.actor).contains(question.actor.lower(), autoescape=True))
    if question.action:
        wanted = wanted.where(AuditEntry.action == question.action)
    if question.subject:
        wanted = wanted.where(func.lower(AuditEntry.subject).contains(question.subject.lower(), autoescape=True))
    if question.since:
        wanted = wanted.where(AuditEntry.happened_at >= datetime.combine(question.since, time(), UTC))
    if question.until:
        wanted = wanted.where(
            AuditEntry.happened_at < datetime.combine(question.until, time(), UTC) + timedelta(days=1)
        )
    return wanted.order_by(AuditEntry.happened_at.desc(), AuditEntry.id.desc())


def _may_be_read(viewer: Viewer) -> ColumnElement[bool]:
    """Acts on groups that somebody governs, on their waves and pulses, and by and on people with a role there.

    Whoever governs the only programme of an installation reads everything.
    """
    governed = db.session.scalars(select(Group).where(Group.key.in_(viewer.governed))).all()
    programmes = {programme_of(group).id for group in governed}
    all_programmes = set(db.session.scalars(select(Group.id).where(Group.parent_id.is_(None))))
    if all_programmes <= {group.id for group in governed}:
        return AuditEntry.id.is_not(None)
    ids = [group.id for group in governed]
    names = select(Account.name).join(RoleGrant, RoleGrant.account_id == Account.id).where(RoleGrant.group_id.in_(ids))
    pulses = select(Pulse.key).where(Pulse.programme_id.in_(programmes))
    waves = select(Wave.key).join(Pulse, Pulse.id == Wave.pulse_id).where(Pulse.programme_id.in_(programmes))
    subject = AuditEntry.subject
    return or_(subject.in_(viewer.governed), subject.in_(names), subject.in_(pulses), subject.in_(waves))


def _entry(row: AuditEntry) -> LogEntry:
    detail = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in row.detail.items())
    return LogEntry(row.happened_at, row.actor, row.action, row.subject, detail)
