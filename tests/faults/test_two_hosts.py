"""Two web servers, four workers and two clocks on two hosts share one database and one broker, and one host dies.

The hosts are families of processes that know nothing of one another: they share what hosts share, a PostgreSQL, a
Redis and the folder of keys. Killed is a whole family at once.
"""

import contextlib
import json
import os
import threading
import time
import urllib.request
import zlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from redis import Redis
from sqlalchemy import select

from survey_app.app import create_app
from survey_app.cli.results import results as results_command
from survey_app.crypto.link_tokens import ballot_tag, invitation_token
from survey_app.extensions import close_connections, db
from survey_app.models.ballots import Ballot
from survey_app.models.invitations import Invitation
from survey_app.models.participants import Participant
from survey_app.models.publications import StoredChartRow
from survey_app.models.pulses import Wave, WaveState
from survey_app.use_cases.closing import close_wave
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.pulses import plan_wave
from survey_app.use_cases.responding import record_response
from tests.conftest import prepare_database
from tests.factories import CORE, Studio, roster_file
from tests.faults.crowd import Crowd
from tests.faults.installation import Host
from tests.faults.stage import DONE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="one database for two hosts is PostgreSQL"),
    pytest.mark.parametrize("app", ["postgresql"], indirect=True),
]
TEAMS, PEOPLE_A_TEAM = 6, 9
PEOPLE = TEAMS * PEOPLE_A_TEAM
METRICS_KEY = "a-key-of-sixteen-and-more"
DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def people_of_the_demo(studio):
    """Everybody has a mobile number, so that the ledger of texts tells who was asked."""
    studio.set_up({})
    rows = [
        {
            "staff_ref": f"P{number:03d}",
            "email": "",
            "mobile": f"07700 900{100 + number:03d}",
            "team": f"Team {chr(65 + number // PEOPLE_A_TEAM)}",
            "service_area": "Early Help",
        }
        for number in range(PEOPLE)
    ]
    assert not import_roster("northtown", roster_file(rows), DAY.date(), studio.vault).refused


