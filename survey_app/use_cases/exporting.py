"""Exports of published figures: ordered on a page, made by a job, fetched by whoever ordered them, gone after a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select

from dashboards.exports.formats import KINDS, Format, file_name
from dashboards.snapshots import ReportingGroup
from survey_app.extensions import db
from survey_app.models.exports import ExportOrder
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import TooManyExports, UnknownExport
from survey_app.use_cases.reading import is_inside

KEPT_FOR = timedelta(days=1)
MOST_WAITING = 5
_GIVEN_UP_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class ExportStatus:
    """How far an export is."""

    id: UUID
    title: str
    group_key: str
    is_made: bool
    problem: str


def order_export(viewer: Viewer, group: ReportingGroup, kind: Format, now: datetime) -> UUID:
    """Order an export of a group that somebody may see, and of the groups inside where these are theirs too.

    Raises
    ------
    TooManyExports
        Several of theirs are being made already.
    """
    waiting = select(func.count()).where(
        ExportOrder.account_id == viewer.account_id,
        ExportOrder.content.is_(None),
        ExportOrder.problem.is_(None),
        ExportOrder.ordered_at > now - _GIVEN_UP_AFTER,
    )
    if (db.session.scalar(waiting) or 0) >= MOST_WAITING:
        db.session.rollback()
        raise TooManyExports
    order = ExportOrder(
        id=uuid4(),
        account_id=viewer.account_id,
        programme=viewer.programme,
        group_key=group.key,
        with_inside=is_inside(viewer, group),
        kind=kind,
        ordered_at=now,
        made_by=viewer.name,
    )
    db.session.add(order)
    note(viewer.name, "order export", group.key, now, format=str(kind))
    db.session.commit()
    return order.id


def status_of(viewer: Viewer, order_id: UUID, now: datetime) -> ExportStatus:
    """How far somebody's own export is, or raise `UnknownExport`."""
    order = _own(viewer, order_id)
    is_given_up = order.content is None and now - order.ordered_at > _GIVEN_UP_AFTER
    return ExportStatus(
        order.id,
        KINDS[Format(order.kind)].title,
        order.group_key,
        is_made=order.content is not None,
        problem=order.problem or ("No worker has made it for an hour. Order it again." if is_given_up else ""),
    )


def fetch_export(viewer: Viewer, order_id: UUID, now: datetime) -> tuple[str, str, bytes]:
    """An export's file: its name, its media type and its content; raises `UnknownExport` where it is not there."""
    order = _own(viewer, order_id)
    if order.content is None:
        raise UnknownExport
    kind = Format(order.kind)
    content = order.content
    name = file_name(kind, order.group_key, order.ordered_at.date())
    note(viewer.name, "fetch export", order.group_key, now, format=str(kind))
    db.session.commit()
    return name, KINDS[kind].mimetype, content


def orders_to_make(now: datetime) -> list[UUID]:
    """Exports that nobody has made yet, for the clock to ring for."""
    query = select(ExportOrder.id).where(
        ExportOrder.content.is_(None), ExportOrder.problem.is_(None), ExportOrder.ordered_at > now - _GIVEN_UP_AFTER
    )
    found = list(db.session.scalars(query))
    db.session.rollback()
    return found


def forget_exports(now: datetime) -> None:
    """Delete what is older than a day."""
    db.session.execute(delete(ExportOrder).where(ExportOrder.ordered_at < now - KEPT_FOR))
    db.session.commit()


def _own(viewer: Viewer, order_id: UUID) -> ExportOrder:
    order = db.session.scalars(
        select(ExportOrder).where(ExportOrder.id == order_id, ExportOrder.account_id == viewer.account_id)
    ).one_or_none()
    if order is None:
        db.session.rollback()
        raise UnknownExport
    return order
