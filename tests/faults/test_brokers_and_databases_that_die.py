"""F4, F5, F6: the broker loses everything, workers end because of it, the database is away when it is needed most."""

import threading
import time
from collections import Counter
from contextlib import closing

import pytest
from sqlalchemy import text

from notifications.messages import MessageState
from survey_app.extensions import db
from survey_app.use_cases.messaging import deliver_messages
from tests.faults.stage import DONE, kill, misbehave


def sent_once(stage, people):
    return Counter(stage.ledger().values()) == {1: people}


@pytest.mark.parametrize("when", ["while everything is queued", "in the middle of a job"])
def test_f4_a_broker_that_dies_and_forgets_everything_loses_nothing(stage, broker, when):
    stage.open_wave(60)
    misbehave(stage.folder, always="slow")
    worker = None
    if when == "in the middle of a job":
        worker = stage.worker()
        stage.ring()
        stage.wait_until(lambda: sum(stage.ledger().values()) > 5, 20)
    else:
        stage.ring()
    broker.kill()
    started = time.monotonic()
    assert stage.studio.app.test_client().get("/privacy").status_code == 200
    stage.ring()  # a clock that finds no broker goes round all the same
    assert time.monotonic() - started < 2
    time.sleep(1)
    broker.start()
    if worker is not None:
        kill(worker)
    assert set(stage.finish()) <= DONE
    assert sent_once(stage, 60)


def test_f5_a_worker_that_ends_because_the_broker_is_gone_has_written_down_what_it_did(stage, broker, tmp_path):
    stage.open_wave(2)
    marker = tmp_path / "stopped"
    worker = stage.worker(STOP_AT="after the answer", STOPPED=str(marker))
    stage.ring()
    stage.stopped(marker)
    broker.kill()
    for _ in range(2):
        marker.unlink(missing_ok=True)
        time.sleep(0.5)
    worker.wait(40)  # the supervisor would start another
    assert worker.returncode != 0
    broker.start()
    assert set(stage.finish()) <= DONE
    assert sent_once(stage, 2)


def hold_the_database(app, seconds, held):
    """Keep everybody from writing messages for a while."""
    with closing(db.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        if app.extensions["pulse_settings"].has_embedded_database:
            cursor.execute("BEGIN EXCLUSIVE")
        else:
            cursor.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        held.set()
        time.sleep(seconds)
        connection.rollback()


def test_f6_a_database_that_is_locked_when_the_outcome_is_written_down_is_waited_for(stage, monkeypatch):
    """SQLite gives up after five seconds by itself; the outcome of what happened on the wire is kept all the same."""
    (message,) = stage.open_wave(1)
    db.session.remove()
    holders = []

    def answered(self, outgoing):
        found = real(self, outgoing)
        held = threading.Event()
        holder = threading.Thread(target=in_context, args=(held,))
        holder.start()
        holders.append(holder)
        held.wait(5)
        return found

    def in_context(held):
        with stage.studio.app.app_context():
            hold_the_database(stage.studio.app, 6.5, held)

    from notifications.transports.twilio_sms import TwilioTransport

    real = TwilioTransport.send
    monkeypatch.setattr(TwilioTransport, "send", answered)
    assert deliver_messages([message], stage.settings, stage.studio.vault) == 1
    holders[0].join()
    assert stage.states() == {MessageState.ACCEPTED: 1}
    assert sent_once(stage, 1)


def test_f6_a_database_that_stays_away_leaves_the_truth_with_the_provider(stage, monkeypatch):
    from survey_app.stores import outbox

    (message,) = stage.open_wave(1)
    monkeypatch.setattr(outbox, "PATIENCE_SECONDS", -1.0)
    with monkeypatch.context() as patch:
        patch.setattr(outbox.DatabaseOutbox, "_record", away)
        assert deliver_messages([message], stage.settings, stage.studio.vault) == 0
    assert stage.states() == {MessageState.SENDING: 1}
    stage.minutes_pass(17)
    assert set(stage.finish()) <= DONE
    assert sent_once(stage, 1)


def away(*_args):
    db.session.execute(text("SELECT 1"))
    from sqlalchemy.exc import OperationalError

    raise OperationalError("UPDATE", {}, Exception("gone"))
