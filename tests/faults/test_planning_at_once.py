"""F13: a wave opened and reminded of by many at once is planned once, and two clocks and two workers send it once."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.messages import Message
from survey_app.models.pulses import Wave
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.pulses import plan_wave
from survey_app.use_cases.reminding import plan_reminders
from tests.factories import roster_file
from tests.faults.stage import DONE, kill

PEOPLE = 40


def all_at_once(app, what, times=5):
    """Call something in several threads at the same moment and return what came of each."""
    barrier, found = threading.Barrier(times), []

    def call():
        with app.app_context():
            barrier.wait()
            try:
                found.append(what())
            finally:
                db.session.remove()

    threads = [threading.Thread(target=call) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def count(of):
    found = db.session.scalar(select(func.count()).select_from(of))
    db.session.rollback()
    return found


def test_f13_planned_five_times_at_once_it_is_planned_and_sent_once(stage):
    stage.studio.set_up({})
    people = [
        {
            "staff_ref": f"P{number}",
            "email": "",
            "mobile": f"07700 900{100 + number}",
            "team": "Team A",
            "service_area": "Early Help",
        }
        for number in range(PEOPLE)
    ]
    import_roster("northtown", roster_file(people), datetime(2026, 1, 1, tzinfo=UTC).date(), stage.studio.vault)
    now = datetime.now(UTC)
    wave_id = plan_wave("monthly", "wave-1", label="Now", opens_at=now, closes_at=now + timedelta(days=10))
    db.session.remove()
    app, vault = stage.studio.app, stage.studio.vault
    found = all_at_once(app, lambda: len(open_wave(wave_id, now, vault)))
    assert sorted(found) == [0, 0, 0, 0, PEOPLE]
    assert (count(Invitation), count(Message)) == (PEOPLE, PEOPLE)

    workers = [stage.worker() for _ in range(2)]
    db.session.remove()
    all_at_once(app, stage.ring, times=2)
    stage.settle()
    assert set(stage.states()) <= DONE
    assert Counter(stage.ledger().values()) == {1: PEOPLE}

    later = now + timedelta(days=4)
    db.session.remove()
    reminded = all_at_once(app, lambda: len(plan_reminders(later)))
    assert sorted(reminded) == [0, 0, 0, 0, PEOPLE]
    assert count(Message) == 2 * PEOPLE
    assert db.session.get(Wave, wave_id).reminders_planned == 1
    db.session.rollback()
    for worker in workers:
        kill(worker)
