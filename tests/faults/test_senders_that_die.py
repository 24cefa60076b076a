"""F1, F2, F3, F22: whatever dies, and whenever, every text is taken once. The peer's own ledger is the truth."""

import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from notifications.messages import MessageState
from survey_app.extensions import db
from survey_app.models.messages import Message
from survey_app.queues import ring_delivery
from tests.faults.stage import DONE, kill, misbehave
from tests.faults.worker_program import POINTS


def sent_once(stage, people):
    return Counter(stage.ledger().values()) == {1: people}


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("point", POINTS)
def test_f1_a_worker_killed_at_any_point_loses_and_doubles_nothing(stage, tmp_path, point):
    stage.open_wave(3)
    marker = tmp_path / "stopped"
    worker = stage.worker(STOP_AT=point, STOPPED=str(marker))
    stage.ring()
    stage.stopped(marker)
    kill(worker)
    assert set(stage.finish()) <= DONE
    assert sent_once(stage, 3)


def test_f1_a_worker_killed_while_the_provider_has_the_text_and_has_not_answered(stage):
    stage.open_wave(3)
    misbehave(stage.folder, fault="accept then hang", times=1)
    worker = stage.worker()
    stage.ring()
    stage.wait_until(stage.ledger, 20)
    kill(worker)
    assert set(stage.finish()) <= DONE
    assert sent_once(stage, 3)


@pytest.mark.parametrize("who", ["the job alone", "the worker alone"])
def test_f2_killing_the_job_or_orphaning_it_loses_and_doubles_nothing(stage, tmp_path, who):
    stage.open_wave(3)
    marker = tmp_path / "stopped"
    stage.worker(STOP_AT="after the answer", STOPPED=str(marker))
    stage.ring()
    job = stage.stopped(marker)
    if who == "the job alone":
        os.kill(job, signal.SIGKILL)
    else:
        os.kill(parent_of(job), signal.SIGKILL)
        marker.unlink()  # the orphan goes on
        time.sleep(0.3)
    marker.unlink(missing_ok=True)
    assert set(stage.finish()) <= DONE
    assert sent_once(stage, 3)


def sleep_through_the_lease(stage, tmp_path, **more):
    """Stop a sender between its claim and its fence until its lease has run out, then let it go on."""
    stage.open_wave(1)
    marker = tmp_path / "stopped"
    worker = stage.worker(STOP_AT="after the claim", STOPPED=str(marker), HASTE="4", **more)
    stage.ring()
    job = stage.stopped(marker)
    os.kill(job, signal.SIGSTOP)
    time.sleep(4.5)
    stage.ring()
    assert stage.states() == {MessageState.UNKNOWN: 1}
    other = stage.worker()  # absent twice, two minutes apart: it goes back to the queue, and another sends it
    while not stage.ledger():
        stage.minutes_pass(3)
        stage.ring()
        stage.settle()
    marker.unlink()
    os.kill(job, signal.SIGCONT)
    time.sleep(1.5)
    kill(worker)
    kill(other)
    return sum(stage.ledger().values())


def test_f3_a_sender_that_wakes_up_after_its_lease_sends_nothing(stage, tmp_path):
    assert sleep_through_the_lease(stage, tmp_path) == 1


def test_f22_without_the_fence_f3_would_notice(stage, tmp_path):
    assert sleep_through_the_lease(stage, tmp_path, WITHOUT="the fence") == 2


def test_f22_without_the_condition_of_the_claim_f1_would_notice(stage, tmp_path):
    stage.open_wave(1)
    marker = tmp_path / "stopped"
    stage.worker(STOP_AT="after the claim", STOPPED=str(marker), WITHOUT="the claim's condition")
    stage.ring()
    stage.stopped(marker)
    stage.minutes_pass(0.2)
    other = stage.worker(WITHOUT="the claim's condition")
    ids = db.session.scalars(select(Message.id)).all()
    db.session.rollback()
    ring_delivery(stage.settings.redis_url, ids, datetime.now(UTC) + timedelta(minutes=1))
    stage.wait_until(lambda: sum(stage.ledger().values()) == 1, 20)
    marker.unlink()
    stage.wait_until(lambda: sum(stage.ledger().values()) >= 2, 20)
    kill(other)
    assert sum(stage.ledger().values()) == 2


def test_f22_without_the_unknown_f7_would_notice(stage):
    stage.open_wave(1)
    misbehave(stage.folder, fault="accept then 500", times=1)
    stage.finish(WITHOUT="the unknown")
    assert sum(stage.ledger().values()) == 2
