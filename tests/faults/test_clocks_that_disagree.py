"""Row 35: hosts whose clocks disagree, and one that jumps back, open a wave once and send each message once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.pulses import Wave, WaveState
from survey_app.processes.clock import tick
from survey_app.use_cases.fieldwork import open_wave, waves_to_open
from survey_app.use_cases.pulses import plan_wave
from tests.faults.stage import DONE


def test_clocks_that_disagree_open_a_wave_once_and_send_each_message_once(stage):
    stage.studio.set_up({"Team A": 8})
    now = datetime.now(UTC)
    wave = plan_wave("monthly", "w", label="W", opens_at=now, closes_at=now + timedelta(days=1))
    db.session.remove()
    opened = 0
    for minutes in (-5, 3, -2, 0, 4, -5, 1):  # two hosts in turn, and one whose clock is set back
        moment = now + timedelta(minutes=minutes)
        for due in waves_to_open(moment):
            db.session.rollback()
            open_wave(due, moment, stage.studio.vault)
            opened += 1
        db.session.rollback()
        tick(stage.settings, moment)
    assert opened == 1
    assert db.session.get(Wave, wave, populate_existing=True).state == WaveState.OPEN
    counted = db.session.execute(
        select(func.count(Message.id), func.count(Message.invitation_id.distinct())).where(Message.wave_id == wave)
    ).one()
    assert tuple(counted) == (8, 8)
    assert db.session.scalar(select(func.count()).where(Invitation.wave_id == wave)) == 8
    db.session.rollback()
    stage.finish()
    assert {state for state in stage.states() if state not in DONE} <= {"pending", "failed"}, stage.states()
    assert set(Counter(stage.ledger().values())) <= {1}


def test_a_leap_day_is_a_day(stage):
    stage.studio.set_up({"Team A": 8})
    leap = datetime(2028, 2, 29, 9, tzinfo=UTC)
    plan_wave("monthly", "leap", label="Leap", opens_at=leap, closes_at=leap + timedelta(days=1))
    db.session.remove()
    assert waves_to_open(leap - timedelta(minutes=1)) == []
    assert len(waves_to_open(leap)) == 1
