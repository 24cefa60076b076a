"""Take an answer: find the invitation behind a link, seal the ballot, store it once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import delete, select, update
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

    `newer_wave` is the label of a wave of the same pulse that is open where this one is over, or empty.
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


def find_answer_sheet(token: str, vault: Vault) -> AnswerSheet:
    """Return the answer sheet behind a link, or raise `UnknownInvitation`. Changes nothing."""
    found = _find(token, vault)
    terms = db.session.execute(
        select(
            Wave.key,
            Wave.pulse_id,
            Pulse.run_by,
            WaveTerms.promise,
            WaveTerms.minimum_group_size,
            Group.key.label("programme"),
        )
        .join(Wave, Wave.pulse_id == Pulse.id)
        .join(Group, Group.id == Pulse.programme_id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.id == found.wave_id)
    ).one()
    is_open = found.state == WaveState.OPEN
    return AnswerSheet(
        wave_key=terms.key,
        programme=terms.programme,
        team_key=found.team_key,
        label=found.label,
        run_by=terms.run_by,
        promise=terms.promise,
        minimum=terms.minimum_group_size,
        language=found.language,
        closes_at=found.closes_at,
        is_open=is_open,
        is_paused=is_open and found.paused_at is not None,
        newer_wave="" if is_open else _newer_wave(terms.pulse_id, found.closes_at),
        answered=found.answered,
        instrument=_instrument_of(found),
        items=_asked_of(found),
        asks_comment=found.asks_comment,
    )


def record_response(token: str, given: Mapping[str, str], vault: Vault, comment: str = "") -> None:
    """Store a person's answers, replacing any that the same link gave before.

    The answers are sealed to the wave's public key before they touch the database, so what is stored cannot be
    read until the wave is closed. The same answers sent twice, or at the same time, leave one ballot.

    Raises
    ------
    UnknownInvitation
        The link is nobody's.
    WaveClosed, WavePaused
        The wave is over, or takes no answers just now.
    UnknownItem, UnknownResponse, CommentTooLong
        The answers do not fit what this link asks, or the comment what is kept; nothing is stored.
    """
    found = _find(token, vault, lock=True)
    if found.state != WaveState.OPEN:
        raise WaveClosed
    if found.paused_at is not None:
        raise WavePaused
    answers = check_answers(_instrument_of(found), _asked_of(found), given)
    inside: dict[str, object] = {"team": found.team_key, "answers": answers}
    if found.asks_comment and (text := clean_comment(comment)):
        inside["comment"] = text
    ballot = json.dumps(inside, separators=(",", ":"), ensure_ascii=False).encode()
    _upsert(ballot_tag(token), found.wave_id, seal(found.public_key, ballot))
    db.session.execute(update(Invitation).where(Invitation.id == found.id).values(answered=True))
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
    """An invitation and its wave, as the look-up of a link gives them."""

    id: UUID
    team_key: str
    answered: bool
    rotating: list[str]
    language: str
    wave_id: int
    label: str
    state: str
    closes_at: datetime
    paused_at: datetime | None
    instrument_digest: str
    public_key: bytes
    asks_comment: bool


_LOOKED_UP = (
    *(Invitation.id, Invitation.team_key, Invitation.answered, Invitation.rotating, Invitation.wave_id),
    Participant.language,
    *(Wave.label, Wave.state, Wave.closes_at, Wave.paused_at),
    *(WaveTerms.instrument_digest, WaveTerms.public_key, WaveTerms.asks_comment),
)


def _find(token: str, vault: Vault, *, lock: bool = False) -> _Found:
    """Look a link up; with `lock`, hold the wave open until this transaction ends (PostgreSQL: FOR SHARE)."""
    if len(token) != TOKEN_LENGTH:
        raise UnknownInvitation
    query = (
        select(*_LOOKED_UP)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .join(Participant, Participant.id == Invitation.participant_id)
        .where(Invitation.token_hash == vault.lookup_hash(token))
    )
    if lock:
        query = query.with_for_update(read=True, of=Wave)
    row = db.session.execute(query).mappings().one_or_none()
    if row is None:
        raise UnknownInvitation
    return _Found(**row)


def _newer_wave(pulse_id: int, closed: datetime) -> str:
    query = select(Wave.label).where(Wave.pulse_id == pulse_id, Wave.state == WaveState.OPEN, Wave.closes_at > closed)
    return db.session.scalar(query.order_by(Wave.opens_at.desc()).limit(1)) or ""


def _instrument_of(found: _Found) -> Instrument:
    return _read_instrument(found.wave_id, found.instrument_digest)


def _asked_of(found: _Found) -> tuple[Item, ...]:
    return asked_items(_instrument_of(found), found.rotating)


@lru_cache(maxsize=64)
def _read_instrument(wave_id: int, instrument_digest: str) -> Instrument:  # noqa: ARG001 - the digest makes it safe to keep
    """A definition never changes under its digest, so a process reads it once."""
    document = db.session.scalars(select(WaveTerms.instrument).where(WaveTerms.wave_id == wave_id)).one()
    return from_document(document)


def _upsert(tag: bytes, wave_id: int, sealed: bytes) -> None:
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    insertion = dialect.insert(Ballot).values(tag=tag, wave_id=wave_id, sealed=sealed)
    db.session.execute(
        insertion.on_conflict_do_update(index_elements=[Ballot.tag], set_={"sealed": insertion.excluded.sealed})
    )
