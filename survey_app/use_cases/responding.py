"""Take an answer: find the invitation behind a link, seal the ballot, store it once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Executable, RowMapping, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from instruments.answers import check_answers
from instruments.definitions import Instrument, Item
from instruments.files import from_document
from instruments.rotation import asked_items
from survey_app.crypto.link_tokens import TOKEN_LENGTH, ballot_tag, invitation_token
from survey_app.crypto.sealed_ballots import seal
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.ballots import Ballot
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.participants import Participant
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.use_cases.comment_texts import clean_comment
from survey_app.use_cases.errors import UnknownInvitation, WaveClosed, WavePaused


@dataclass(frozen=True)
class AnswerSheet:
    """What somebody with a link is shown: the items asked of them, the promise, and whether answers are already in.

    `newer_wave` is the label of a wave of the same pulse that is open where this one is over, or empty. The wave's
    public key, to which answers are sealed, is of no other wave: it says which sheets are alike.
    """

    wave_key: str
    programme: str
    team_key: str
    label: str
    run_by: str
    promise: str
    minimum: int
    language: str
    closes_at: datetime
    is_open: bool
    is_paused: bool
    newer_wave: str
    answered: bool
    instrument: Instrument
    items: tuple[Item, ...]
    asks_comment: bool
    invitation_id: UUID
    wave_id: int
    public_key: bytes


def find_answer_sheet(token: str, vault: Vault, *, to_answer: bool = False) -> AnswerSheet:
    """Return the answer sheet behind a link, or raise `UnknownInvitation`. Changes nothing.

    With `to_answer` the wave is held open until the transaction ends (PostgreSQL: FOR SHARE).
    """
    found = _find(token, vault, lock=to_answer)
    facts = _facts_of(found.wave_id, found.public_key)
    is_open = found.state == WaveState.OPEN
    return AnswerSheet(
        wave_key=facts.key,
        programme=facts.programme,
        team_key=found.team_key,
        label=facts.label,
        run_by=facts.run_by,
        promise=facts.promise,
        minimum=facts.minimum,
        language=found.language,
        closes_at=found.closes_at,
        is_open=is_open,
        is_paused=is_open and found.paused_at is not None,
        newer_wave="" if is_open else _newer_wave(facts.pulse_id, found.closes_at),
        answered=found.answered,
        instrument=facts.instrument,
        items=asked_items(facts.instrument, found.rotating),
        asks_comment=facts.asks_comment,
        invitation_id=found.id,
        wave_id=found.wave_id,
        public_key=found.public_key,
    )


def record_response(token: str, given: Mapping[str, str], vault: Vault, comment: str = "") -> None:
    """Store a person's answers, replacing any that the same link gave before: see `record_answers`."""
    record_answers(find_answer_sheet(token, vault, to_answer=True), token, given, comment)


def record_answers(sheet: AnswerSheet, token: str, given: Mapping[str, str], comment: str = "") -> None:
    """Store the answers to a sheet that was found to be answered, and commit: three statements with finding it.

    The answers are sealed to the wave's public key before they touch the database, so what is stored cannot be
    read until the wave is closed. The same answers sent twice, or at the same time, leave one ballot.

    Raises
    ------
    WaveClosed, WavePaused
        The wave is over, or takes no answers just now.
    UnknownItem, UnknownResponse, CommentTooLong
        The answers do not fit what this link asks, or the comment what is kept; nothing is stored.
    """
    if not sheet.is_open:
        raise WaveClosed
    if sheet.is_paused:
        raise WavePaused
    answers = check_answers(sheet.instrument, sheet.items, given)
    inside: dict[str, object] = {"team": sheet.team_key, "answers": answers}
    if sheet.asks_comment and (text := clean_comment(comment)):
        inside["comment"] = text
    ballot = json.dumps(inside, separators=(",", ":"), ensure_ascii=False).encode()
    values = {
        "ballot_tag": ballot_tag(token),
        "ballot_wave_id": sheet.wave_id,
        "ballot_sealed": seal(sheet.public_key, ballot),
    }
    if db.engine.dialect.name == "postgresql":
        _execute(_KEEP_AND_MARK, {**values, "of": sheet.invitation_id})
    else:
        _execute(_KEEP_IN_SQLITE, values)
        _execute(_MARK_ANSWERED, {"of": sheet.invitation_id})
    db.session.commit()


def forget_response(invitation_id: UUID, vault: Vault) -> int:
    """Delete an invitation's ballot in the running transaction; return how many there were, none or one."""
    tag = ballot_tag(invitation_token(vault.link_key, invitation_id))
    return len(db.session.scalars(delete(Ballot).where(Ballot.tag == tag).returning(Ballot.tag)).all())


def language_of(token: str, vault: Vault) -> str:
    """The language that whoever has this link is written to in, or raise `UnknownInvitation`."""
    return _find(token, vault).language


def find_invitation_id(token: str, vault: Vault) -> UUID:
    """Return the id of the invitation behind a link, or raise `UnknownInvitation`."""
    return _find(token, vault).id


@dataclass(frozen=True)
class _Found:
    """An invitation, and what of its wave may change, as the look-up of a link gives them."""

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


