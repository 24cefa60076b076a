"""The statements of the answer path: a link is looked up, a ballot is put in.

They are on tables instead of classes, which take three times as long for a row, and on connections of their own,
which are in no transaction (`extensions.ANSWERS`): a look-up is one round trip, and so is keeping a ballot on
PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection, LargeBinary, Table, and_, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from survey_app.extensions import ANSWERS, db
from survey_app.models.ballots import Ballot
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.participants import Participant
from survey_app.models.publications import GroupDrawing
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.stores.strain import Strain

Answer = TypeVar("Answer")
_STRAIN = Strain()


@dataclass(frozen=True)
class Found:
    """An invitation, and what of its wave may change, as the look-up of a link gives them.

    `last_time` is what its team may be told of the wave before, known where that `is_drawn`.
    """

    id: UUID
    team_key: str
    answered: bool
    rotating: list[str]
    language: str
    wave_id: int
    state: str
    closes_at: datetime
    paused_at: datetime | None
    public_key: bytes
    is_drawn: bool
    last_time: dict[str, Any] | None  # Any: JSON, read by stores.last_time_facts


def look_up(token_hash: bytes) -> Found | None:
    """Return the invitation whose link has this hash, or None."""
    row = _ask(lambda connection: connection.execute(_LOOK_UP, {"token_hash": token_hash}).mappings().one_or_none())
    return None if row is None else Found(**row)


def facts_of(wave_id: int) -> dict[str, Any]:  # Any: columns, and a JSON document among them
    """Return what never changes of a wave once it has opened."""
    return dict(_ask(lambda connection: connection.execute(_READ_FACTS, {"of": wave_id}).mappings().one()))


def keep(found_id: UUID, wave_id: int, tag: bytes, sealed: bytes) -> bool:
    """Put a ballot in, instead of any with its tag, and say whether that could be done.

    It can't where the wave takes no answers any more, or the invitation is gone: then nothing has changed. A wave
    that is closed at the same moment waits for ballots on their way in (PostgreSQL: FOR SHARE).
    """
    values = {"of": found_id, "in_wave": wave_id, "new_tag": tag, "new_sealed": sealed}
    if db.engine.dialect.name == "postgresql":
        return _ask(lambda connection: connection.execute(_KEEP, values).rowcount == 1)
    return _ask(lambda connection: _keep_in_sqlite(connection, values))


def _keep_in_sqlite(connection: Connection, values: Mapping[str, object]) -> bool:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # the pool rolls back what is not committed
    is_marked = connection.execute(_MARK_IN_SQLITE, values).rowcount == 1
    if is_marked:
        connection.execute(_KEEP_IN_SQLITE, values)
    connection.commit()
    return is_marked


def _ask(question: Callable[[Connection], Answer]) -> Answer:
    """Ask the database, and once more where the connection had died since it was last used.

    That spares a round trip before each question. What is asked may be asked twice.
    """
    with _STRAIN.asking():
        try:
            return _ask_once(question)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return _ask_once(question)


def _ask_once(question: Callable[[Connection], Answer]) -> Answer:
    with db.engines[ANSWERS].connect() as connection:
        return question(connection)


_INVITATIONS, _BALLOTS = cast("Table", Invitation.__table__), cast("Table", Ballot.__table__)
_WAVES, _TERMS = cast("Table", Wave.__table__), cast("Table", WaveTerms.__table__)
_DRAWINGS = cast("Table", GroupDrawing.__table__)
_PEOPLE, _PULSES, _GROUPS = (cast("Table", model.__table__) for model in (Participant, Pulse, Group))

_LOOK_UP = (
    select(
        *(_INVITATIONS.c[name] for name in ("id", "team_key", "answered", "rotating", "wave_id")),
        _PEOPLE.c.language,
        *(_WAVES.c[name] for name in ("state", "closes_at", "paused_at")),
        _TERMS.c.public_key,
        _DRAWINGS.c.drawn_at.is_not(None).label("is_drawn"),
        _DRAWINGS.c.last_time,
    )
    .join(_WAVES, _WAVES.c.id == _INVITATIONS.c.wave_id)
    .join(_TERMS, _TERMS.c.wave_id == _WAVES.c.id)
    .join(_PEOPLE, _PEOPLE.c.id == _INVITATIONS.c.participant_id)
    .outerjoin(_DRAWINGS, and_(_DRAWINGS.c.group_key == _INVITATIONS.c.team_key, ~_DRAWINGS.c.is_last))
    .where(_INVITATIONS.c.token_hash == bindparam("token_hash"))
)
_READ_FACTS = (
    select(
        *(_WAVES.c.key, _WAVES.c.label, _PULSES.c.run_by, _GROUPS.c.key.label("programme")),
        *(_WAVES.c.pulse_id, _TERMS.c.promise, _TERMS.c.minimum_group_size.label("minimum")),
        *(_TERMS.c.instrument, _TERMS.c.asks_comment),
    )
    .join(_PULSES, _PULSES.c.id == _WAVES.c.pulse_id)
    .join(_GROUPS, _GROUPS.c.id == _PULSES.c.programme_id)
    .join(_TERMS, _TERMS.c.wave_id == _WAVES.c.id)
    .where(_WAVES.c.id == bindparam("of"))
)

_OPEN = select(_WAVES.c.id).where(
    _WAVES.c.id == bindparam("in_wave"), _WAVES.c.state == WaveState.OPEN, _WAVES.c.paused_at.is_(None)
)
_MARK = update(_INVITATIONS).where(_INVITATIONS.c.id == bindparam("of")).values(answered=True)
_BALLOT = {
    "tag": bindparam("new_tag", type_=LargeBinary),
    "wave_id": bindparam("in_wave"),
    "sealed": bindparam("new_sealed", type_=LargeBinary),
}

_MARK_IN_SQLITE = _MARK.where(_INVITATIONS.c.wave_id.in_(_OPEN))
_IN_SQLITE = sqlite.insert(_BALLOTS).values(_BALLOT)
_KEEP_IN_SQLITE = _IN_SQLITE.on_conflict_do_update(
    index_elements=[_BALLOTS.c.tag], set_={"sealed": _IN_SQLITE.excluded.sealed}
)

_HELD_OPEN = _OPEN.with_for_update(read=True).cte("held_open")
_MARKED = _MARK.where(_INVITATIONS.c.wave_id == _HELD_OPEN.c.id).returning(_INVITATIONS.c.wave_id).cte("marked")
_IN_POSTGRESQL = postgresql.insert(_BALLOTS).from_select(
    ["tag", "wave_id", "sealed"], select(_BALLOT["tag"], _MARKED.c.wave_id, _BALLOT["sealed"])
)
_KEEP = _IN_POSTGRESQL.on_conflict_do_update(
    index_elements=[_BALLOTS.c.tag], set_={"sealed": _IN_POSTGRESQL.excluded.sealed}
).execution_options(preserve_rowcount=True)
