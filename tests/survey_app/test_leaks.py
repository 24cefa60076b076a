"""After a whole run, nothing readable is left anywhere but what the design says."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from survey_app.extensions import Base, db
from survey_app.queues import ring_delivery, ring_work
from tests.factories import CORE
from tests.survey_app.test_processes import environment, stop, wait_for

TEAM = "northtown-team-a"


def answers_of(person):
    """Answers that make a vector no other person has."""
    return {item: str(1 + (person * 7 + place * (person + 2)) % 5) for place, item in enumerate(CORE)}


@pytest.mark.slow
def test_database_broker_and_logs_hold_no_answer_token_address_or_number(studio, demo_peers, broker_url, tmp_path):
    studio.set_up({"Team A": 8})
    wave = studio.open(opened_at=datetime.now(UTC) - timedelta(hours=1))
    tokens = wave.tokens(TEAM)
    peers = demo_peers.settings
    log = (tmp_path / "worker.log").open("wb")
    more = {
        "REDIS_URL": broker_url,
        "SMTP_URL": peers.smtp_url,
        "TWILIO_ACCOUNT_SID": peers.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": peers.twilio_auth_token,
        "TWILIO_MESSAGING_SERVICE_SID": peers.twilio_messaging_service_sid,
        "TWILIO_BASE_URL": peers.twilio_base_url,
    }
    command = [sys.executable, "-m", "survey_app", "worker"]
    ready = environment(studio.app, **more)
    workers = [subprocess.Popen([*command, queue], env=ready, stderr=log, stdout=log) for queue in ("send", "work")]
    ring_delivery(broker_url, wave.messages, datetime.now(UTC))
    browser = studio.app.test_client()
    for person, token in enumerate(tokens):
        browser.get(f"/p/{token}")
        browser.post(f"/p/{token}", data={**answers_of(person), "go": "send"})
        browser.post(f"/p/{token}", data={"help": "99", "go": "send"})
    before_close = everything(studio.app, broker_url)

    ring_work(broker_url, "close_wave", wave.id, datetime.now(UTC))
    closed = wait_for(lambda: not studio.vault.wave_keys.exists(wave.key), 40)
    for worker in workers:
        stop(worker)
    log.close()
    assert closed

    after_close = everything(studio.app, broker_url) + (tmp_path / "worker.log").read_bytes()
    people = [f"team-a-{number}@staff.example.org" for number in range(8)]
    numbers = [f"+44770090{number}" for number in range(10)] + ["07700 900"]
    for held in (before_close, after_close):
        for secret in (*tokens, *people, *numbers, "Person 1"):
            assert secret.encode() not in held, secret
    for person in range(8):
        vector = json.dumps([int(value) for value in answers_of(person).values()])
        compact = vector.replace(" ", "")
        assert vector.encode() not in before_close
        assert compact.encode() not in before_close
        assert json.dumps(answers_of(person)).encode() not in before_close + after_close


def everything(app, broker_url):
    """Every byte of the database and of the broker."""
    settings = app.extensions["pulse_settings"]
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        database = b"".join(path.read_bytes() for path in settings.data_dir.glob("pulse.sqlite*"))
    else:
        database = repr([list(db.session.execute(table.select())) for table in Base.metadata.sorted_tables]).encode()
        db.session.rollback()
    client = Redis.from_url(broker_url)
    held = b"".join(key + (client.dump(key) or b"") for key in client.scan_iter())
    client.close()
    return database + held
