"""Take an answer: find the invitation behind a link, seal the ballot, store it once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from instruments.answers import check_answers
from instruments.definitions import Instrument
from survey_app.crypto.link_tokens import TOKEN_LENGTH, ballot_tag
from survey_app.crypto.sealed_ballots import seal
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.ballots import Ballot
from survey_app.models.invitations import Invitation
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.use_cases.errors import UnknownInvitation, WaveClosed
from survey_app.use_cases.wave_terms import thaw


@dataclass(frozen=True)
class AnswerSheet:
    """What somebody with a link is shown: the questions, the promise, and whether answers are already in."""

    label: str
    run_by: str
    promise: str
    closes_at: datetime
    is_open: bool
    answered: bool
    instrument: Instrument


def find_answer_sheet(token: str, vault: Vault) -> AnswerSheet:
    """Return the answer sheet behind a link, or raise `UnknownInvitation`. Changes nothing."""
    invitation, wave = _find(token, vault)
    run_by, terms = db.session.execute(
        select(Pulse.run_by, WaveTerms)
        .join(Wave, Wave.pulse_id == Pulse.id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.id == wave.id)
    ).one()
    return AnswerSheet(
        label=wave.label,
        run_by=run_by,
        promise=terms.promise,
        closes_at=wave.closes_at,
        is_open=wave.state == WaveState.OPEN,
        answered=invitation.answered,
        instrument=_instrument_of(wave.id),
    )


def record_response(token: str, given: Mapping[str, str], vault: Vault) -> None:
    """Store a person's answers, replacing any that the same link gave before.

    The answers are sealed to the wave's public key before they touch the database, so what is stored cannot be
    read until the wave is closed. The same answers sent twice, or at the same time, leave one ballot.

    Raises
    ------
    UnknownInvitation
        The link is nobody's.
    WaveClosed
        The wave is over.
    UnknownItem, UnknownResponse
        The answers do not fit the instrument; nothing is stored.
    """
    invitation, wave = _find(token, vault, lock=True)
    if wave.state != WaveState.OPEN:
        raise WaveClosed
    answers = check_answers(_instrument_of(wave.id), given)
    ballot = json.dumps({"team": invitation.team_key, "answers": answers}, separators=(",", ":")).encode()
    sealed = seal(_public_key_of(wave.id), ballot)
    _upsert(ballot_tag(token), wave.id, sealed)
    db.session.execute(
        update(Invitation.__table__).where(Invitation.__table__.c.id == invitation.id).values(answered=True)  # type: ignore[arg-type]
    )
    db.session.commit()


def find_invitation_id(token: str, vault: Vault) -> UUID:
    """Return the id of the invitation behind a link, or raise `UnknownInvitation`."""
    invitation, _ = _find(token, vault)
    found: UUID = invitation.id
    return found


@dataclass(frozen=True)
class _FoundInvitation:
    id: UUID
    team_key: str
    answered: bool


@dataclass(frozen=True)
class _FoundWave:
    id: int
    label: str
    state: str
    closes_at: datetime


def _find(token: str, vault: Vault, *, lock: bool = False) -> tuple[_FoundInvitation, _FoundWave]:
    """Look a link up; with `lock`, hold the wave open until this transaction ends (PostgreSQL: FOR SHARE)."""
    if len(token) != TOKEN_LENGTH:
        raise UnknownInvitation
    query = (
        select(
            Invitation.id,
            Invitation.team_key,
            Invitation.answered,
            Wave.id,
            Wave.label,
            Wave.state,
            Wave.closes_at,
        )
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(Invitation.token_hash == vault.lookup_hash(token))
    )
    if lock:
        query = query.with_for_update(read=True, of=Wave)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise UnknownInvitation
    invitation_id, team_key, answered, wave_id, label, state, closes_at = row
    return _FoundInvitation(invitation_id, team_key, answered), _FoundWave(wave_id, label, state, closes_at)


@lru_cache(maxsize=64)
def _instrument_of(wave_id: int) -> Instrument:
    """A wave's instrument never changes, so a process reads it once."""
    return thaw("", _terms(wave_id)).instrument


@lru_cache(maxsize=64)
def _public_key_of(wave_id: int) -> bytes:
    return _terms(wave_id).public_key


def _terms(wave_id: int) -> WaveTerms:
    return db.session.scalars(select(WaveTerms).where(WaveTerms.wave_id == wave_id)).one()


def _upsert(tag: bytes, wave_id: int, sealed: bytes) -> None:
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    insertion = dialect.insert(Ballot).values(tag=tag, wave_id=wave_id, sealed=sealed)
    db.session.execute(
        insertion.on_conflict_do_update(index_elements=[Ballot.tag], set_={"sealed": insertion.excluded.sealed})
    )
