"""A copy made while everything runs adds up, comes back into an empty database, and brings back nobody erased."""

import json
import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from flask_migrate import upgrade
from sqlalchemy import func, select

from notifications.messages import MessageState
from survey_app.app import create_app
from survey_app.cli.backup import backup, restore
from survey_app.extensions import close_connections, db, settings, vault
from survey_app.models.accounts import Session
from survey_app.models.clock import ClockBeat
from survey_app.models.messages import Message
from survey_app.models.participants import Participant
from survey_app.stores.publication_list import list_published
from survey_app.use_cases.audit_chain import seal_entries, verify_chain
from survey_app.use_cases.backups import BackupFailed, make_backup, restore_backup, settle_restored
from survey_app.use_cases.erasure import erase_participant
from survey_app.use_cases.responding import record_response
from tests.conftest import MIGRATIONS
from tests.factories import MONDAY, mixed_answers, signed_in
from tests.people import DEV

TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.appoint()
    studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": mixed_answers(8)})
    seal_entries(MONDAY, vault())
    return studio


@pytest.fixture
def empty_url(app, tmp_path, keys):
    """An empty database of the same kind."""
    if app.extensions["pulse_settings"].database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored.sqlite'}"
        return
    base = os.environ["TEST_DATABASE_URL"]
    name = f"pulse_restore_{os.getpid()}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    yield base.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://") + f"/{name}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def copy(tmp_path, now=MONDAY):
    return make_backup(tmp_path / "backups", settings().database_url, now)


@contextmanager
def restored(app, url):
    """The same installation on the database that came back."""
    other = create_app(replace(app.extensions["pulse_settings"], database_url=url))
    db.session.remove()
    with other.app_context():
        upgrade(directory=MIGRATIONS)
        yield other
        db.session.remove()
        close_connections()


def test_what_comes_back_is_what_was_published_with_its_log(programme, tmp_path, empty_url):
    published = list(list_published())
    head = verify_chain(MONDAY, vault()).head
    db.session.rollback()
    place = copy(tmp_path)
    manifest = restore_backup(place, empty_url)
    assert manifest.rows["participants"] == 16
    with restored(programme.app, empty_url):
        assert list(list_published()) == published
        assert verify_chain(MONDAY, vault()).head == head
        settle_restored(manifest, MONDAY, vault(), vault().erasures, by="Dev")
    assert db.session.get(ClockBeat, "backup").beat_at == MONDAY


def test_a_restored_database_sends_nothing_twice_and_opens_no_session(programme, tmp_path, empty_url):
    signed_in(programme, DEV)
    programme.open()
    waiting = select(func.count()).where(Message.state == MessageState.PENDING)
    assert db.session.scalar(waiting) >= 16
    place = copy(tmp_path)
    manifest = restore_backup(place, empty_url)
    with restored(programme.app, empty_url):
        settle_restored(manifest, MONDAY, vault(), vault().erasures, by="Dev")
        assert db.session.scalar(waiting) == 0
        assert db.session.scalar(select(func.count()).select_from(Session)) == 0


def test_who_was_erased_since_is_erased_again_and_nobody_else(programme, tmp_path, empty_url):
    erase_participant("northtown", "Team B-0", by="Dev", now=MONDAY - timedelta(days=1), vault=vault())
    place = copy(tmp_path)
    erase_participant("northtown", "Team A-0", by="Dev", now=MONDAY + timedelta(hours=1), vault=vault())
    assert "Team A" not in vault().erasures.read_text()
    manifest = restore_backup(place, empty_url)
    with restored(programme.app, empty_url):
        assert db.session.scalar(select(func.count()).select_from(Participant)) == 15
        assert settle_restored(manifest, MONDAY, vault(), vault().erasures, by="Dev") == 1
        references = set(db.session.scalars(select(Participant.staff_ref)))
        assert ("Team A-0" in references, len(references)) == (False, 14)


def test_a_copy_is_made_while_people_answer(programme, tmp_path, empty_url):
    wave = programme.open(opened_at=datetime.now(UTC))
    tokens, app = wave.tokens(TEAM_A), programme.app
    done = threading.Event()

    def answer():
        with app.app_context():
            while not done.is_set():
                for token in tokens:
                    record_response(token, mixed_answers(1)[0], vault())
            db.session.remove()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        places = [copy(tmp_path, MONDAY + timedelta(seconds=number)) for number in range(3)]
    finally:
        done.set()
        thread.join()
    assert restore_backup(places[-1], empty_url).rows["invitations"] == 32


def test_a_copy_that_was_changed_or_cut_is_not_taken(programme, tmp_path, empty_url):
    place = copy(tmp_path)
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["rows"]["participants"] += 1
    (place / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupFailed, match="participants differ in their rows"):
        restore_backup(place, empty_url)
    with pytest.raises(BackupFailed, match=r"there already|not empty"):
        restore_backup(place, empty_url)
    (place / "manifest.json").write_text("{")
    with pytest.raises(BackupFailed, match="is no backup"):
        restore_backup(place, empty_url)


def test_a_copy_is_for_its_owner_only_and_never_written_over(programme, tmp_path):
    place = copy(tmp_path)
    assert place.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in place.iterdir() if file.name != "manifest.json")
    with pytest.raises(BackupFailed, match="never written over"):
        copy(tmp_path)


def test_a_copy_of_another_kind_is_named(programme, tmp_path):
    place = copy(tmp_path)
    other = "postgresql://x/y" if settings().database_url.startswith("sqlite") else "sqlite:////nowhere/x.sqlite"
    with pytest.raises(BackupFailed, match="It is a copy of"):
        restore_backup(place, other)


def test_no_key_and_no_answer_is_in_a_copy(programme, tmp_path):
    wave = programme.open(opened_at=datetime.now(UTC))
    wave.answer(TEAM_A, mixed_answers(8))
    place = copy(tmp_path)
    content = b"".join(file.read_bytes() for file in place.iterdir())
    for key in Path(settings().keys_dir).rglob("*"):
        assert not key.is_file() or key.read_bytes() not in content


def test_the_commands(programme, tmp_path, empty_url):
    db.session.remove()

    def run(command, *arguments, app):
        db.session.remove()
        return CliRunner().invoke(command, list(arguments), obj=lambda: app)

    made = run(backup, str(tmp_path / "b"), app=programme.app)
    assert "read back and added up" in made.output
    (place,) = (tmp_path / "b").iterdir()
    other = create_app(replace(programme.app.extensions["pulse_settings"], database_url=empty_url))
    done = run(restore, str(place), app=other)
    assert "are back and add up; 0 people were forgotten again" in done.output
    again = run(restore, str(place), app=other)
    assert again.exit_code == 2
    with other.app_context():
        db.session.remove()
        close_connections()
    if empty_url.startswith("sqlite"):
        with closing(sqlite3.connect(empty_url.removeprefix("sqlite:///"))) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
