"""Hold an open wave, let it go on, or end it early. What is in stays in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from survey_app.extensions import db
from survey_app.models.pulses import Wave, WaveState
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import UnknownWave, WrongWaveState


def pause_wave(key: str, *, by: str, now: datetime) -> bool:
    """Pause an open wave; return whether it was not paused already.

    It closes in its time all the same: what was promised does not move.

    Raises
    ------
    UnknownWave
        There is none with this key.
    WrongWaveState
        It is not open.
    """
    wave = _open_wave(key)
    if wave.paused_at is not None:
        db.session.rollback()
        return False
    wave.paused_at = now
    note(by, "pause wave", key, now)
    db.session.commit()
    return True


def resume_wave(key: str, *, by: str, now: datetime) -> bool:
    """Let a paused wave go on; return whether it was paused. Raises as `pause_wave` does."""
    wave = _open_wave(key)
    if wave.paused_at is None:
        db.session.rollback()
        return False
    wave.paused_at = None
    note(by, "resume wave", key, now)
    db.session.commit()
    return True


def close_early(key: str, *, by: str, now: datetime) -> int:
    """Let an open wave end now and return its id; the clock closes it like any other. Raises as `pause_wave` does."""
    wave = _open_wave(key)
    note(by, "close wave early", key, now, was_to_close=wave.closes_at.date())
    wave.closes_at = now
    wave.paused_at = None
    db.session.commit()
    return wave.id


def _open_wave(key: str) -> Wave:
    """The wave, locked: answers that are being stored hold it as it is until they are in."""
    wave = db.session.scalars(select(Wave).where(Wave.key == key).with_for_update()).one_or_none()
    if wave is None:
        raise UnknownWave(key)
    if wave.state != WaveState.OPEN:
        state = wave.state
        db.session.rollback()
        raise WrongWaveState(key, state, WaveState.OPEN)
    return wave
