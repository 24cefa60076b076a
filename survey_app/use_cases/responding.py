"""Take an answer: find the invitation behind a link, seal the ballot, store it once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from instruments.answers import check_answers
from instruments.definitions import Instrument, Item
from instruments.files import from_document
from instruments.rotation import asked_items
from survey_app.crypto.link_tokens import TOKEN_LENGTH, ballot_tag, invitation_token
from survey_app.crypto.sealed_ballots import seal
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.ballots import Ballot
from survey_app.models.pulses import Wave, WaveState
from survey_app.stores import ballot_box
from survey_app.use_cases.comment_texts import clean_comment
from survey_app.use_cases.errors import UnknownInvitation, WaveClosed, WavePaused


@dataclass(frozen=True)
class AnswerSheet:
    """What somebody with a link is shown: the items asked of them, the promise, and whether answers are already in.

    `newer_wave` is the label of a wave of the same pulse that is open where this one is over, or empty. The wave's
    public key, to which answers are sealed, is of no other wave: it says which sheets are alike. `last_time` is what
    the team may be told of the wave before (`stores.last_time_facts`), known where that `is_drawn`.
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
    is_drawn: bool
    last_time: dict[str, Any] | None  # Any: JSON


def find_answer_sheet(token: str, vault: Vault) -> AnswerSheet:
    """Return the answer sheet behind a link, or raise `UnknownInvitation`. Changes nothing."""
    found = _find(token, vault)
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
        is_drawn=found.is_drawn,
        last_time=found.last_time,
    )


def record_response(token: str, given: Mapping[str, str], vault: Vault, comment: str = "") -> None:
    """Store a person's answers, replacing any that the same link gave before: see `record_answers`.

    What the session holds is committed first.
    """
    db.session.commit()
    record_answers(find_answer_sheet(token, vault), token, given, vault, comment)


def record_answers(sheet: AnswerSheet, token: str, given: Mapping[str, str], vault: Vault, comment: str = "") -> None:
    """Store the answers to a sheet that was found, past the session.

    The answers are sealed to the wave's public key before they touch the database, so what is stored cannot be
    read until the wave is closed. The same answers sent twice, or at the same time, leave one ballot.

    Raises
    ------
    WaveClosed, WavePaused
        The wave is over, or takes no answers just now.
    UnknownInvitation
        Whoever the link belongs to was erased since.
    UnknownItem, UnknownResponse, CommentTooLong
        The answers do not fit what this link asks, or the comment what is kept; nothing is stored.
    """
    _require_open(sheet)
    answers = check_answers(sheet.instrument, sheet.items, given)
    inside: dict[str, object] = {"team": sheet.team_key, "answers": answers}
    if sheet.asks_comment and (text := clean_comment(comment)):
        inside["comment"] = text
    ballot = json.dumps(inside, separators=(",", ":"), ensure_ascii=False).encode()
    sealed = seal(sheet.public_key, ballot)
    if not ballot_box.keep(sheet.invitation_id, sheet.wave_id, ballot_tag(token), sealed):
        _require_open(find_answer_sheet(token, vault))
        raise WavePaused  # it was, a moment ago


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


def _require_open(sheet: AnswerSheet) -> None:
    if sheet.is_paused:
        raise WavePaused
    if not sheet.is_open:
        raise WaveClosed


def _find(token: str, vault: Vault) -> ballot_box.Found:
    found = ballot_box.look_up(vault.lookup_hash(token)) if len(token) == TOKEN_LENGTH else None
    if found is None:
        raise UnknownInvitation
    return found


@lru_cache(maxsize=64)
def _facts_of(wave_id: int, public_key: bytes) -> _Facts:  # noqa: ARG001 - a key of no other wave makes it safe to keep
    """A process reads what never changes of a wave once."""
    row = ballot_box.facts_of(wave_id)
    return _Facts(**{**row, "instrument": from_document(row["instrument"])})


def _newer_wave(pulse_id: int, closed: datetime) -> str:
    query = select(Wave.label).where(Wave.pulse_id == pulse_id, Wave.state == WaveState.OPEN, Wave.closes_at > closed)
    return db.session.scalar(query.order_by(Wave.opens_at.desc()).limit(1)) or ""
