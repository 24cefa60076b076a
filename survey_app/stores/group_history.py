"""How a group came out of others, or others out of it, as pages tell it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from dashboards.snapshots import FormerGroup, Regrouping, RegroupingKind
from survey_app.extensions import db
from survey_app.models.groups import ChangedGroup, Group, GroupChange


def history_of(key: str) -> Sequence[Regrouping]:
    """Every change that a group, or its parts, took part in, oldest first."""
    changes = db.session.scalars(
        select(GroupChange)
        .join(ChangedGroup, ChangedGroup.change_id == GroupChange.id)
        .join(Group, Group.id == ChangedGroup.group_id)
        .where(Group.key == key)
        .order_by(GroupChange.happened_on, GroupChange.id)
    )
    return [
        Regrouping(
            kind=RegroupingKind(change.kind),
            happened_on=change.happened_on,
            before=tuple(FormerGroup(**each) for each in change.before),
            after=tuple(FormerGroup(**each) for each in change.after),
        )
        for change in changes
    ]
