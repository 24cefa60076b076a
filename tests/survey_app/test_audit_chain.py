"""Whoever changes the log of acts is found out: each seal is over the one before, under a key outside the database."""

import contextlib
import json
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from survey_app.cli.audit import audit
from survey_app.extensions import db, settings, vault
from survey_app.migrations.written_once import trigger_names
from survey_app.models.audit import AuditEntry, AuditSeal
from survey_app.processes.clock import tick
from survey_app.use_cases.audit_chain import seal_entries, verify_chain
from survey_app.use_cases.auditing import note, note_now
from tests.factories import MONDAY


@pytest.fixture
def sealed(app):
    for number in range(5):
        note_now("Dev", "act", f"subject {number}", MONDAY, count=number, word="Zoë’s “note”")
    assert seal_entries(MONDAY, vault()) == 5
    return app


def found(now=MONDAY):
    report = verify_chain(now, vault())
    db.session.rollback()
    return report


def tamper(*statements):
    """As a superuser would, whom no trigger binds."""
    if db.engine.dialect.name == "postgresql":
        for statement in ("SET LOCAL session_replication_role = replica", *statements):
            db.session.execute(text(statement))
        db.session.commit()
        return
    db.session.rollback()
    with contextlib.closing(sqlite3.connect(db.engine.url.database)) as file:
        for table in ("audit_entries", "audit_seals"):
            for name in trigger_names(table, "sqlite"):
                file.execute(f"DROP TRIGGER IF EXISTS {name}")
        for statement in statements:
            file.execute(statement)
        file.commit()


def test_an_untouched_log_holds_and_goes_on(sealed):
    first = found()
    assert (first.sealed, first.waiting, first.findings) == (5, 0, ())
    note_now("Dev", "act", "another", MONDAY)
    assert (found().waiting, found().findings) == (1, ())
    assert seal_entries(MONDAY, vault()) == 1
    assert seal_entries(MONDAY, vault()) == 0
    assert (found().sealed, found().head != first.head) == (6, True)


ALTERATIONS = {
    "an actor": ("UPDATE audit_entries SET actor = 'Eve' WHERE subject = 'subject 2'", "was changed"),
    "a detail": ("UPDATE audit_entries SET detail = '{}' WHERE subject = 'subject 2'", "was changed"),
    "a time": ("UPDATE audit_entries SET happened_at = '2020-01-01 00:00:00+00:00' WHERE subject = 'subject 0'", "was"),
    "a removal": ("DELETE FROM audit_entries WHERE subject = 'subject 4'", "was removed"),
    "a removal with its seal": (
        "DELETE FROM audit_seals WHERE place = 3; DELETE FROM audit_entries WHERE subject = 'subject 2'",
        "the seals from 3 to 3 are gone",
    ),
    "a swap": (
        "UPDATE audit_seals SET entry_id = -1 WHERE place = 2; UPDATE audit_seals SET entry_id ="
        " (SELECT id FROM audit_entries WHERE subject = 'subject 1') WHERE place = 3;"
        " UPDATE audit_seals SET entry_id = (SELECT id FROM audit_entries WHERE subject = 'subject 2') WHERE place = 2",
        "was changed",
    ),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_whatever_is_altered_is_found(sealed, name):
    statements, finding = ALTERATIONS[name]
    tamper(*statements.split("; "))
    assert any(finding in each for each in found().findings), found().findings


def test_the_end_cut_off_is_found_by_the_head_that_was_written_down(sealed):
    head = found().head
    tamper(
        "DELETE FROM audit_seals WHERE place > 3",
        "DELETE FROM audit_entries WHERE subject IN ('subject 3', 'subject 4')",
    )
    assert found().findings == ()
    assert found().head != head


def test_who_holds_the_database_alone_can_make_no_seal(sealed):
    other = replace(vault(), audit_key=b"another key of thirty-two bytes.")
    note_now("Dev", "act", "later", MONDAY)
    seal_entries(MONDAY, other)
    assert any("was changed" in each for each in found().findings)


def test_what_stays_without_a_seal_is_found(sealed):
    note_now("Dev", "act", "later", MONDAY)
    assert found(MONDAY + timedelta(minutes=4)).findings == ()
    assert "1 entries have no seal" in found(MONDAY + timedelta(minutes=6)).findings[0]


def test_an_entry_that_commits_late_is_sealed_all_the_same(sealed):
    """Numbers of PostgreSQL are given before the commit: a lower one may come later."""
    late = AuditEntry(id=900, happened_at=MONDAY, actor="a", action="b", subject="c", detail={})
    early = AuditEntry(id=901, happened_at=MONDAY, actor="a", action="b", subject="c", detail={})
    for entry in (early, late):
        db.session.add(entry)
        db.session.commit()
        seal_entries(MONDAY, vault())
    assert found().findings == ()
    assert db.session.scalar(select(func.count()).select_from(AuditSeal)) == 7


def test_the_clock_seals_and_the_command_says_so(sealed):
    note("Dev", "act", "by the clock", MONDAY)
    db.session.commit()
    tick(settings(), MONDAY)
    assert found().waiting == 0

    def run(*arguments):
        db.session.remove()
        return CliRunner().invoke(audit, ["verify", *arguments], obj=lambda: sealed)

    assert "entries sealed, 0 waiting; head" in run().output
    tamper("UPDATE audit_entries SET actor = 'Eve' WHERE subject = 'subject 2'")
    told = run("--json")
    assert (told.exit_code, len(json.loads(told.output)["findings"]) >= 1) == (1, True)
