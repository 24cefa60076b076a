"""Pulses and the calendar of their waves: what is asked, of whom, when, and what a change of version does to lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dashboards.snapshots import Level
from dashboards.suppression.terms import NARROWEST_WIDTH
from instruments.changes import ChangeLevel
from instruments.definitions import Instrument
from instruments.equivalence import Comparison
from instruments.files import from_document
from survey_app.crypto.sealed_ballots import LARGEST_BALLOT_BYTES
from survey_app.extensions import db, settings
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.use_cases.auditing import note
from survey_app.use_cases.comment_texts import LONGEST_COMMENT_BYTES
from survey_app.use_cases.errors import (
    KeyTaken,
    LineWouldBreak,
    NothingScored,
    TooLongToAsk,
    UnknownAttribute,
    UnknownGroup,
    UnknownPulse,
    UnknownWave,
)
from survey_app.use_cases.groups import find_group, require_usable_key
from survey_app.use_cases.instrument_library import compare_versions, find_instrument, require_permission
from survey_app.use_cases.wave_terms import attributes_of

USUAL_INSTRUMENT = "crescendo-pulse@1.1.0"
"""What a new pulse asks where nobody chooses."""

_LONGEST_TEAM_KEY = 120
OLD_QUESTIONS, NEW_QUESTIONS = "earlier questions", "new questions"


@dataclass(frozen=True)
class WaveSummary:
    """A wave as commands and pages list it."""

    key: str
    label: str
    state: str
    opens_at: datetime
    closes_at: datetime
    asks: str


@dataclass(frozen=True)
class PulseSummary:
    """A pulse as commands and pages list it; no authority named means all of the programme's."""

    key: str
    name: str
    asks: str
    authorities: tuple[str, ...]


def add_pulse(
    key: str,
    name: str,
    *,
    run_by: str,
    programme_key: str,
    instrument: str,
    authorities: Sequence[str] = (),
    now: datetime | None = None,
) -> None:
    """Create a pulse in a programme, or in some of its authorities, with the threshold of the settings.

    Raises
    ------
    KeyTaken, UnknownGroup, UnknownInstrument
        The key is another pulse's; or there is no such group or version.
    PermissionMissing, PermissionOver, NothingScored
        The version may not be asked, or nothing could be shown of it.
    """
    require_usable_key(key)
    programme = find_group(programme_key, Level.PROGRAMME)
    if db.session.scalar(select(Pulse.id).where(Pulse.key == key)):
        raise KeyTaken(key)
    for authority in authorities:
        if find_group(authority, Level.AUTHORITY).parent_id != programme.id:
            raise UnknownGroup(authority, "authority of this programme")
    _require_askable(instrument, now)
    db.session.add(
        Pulse(
            key=key,
            name=name,
            run_by=run_by,
            programme_id=programme.id,
            instrument=instrument,
            minimum_group_size=settings().minimum_group_size,
            answer_width=NARROWEST_WIDTH,
            authorities=list(authorities),
        )
    )
    db.session.commit()


def change_version(
    pulse_key: str, reference: str, *, by: str, now: datetime, up_to: ChangeLevel = ChangeLevel.MINOR
) -> Comparison | None:
    """Let a pulse ask another version from its next wave on, and return what that does to its lines.

    Parameters
    ----------
    up_to
        The most that the change may do. Breaking the line has to be meant: `ChangeLevel.MAJOR`.

    Returns
    -------
    Comparison or None
        None before the pulse's first wave: there is no line yet.

    Raises
    ------
    LineWouldBreak
        The change does more than `up_to`; nothing was changed.
    """
    pulse = find_pulse(pulse_key)
    _require_askable(reference, now)
    verdict = _verdict_on(pulse, reference)
    if verdict is not None and verdict.level > up_to:
        reasons = tuple(reason.sentence for reason in verdict.reasons if reason.level is ChangeLevel.MAJOR)
        raise LineWouldBreak(reference, verdict.before, reasons)
    note(by, "pulse asks another version", pulse_key, now, before=pulse.instrument, after=reference)
    pulse.instrument = reference
    db.session.commit()
    return verdict


def declare_cuts(pulse_key: str, items: Sequence[str], *, by: str, now: datetime) -> None:
    """From the next wave on, divide authorities' figures by these items, the first that can be shown; none ends that.

    Raises
    ------
    UnknownAttribute
        The pulse's version has no such item, or it is part of a scale, or not asked of everybody.
    """
    pulse = find_pulse(pulse_key)
    known = attributes_of(find_instrument(pulse.instrument))
    for item in items:
        if item not in known:
            raise UnknownAttribute(item, pulse.instrument, known)
    note(by, "declare tables by attribute", pulse_key, now, items=", ".join(items))
    pulse.cuts = list(items)
    db.session.commit()


def plan_wave(
    pulse_key: str, wave_key: str, *, label: str, opens_at: datetime, closes_at: datetime, commit: bool = True
) -> int:
    """Put a wave into the calendar and return its id; the clock opens and closes it."""
    wave = _planned(find_pulse(pulse_key), wave_key, label=label, opens_at=opens_at, closes_at=closes_at)
    if commit:
        db.session.commit()
    return wave.id


