"""Operators see how an installation does; nobody without the key, and nobody anything of people."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from survey_app.config import InvalidSetting, load_settings
from survey_app.extensions import db, settings
from survey_app.processes.clock import tick
from tests.factories import mixed_answers

KEY = "a key of operators"


@pytest.fixture
def programme(studio):
    studio.app.extensions["pulse_settings"] = replace(settings(), metrics_key=KEY)
    studio.set_up({"Team A": 8, "Team B": 8})
    return studio


def ask(programme, key=KEY):
    db.session.rollback()
    return programme.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {key}"})


def read(programme):
    families = text_string_to_metric_families(ask(programme).text)
    return {(each.name, each.labels.get("of", "")): each.value for family in families for each in family.samples}


def test_figures_say_what_waits_and_how_long(programme):
    opened = datetime.now(UTC) - timedelta(hours=1)
    programme.open(opened_at=opened)
    found = read(programme)
    assert found["pulse_messages", "pending"] == 16
    assert found["pulse_messages", "failed"] == 0
    assert 3590 <= found["pulse_message_due_seconds", ""] <= 3660
    assert (found["pulse_waves", "open"], found["pulse_waves_late", ""]) == (1, 0)
    assert found["pulse_broker_up", ""] == 0
    tick(settings(), datetime.now(UTC))
    assert read(programme)["pulse_beat_age_seconds", "clock"] < 60


def test_a_wave_that_should_have_closed_is_counted(programme):
    programme.open(opened_at=datetime.now(UTC) - timedelta(days=11))
    assert read(programme)["pulse_waves_late", ""] == 1


def test_queues_are_counted_where_there_is_a_broker(programme, broker_url):
    programme.app.extensions["pulse_settings"] = replace(settings(), redis_url=broker_url)
    found = read(programme)
    assert found["pulse_broker_up", ""] == 1
    assert {("pulse_jobs_waiting", "send"), ("pulse_jobs_waiting", "work")} <= found.keys()


def test_without_the_key_there_is_no_such_page(programme):
    assert ask(programme, "another").status_code == 404
    assert programme.app.test_client().get("/metrics").status_code == 404
    programme.app.extensions["pulse_settings"] = replace(settings(), metrics_key="")
    assert ask(programme, "").status_code == 404


def test_nobody_is_in_the_figures(programme):
    wave = programme.open(opened_at=datetime.now(UTC))
    wave.answer("northtown-team-a", mixed_answers(8))
    told = ask(programme).text
    assert not any(
        word in told for word in ("northtown", "Team", "Person", "staff.example.org", *wave.tokens("northtown-team-a"))
    )
    assert "answered" not in told


def test_a_short_key_stops_the_start(keys):
    with pytest.raises(InvalidSetting, match="METRICS_KEY"):
        load_settings({**keys, "DATA_DIR": "x", "METRICS_KEY": "short"})


def test_a_process_with_tables_of_another_version_is_not_ready(programme):
    client = programme.app.test_client()
    assert (client.get("/health/ready").status_code, client.get("/health/live").status_code) == (200, 200)
    version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    answer = client.get("/health/ready")
    assert (answer.status_code, "another version" in answer.text) == (503, True)
    db.session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    db.session.commit()
    assert client.get("/health/ready").status_code == 200