@dataclass(frozen=True)
class _Facts:
    """What never changes of a wave once it has opened."""

    key: str
    label: str
    run_by: str
    promise: str
    minimum: int
    programme: str
    pulse_id: int
    instrument: Instrument
    asks_comment: bool


# Statements on tables instead of classes: the session's own way takes three times as long for a row.
_INVITATIONS, _BALLOTS = cast("Table", Invitation.__table__), cast("Table", Ballot.__table__)
_WAVES, _TERMS = cast("Table", Wave.__table__), cast("Table", WaveTerms.__table__)
_PEOPLE, _PULSES, _GROUPS = (cast("Table", model.__table__) for model in (Participant, Pulse, Group))

_LOOK_UP = (
    select(
        *(_INVITATIONS.c[name] for name in ("id", "team_key", "answered", "rotating", "wave_id")),
        _PEOPLE.c.language,
        *(_WAVES.c[name] for name in ("state", "closes_at", "paused_at")),
        _TERMS.c.public_key,
    )
    .join(_WAVES, _WAVES.c.id == _INVITATIONS.c.wave_id)
    .join(_TERMS, _TERMS.c.wave_id == _WAVES.c.id)
    .join(_PEOPLE, _PEOPLE.c.id == _INVITATIONS.c.participant_id)
    .where(_INVITATIONS.c.token_hash == bindparam("token_hash"))
)
_LOOK_UP_AND_HOLD = _LOOK_UP.with_for_update(read=True, of=_WAVES)
_READ_FACTS = (
    select(
        *(_WAVES.c.key, _WAVES.c.label, _PULSES.c.run_by, _GROUPS.c.key.label("programme")),
        *(_WAVES.c.pulse_id, _TERMS.c.promise, _TERMS.c.minimum_group_size.label("minimum")),
        *(_TERMS.c.instrument, _TERMS.c.asks_comment),
    )
    .join(_PULSES, _PULSES.c.id == _WAVES.c.pulse_id)
    .join(_GROUPS, _GROUPS.c.id == _PULSES.c.programme_id)
    .join(_TERMS, _TERMS.c.wave_id == _WAVES.c.id)
    .where(_WAVES.c.id == bindparam("wave_id"))
)
_MARK_ANSWERED = update(_INVITATIONS).where(_INVITATIONS.c.id == bindparam("of")).values(answered=True)
_BALLOT: Mapping[str, Any] = {name: bindparam(f"ballot_{name}") for name in ("tag", "wave_id", "sealed")}  # Any: values
_IN_SQLITE, _IN_POSTGRESQL = sqlite.insert(_BALLOTS).values(_BALLOT), postgresql.insert(_BALLOTS).values(_BALLOT)
_KEEP_IN_SQLITE = _IN_SQLITE.on_conflict_do_update(
    index_elements=[_BALLOTS.c.tag], set_={"sealed": _IN_SQLITE.excluded.sealed}
)
_KEEP_AND_MARK = _MARK_ANSWERED.add_cte(
    _IN_POSTGRESQL.on_conflict_do_update(
        index_elements=[_BALLOTS.c.tag], set_={"sealed": _IN_POSTGRESQL.excluded.sealed}
    )
    .returning(_BALLOTS.c.tag)
    .cte("kept")
)
"""Both in one round trip."""


def _execute(statement: Executable, values: Mapping[str, object]) -> CursorResult[Any]:  # Any: rows of the statement
    """Execute a statement in the session's transaction, past the session."""
    return db.session.connection().execute(statement, values)


def _look_up(token_hash: bytes) -> RowMapping | None:
    """Look a link up without a transaction where the database is asked over a wire: it saves two round trips."""
    if db.engine.dialect.name == "sqlite":
        return _execute(_LOOK_UP, {"token_hash": token_hash}).mappings().one_or_none()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.execute(_LOOK_UP, {"token_hash": token_hash}).mappings().one_or_none()


def _find(token: str, vault: Vault, *, lock: bool = False) -> _Found:
    """Look a link up; with `lock`, hold the wave open until this transaction ends."""
    if len(token) != TOKEN_LENGTH:
        raise UnknownInvitation
    token_hash = vault.lookup_hash(token)
    row = (
        _execute(_LOOK_UP_AND_HOLD, {"token_hash": token_hash}).mappings().one_or_none()
        if lock
        else _look_up(token_hash)
    )
    if row is None:
        raise UnknownInvitation
    return _Found(**row)


@lru_cache(maxsize=64)
def _facts_of(wave_id: int, public_key: bytes) -> _Facts:  # noqa: ARG001 - a key of no other wave makes it safe to keep
    """A process reads what never changes of a wave once."""
    row = dict(_execute(_READ_FACTS, {"wave_id": wave_id}).mappings().one())
    return _Facts(**{**row, "instrument": from_document(row["instrument"])})


def _newer_wave(pulse_id: int, closed: datetime) -> str:
    query = select(Wave.label).where(Wave.pulse_id == pulse_id, Wave.state == WaveState.OPEN, Wave.closes_at > closed)
    return db.session.scalar(query.order_by(Wave.opens_at.desc()).limit(1)) or ""
