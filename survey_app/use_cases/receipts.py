"""A wave's receipt: what was promised, under which thresholds, and what has become of its key and ballots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from survey_app.extensions import db
from survey_app.models.publications import PublishedBlock
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.stores.disclosure_audits import last_audit
from survey_app.use_cases.errors import UnknownWave


@dataclass(frozen=True)
class BlockLine:
    """Teams that were counted together, and how many answered in them."""

    name: str
    respondents: int


@dataclass(frozen=True)
class AuditVerdict:
    """The last attack on everything published: how much it looked at, and what it found."""

    ran_at: datetime
    waves: int
    figures: int
    findings: int


@dataclass(frozen=True)
class Receipt:
    """What anybody may know of a wave. `promise_hash` is the SHA-256 of the promise, in hexadecimal."""

    wave: str
    label: str
    pulse: str
    run_by: str
    state: str
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    promise: str
    promise_hash: str
    instrument: str
    instrument_digest: str
    minimum_group_size: int
    answer_width: float
    was_sealed: bool
    key_destroyed_at: datetime | None
    compacted_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    blocks: int
    smallest_block: int | None
    verdict: AuditVerdict | None


def receipt_of(wave_key: str) -> Receipt:
    """The receipt of a wave that has opened, or raise `UnknownWave`."""
    found = db.session.execute(
        select(Wave, WaveTerms, Pulse.name, Pulse.run_by)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .where(Wave.key == wave_key, Wave.state != WaveState.PLANNED)
    ).one_or_none()
    if found is None:
        raise UnknownWave(wave_key)
    wave, terms, pulse, run_by = found
    blocks, smallest = db.session.execute(
        select(func.count(), func.min(PublishedBlock.respondents)).where(PublishedBlock.wave_id == wave.id)
    ).one()
    return Receipt(
        wave=wave.key,
        label=wave.label,
        pulse=pulse,
        run_by=run_by,
        state=wave.state,
        opened_at=wave.opens_at,
        closes_at=wave.closes_at,
        closed_at=wave.closed_at,
        promise=terms.promise,
        promise_hash=terms.promise_hash,
        instrument=terms.instrument_reference,
        instrument_digest=terms.instrument_digest,
        minimum_group_size=terms.minimum_group_size,
        answer_width=terms.answer_width,
        was_sealed=bool(terms.public_key),
        key_destroyed_at=wave.key_destroyed_at,
        compacted_at=wave.compacted_at,
        withdrawn_at=wave.withdrawn_at,
        withdrawn_because=wave.withdrawn_because,
        blocks=blocks,
        smallest_block=smallest,
        verdict=verdict_now(),
    )


def partition_of(wave_key: str) -> list[BlockLine]:
    """Who was counted together in a wave, by name: for people who may sign in, not for everybody."""
    rows = db.session.execute(
        select(PublishedBlock.key, PublishedBlock.teams, PublishedBlock.respondents, WaveTerms.tree)
        .join(Wave, Wave.id == PublishedBlock.wave_id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.key == wave_key)
        .order_by(PublishedBlock.key)
    ).all()
    if not rows:
        return []
    names = {group[0]: group[1] for group in rows[0].tree["groups"]}
    return [BlockLine(", ".join(names.get(team, team) for team in row.teams), row.respondents) for row in rows]


def verdict_now() -> AuditVerdict | None:
    """How the last attack on everything published came out; None where none was run."""
    found = last_audit()
    return None if found is None else AuditVerdict(found.ran_at, found.waves, found.figures, found.findings)


def thresholds_now(minimum: int) -> tuple[int, float]:
    """k and W of the newest wave; before there is one, the settings' k and one step of five options."""
    newest = db.session.execute(
        select(WaveTerms.minimum_group_size, WaveTerms.answer_width)
        .join(Wave, Wave.id == WaveTerms.wave_id)
        .order_by(Wave.opens_at.desc(), Wave.id.desc())
        .limit(1)
    ).one_or_none()
    return (minimum, 25.0) if newest is None else (max(minimum, newest[0]), newest[1])
