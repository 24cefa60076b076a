"""Withdraw a wave that should not have been: its figures leave every page, and nothing takes their place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from survey_app.extensions import db
from survey_app.models.publications import PublishedCellRow, StoredChartRow
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.stores.group_drawings import forget_drawings
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import UnknownWave, WrongWaveState


def withdraw_wave(key: str, *, because: str, by: str, now: datetime) -> None:
    """Withdraw a closed wave for good.

    What was published stays in the database, written once, for whoever audits it: it has been seen. Pages, charts and
    lists show it no more, and the same people's answers are never published again: two publications of the same
    answers could be compared.

    Raises
    ------
    UnknownWave
        There is none with this key.
    WrongWaveState
        It is not closed, or withdrawn already.
    """
    wave = db.session.scalars(select(Wave).where(Wave.key == key).with_for_update()).one_or_none()
    if wave is None:
        raise UnknownWave(key)
    if wave.state != WaveState.CLOSED or wave.compacted_at is None:
        state = wave.state
        db.session.rollback()
        raise WrongWaveState(key, state, WaveState.CLOSED)
    wave.state = WaveState.WITHDRAWN
    wave.withdrawn_at = now
    wave.withdrawn_because = because
    groups = select(PublishedCellRow.group_key).where(PublishedCellRow.wave_id == wave.id)
    db.session.execute(
        delete(StoredChartRow).where(StoredChartRow.group_key.in_(groups)).execution_options(synchronize_session=False)
    )
    _draw_the_others_again(wave)
    note(by, "withdraw wave", key, now, because=because)
    db.session.commit()


def _draw_the_others_again(wave: Wave) -> None:
    """The next drawing job finds the programme's remaining waves undrawn."""
    programme = select(Pulse.id).where(Pulse.programme_id == wave.pulse.programme_id)
    db.session.execute(
        update(Wave)
        .where(Wave.pulse_id.in_(programme), Wave.state == WaveState.CLOSED, Wave.id != wave.id)
        .values(charts_drawn_at=None)
        .execution_options(synchronize_session=False)
    )
    forget_drawings(wave.pulse.programme.key)