def answers_of(person):
    """What somebody answers, whichever host asks."""
    number = int(person[1:])
    return {item: str(1 + (number * 7 + place * 3 + number // 5) % 5) for place, item in enumerate(CORE)}


def links_of(wave_id, vault):
    """Each person's link to a wave."""
    rows = db.session.execute(
        select(Participant.staff_ref, Invitation.id)
        .join(Invitation, Invitation.participant_id == Participant.id)
        .where(Invitation.wave_id == wave_id)
        .order_by(Participant.staff_ref)
    ).all()
    db.session.rollback()
    return {person: invitation_token(vault.link_key, invitation) for person, invitation in rows}


def published(app):
    """Everything that was published, and every picture, as one text."""
    db.session.rollback()
    listed = CliRunner().invoke(results_command, ["published", "--json"], obj=lambda: app)
    pictures = db.session.execute(
        select(StoredChartRow.group_key, StoredChartRow.measure, StoredChartRow.variant, StoredChartRow.svg)
    ).all()
    db.session.rollback()
    return json.dumps([json.loads(listed.output), sorted(map(list, pictures))])


def plan(studio):
    now = datetime.now(UTC)
    return plan_wave("monthly", "wave-1", label="This month", opens_at=now, closes_at=now + timedelta(days=1))


def on_one_host(request, settings):
    """The same wave, from beginning to end in one process on SQLite."""
    folder = settings.data_dir / "alone"
    alone = replace(settings, data_dir=folder, database_url=f"sqlite:///{folder / 'pulse.sqlite'}")
    app = create_app(prepare_database(request, alone, "sqlite"))
    with app.app_context():
        studio = Studio(app)
        people_of_the_demo(studio)
        wave = plan(studio)
        open_wave(wave, datetime.now(UTC), studio.vault)
        for person, token in links_of(wave, studio.vault).items():
            record_response(token, answers_of(person), studio.vault)
        close_wave(wave, datetime.now(UTC), studio.vault)
        draw_charts(datetime.now(UTC))
        found = published(app)
        db.session.remove()
        close_connections()
    return found


def test_a_wave_runs_across_two_hosts_of_which_one_dies_and_is_what_it_is_on_one(request, stage, settings):
    studio = stage.studio
    people_of_the_demo(studio)
    wave = plan(studio)
    db.session.remove()
    known = replace(stage.settings, demo=True)
    log = stage.folder / "hosts.log"
    hosts = [Host(known, stage.environment(METRICS_KEY=METRICS_KEY), log) for _ in range(2)]
    watched = WhatTheBrokerHolds(known.redis_url)
    ports = []
    try:
        for host in hosts:
            for process in (("worker", "send"), ("worker", "work"), ("clock",)):
                host.start(*process)
            ports.append(host.serve())
        stage.wait_until(lambda: len(links_of(wave, studio.vault)) == PEOPLE, 60)
        links = links_of(wave, studio.vault)
        crowd = Crowd(ports, answers={links[person]: answers_of(person) for person in links})
        people = crowd.answer(links.values(), at_once=6, patience=90)
        crowd.wait_for(PEOPLE // 3)
        hosts[1].end()  # everything on it, in the middle of whatever it did
        crowd.ports = ports[:1]
        for person in people:
            person.join()
        assert set(crowd.acknowledged) == set(links.values())
        assert set(db.session.scalars(select(Ballot.tag))) == {ballot_tag(token) for token in links.values()}
        db.session.rollback()
        until = time.monotonic() + 120
        while not set(stage.states()) <= DONE:  # what the dead host had in hand is asked about, and sent at most once
            assert time.monotonic() < until, stage.states()
            stage.minutes_pass(17)
            time.sleep(2)
        assert Counter(stage.ledger().values()) == {1: PEOPLE}
        db.session.execute(Wave.__table__.update().values(closes_at=datetime.now(UTC)))
        db.session.commit()
        stage.wait_until(lambda: is_drawn(wave), 120)
        assert published(studio.app) == on_one_host(request, settings)
        assert_nothing_leaked(links, {"broker": watched.end(), "log": log.read_bytes(), "metrics": metrics(ports[0])})
    finally:
        watched.end()
        for host in hosts:
            host.end()


class WhatTheBrokerHolds:
    """Every name and value that is ever seen in the broker, looked at all the time."""

    def __init__(self, url):
        self.broker = Redis.from_url(url)
        self.seen = bytearray()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        known = set()
        while not self.ended.wait(0.02):
            for key in self.broker.scan_iter(count=1000):
                value = self.broker.hgetall(key) if self.broker.type(key) == b"hash" else self.broker.dump(key)
                held = key + repr(value).encode() + unpacked(value)
                if held not in known:
                    known.add(held)
                    self.seen += held

    def end(self):
        self.ended.set()
        self.thread.join()
        return bytes(self.seen)


def unpacked(value):
    """What rq has packed into a job."""
    data = value.get(b"data", b"") if isinstance(value, dict) else b""
    with contextlib.suppress(zlib.error):
        return zlib.decompress(data)
    return data


def metrics(port):
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {METRICS_KEY}"}
    )
    with urllib.request.urlopen(asked, timeout=5) as page:
        return page.read()


def assert_nothing_leaked(links, places):
    """Neither a link nor a number of somebody's is where it does not belong."""
    secrets = [*links.values(), *(f"7700900{100 + number:03d}" for number in range(PEOPLE))]
    assert b"deliver_messages" in places["broker"]
    assert b"pulse_" in places["metrics"]
    for place, held in places.items():
        assert [secret for secret in secrets if secret.encode() in held] == [], place


def is_drawn(wave):
    found = db.session.get(Wave, wave, populate_existing=True)
    return found.state == WaveState.CLOSED and found.charts_drawn_at is not None