def plan_bridge(
    pulse_key: str, wave_key: str, to: str, *, label: str, opens_at: datetime, closes_at: datetime
) -> tuple[int, int]:
    """Put a bridge into the calendar: two waves at once, the version asked so far and the one to be asked from then on.

    When they open, each team's people are divided between the two at random, so that their difference shows what the
    change of questions does by itself. From then on the pulse asks the new version.

    Returns
    -------
    tuple of int
        The ids of the wave with the earlier questions and of the one with the new ones.
    """
    pulse = find_pulse(pulse_key)
    _require_askable(to, opens_at)
    planned = []
    for suffix, words, reference in (("old", OLD_QUESTIONS, pulse.instrument), ("new", NEW_QUESTIONS, to)):
        wave = _planned(
            pulse, f"{wave_key}-{suffix}", label=f"{label}, {words}", opens_at=opens_at, closes_at=closes_at
        )
        wave.instrument = reference
        wave.bridge = wave_key
        planned.append(wave)
    db.session.commit()
    earlier, new = planned
    return earlier.id, new.id


def verdict_before_opening(wave_key: str) -> Comparison | None:
    """What a wave's version will do to the lines of its pulse; None where the pulse has had no wave."""
    wave = db.session.get_one(Wave, find_wave_id(wave_key))
    return _verdict_on(wave.pulse, wave.instrument or wave.pulse.instrument, wave)


def verdict_on_change(pulse_key: str, reference: str) -> Comparison | None:
    """What asking this version next would do to a pulse's lines; None before its first wave."""
    return _verdict_on(find_pulse(pulse_key), reference)


def list_pulses(programme_key: str | None = None) -> list[PulseSummary]:
    """Every pulse, or those of a programme, by key."""
    query = select(Pulse).order_by(Pulse.key)
    if programme_key is not None:
        query = query.where(Pulse.programme_id == find_group(programme_key, Level.PROGRAMME).id)
    return [
        PulseSummary(pulse.key, pulse.name, pulse.instrument, tuple(pulse.authorities))
        for pulse in db.session.scalars(query)
    ]


def list_waves(pulse_key: str | None = None) -> list[WaveSummary]:
    """Every wave, or those of a pulse, oldest first."""
    query = (
        select(Wave, Pulse.instrument, WaveTerms.instrument_reference)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .outerjoin(WaveTerms, WaveTerms.wave_id == Wave.id)
        .order_by(Wave.opens_at, Wave.id)
    )
    if pulse_key is not None:
        query = query.where(Pulse.key == pulse_key)
    return [
        WaveSummary(
            wave.key, wave.label, wave.state, wave.opens_at, wave.closes_at, asked or wave.instrument or next_up
        )
        for wave, next_up, asked in db.session.execute(query)
    ]


def find_pulse(key: str) -> Pulse:
    """Return the pulse with this key, or raise `UnknownPulse`."""
    pulse = db.session.scalar(select(Pulse).where(Pulse.key == key))
    if pulse is None:
        raise UnknownPulse(key)
    return pulse


def find_wave_id(key: str) -> int:
    """Return the id of the wave with this key, or raise `UnknownWave`."""
    found = db.session.scalar(select(Wave.id).where(Wave.key == key))
    if found is None:
        raise UnknownWave(key)
    return found


def _planned(pulse: Pulse, key: str, *, label: str, opens_at: datetime, closes_at: datetime) -> Wave:
    require_usable_key(key)
    if db.session.scalar(select(Wave.id).where(Wave.key == key)):
        raise KeyTaken(key)
    wave = Wave(
        key=key,
        pulse_id=pulse.id,
        label=label,
        opens_at=opens_at,
        closes_at=closes_at,
        state=WaveState.PLANNED,
    )
    db.session.add(wave)
    db.session.flush()
    return wave


def _require_askable(reference: str, now: datetime | None) -> None:
    instrument = find_instrument(reference)
    if not instrument.scales:
        raise NothingScored(reference)
    if _longest_ballot(instrument) + LONGEST_COMMENT_BYTES > LARGEST_BALLOT_BYTES:
        raise TooLongToAsk(reference)
    if now is not None:
        require_permission(instrument, now.date())


def _longest_ballot(instrument: Instrument) -> int:
    """The bytes that the answers of somebody who skips nothing may take, all ballots being of one length."""
    banks = [instrument.bank_of(scale) for scale in instrument.scales]
    rotating = [max((item.id for item in bank), key=len) for bank in banks if bank]
    answers = dict.fromkeys([*(item.id for item in instrument.core_items), *rotating], -1_000)
    return len(json.dumps({"team": _LONGEST_TEAM_KEY * "x", "answers": answers}, separators=(",", ":")))


def _verdict_on(pulse: Pulse, reference: str, wave: Wave | None = None) -> Comparison | None:
    """Compare with what was asked last in the pulse's authorities, by this pulse or another."""
    query = (
        select(Wave.id, WaveTerms.authorities)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .where(Pulse.programme_id == pulse.programme_id, Wave.state != WaveState.PLANNED)
        .order_by(Wave.opens_at.desc(), Wave.id.desc())
    )
    if wave is not None:
        query = query.where(Wave.id != wave.id)
    covered = set(pulse.authorities)
    for wave_id, authorities in db.session.execute(query).all():
        if not covered or covered & set(authorities):
            asked = db.session.scalars(select(WaveTerms.instrument).where(WaveTerms.wave_id == wave_id)).one()
            return compare_versions(from_document(asked), find_instrument(reference))
    return None
