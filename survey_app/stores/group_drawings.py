"""Who draws which group: any number of jobs take groups one by one, and one that died leaves its group to others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from dashboards.pages.last_time import LastTime
from dashboards.snapshots import FlaggedLine, Flags
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import GroupDrawing
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.stores.last_time_facts import to_facts

NOT_DRAWN_YET = and_(Wave.state == WaveState.CLOSED, Wave.charts_drawn_at.is_(None))

LEASE = timedelta(minutes=2)
"""So long a group is left to whoever took it; drawing one takes seconds."""


@dataclass(frozen=True)
class ClaimedGroup:
    """A group to draw, or, where it `is_last`, a programme whose groups are drawn."""

    key: str
    programme: str
    edition: UUID
    is_last: bool
    claim: UUID


def programmes_to_draw() -> Sequence[str]:
    """Programmes with a wave whose pictures have to be drawn, or drawn anew."""
    pulses = select(Pulse.programme_id).join(Wave, Wave.pulse_id == Pulse.id).where(NOT_DRAWN_YET)
    found = db.session.scalars(select(Group.key).where(Group.id.in_(pulses)).order_by(Group.key)).all()
    db.session.rollback()
    return found


def begin_drawings(programme: str, groups: Iterable[str]) -> None:
    """Say that these groups of a programme have to be drawn, and commit; whoever else began meanwhile has said so."""
    keys = [(key, False) for key in groups] + [(programme, True)]
    same = {"programme_key": programme, "edition": uuid4(), "lines": 0, "flagged": []}
    rows = [{**same, "group_key": key, "is_last": is_last} for key, is_last in keys]
    try:
        db.session.execute(
            delete(GroupDrawing)
            .where(GroupDrawing.programme_key == programme, GroupDrawing.drawn_at.is_not(None))
            .execution_options(synchronize_session=False)
        )
        db.session.execute(insert(GroupDrawing), rows)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()


def is_being_drawn(programme: str) -> bool:
    """Whether groups of a programme wait to be drawn, or are being drawn."""
    waiting = select(GroupDrawing.group_key).where(
        GroupDrawing.programme_key == programme, GroupDrawing.drawn_at.is_(None)
    )
    return db.session.scalar(waiting.limit(1)) is not None


def groups_waiting() -> int:
    """How many groups nobody has drawn yet."""
    number = db.session.scalar(select(func.count()).where(GroupDrawing.drawn_at.is_(None))) or 0
    db.session.rollback()
    return number


def claim_group() -> ClaimedGroup | None:
    """Take a group that nobody else draws, and commit; None where there is none."""
    now, claim = datetime.now(UTC), uuid4()
    free = (
        select(GroupDrawing.group_key, GroupDrawing.is_last)
        .where(
            GroupDrawing.drawn_at.is_(None),
            or_(GroupDrawing.claimed_at.is_(None), GroupDrawing.claimed_at < now - LEASE),
            or_(~GroupDrawing.is_last, ~_others_wait()),
        )
        .order_by(GroupDrawing.group_key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = db.session.execute(free).one_or_none()
    if found is None:
        db.session.rollback()
        return None
    programme, edition = db.session.execute(
        update(GroupDrawing)
        .where(GroupDrawing.group_key == found.group_key, GroupDrawing.is_last == found.is_last)
        .values(claim=claim, claimed_at=now)
        .returning(GroupDrawing.programme_key, GroupDrawing.edition)
        .execution_options(synchronize_session=False)
    ).one()
    db.session.commit()
    return ClaimedGroup(found.group_key, programme, edition, found.is_last, claim)


def go_on(claimed: ClaimedGroup) -> None:
    """Keep what was claimed for another while, and commit: some take longer than the lease."""
    db.session.execute(
        update(GroupDrawing)
        .where(GroupDrawing.claim == claimed.claim)
        .values(claimed_at=datetime.now(UTC))
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def note_drawn(claimed: ClaimedGroup, now: datetime, flags: Flags | None = None, told: LastTime | None = None) -> bool:
    """Write down, in the running transaction, that a group is drawn; False where it has to be drawn anew already."""
    changed = db.session.scalars(
        update(GroupDrawing)
        .where(GroupDrawing.claim == claimed.claim)
        .values(
            drawn_at=now,
            lines=flags.lines if flags else 0,
            flagged=[asdict(line) for line in flags.flagged] if flags else [],
            last_time=None if told is None else to_facts(told),
        )
        .returning(GroupDrawing.group_key)
        .execution_options(synchronize_session=False)
    )
    return changed.one_or_none() is not None


def flags_found(programme: str) -> list[Flags]:
    """What was counted in each group of a programme."""
    rows = db.session.execute(
        select(GroupDrawing.lines, GroupDrawing.flagged)
        .where(GroupDrawing.programme_key == programme, ~GroupDrawing.is_last)
        .order_by(GroupDrawing.group_key)
    )
    return [Flags(lines, tuple(FlaggedLine(**line) for line in flagged)) for lines, flagged in rows]


def forget_drawings(programme: str) -> None:
    """In the running transaction: what was found of a programme's groups holds no longer."""
    db.session.execute(
        delete(GroupDrawing).where(GroupDrawing.programme_key == programme).execution_options(synchronize_session=False)
    )


def _others_wait() -> ColumnElement[bool]:
    other = aliased(GroupDrawing)
    return exists().where(other.programme_key == GroupDrawing.programme_key, other.drawn_at.is_(None), ~other.is_last)
