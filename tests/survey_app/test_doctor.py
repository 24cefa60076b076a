"""The doctor finds what is broken: every check is shown a patient that it must find ill."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask_migrate import downgrade
from sqlalchemy import text

from survey_app import doctor
from survey_app.cli.doctor import doctor as doctor_command
from survey_app.crypto.escrow import make_holder_key
from survey_app.doctor import Verdict, examine
from survey_app.extensions import db, settings
from survey_app.models.clock import ClockBeat
from survey_app.stores.sender_gates import close_gate
from survey_app.use_cases.key_holders import add_key_holder
from tests.conftest import MIGRATIONS
from tests.factories import MONDAY

NOW = MONDAY + timedelta(days=1)


def wrong(studio, now=NOW, **changed):
    found = examine(replace(settings(), **changed), studio.vault, now)
    return {finding.check: finding for finding in found if finding.verdict is Verdict.WRONG}


@pytest.fixture
def well(studio, tmp_path):
    """An installation in which nothing is wrong."""
    studio.set_up({"Team A": 6})
    public_key = make_holder_key(tmp_path / "holder.pem", "correct horse battery")
    add_key_holder("governance", public_key, by="Dev", now=MONDAY, vault=studio.vault)
    studio.open()
    db.session.add(ClockBeat(name="clock", beat_at=NOW))
    db.session.commit()
    return studio


def test_an_installation_that_is_well_has_no_finding_and_every_check_speaks(well):
    found = list(examine(settings(), well.vault, NOW))
    assert [finding for finding in found if finding.verdict is Verdict.WRONG] == []
    said = {finding.check for finding in found}
    assert {"migrations", "written-once", "quiet-database", "key-holders", "key-files", "waves", "clock"} <= said
    assert {"broker", "email", "texts", "disk", "reports", "demo"} <= said
    assert all(finding.hint for finding in found if finding.verdict is not Verdict.WELL)


def test_a_lost_key_a_missing_copy_and_a_key_that_came_back(well):
    well.vault.wave_keys.destroy("wave-1")
    assert "has lost its key" in wrong(well)["wave-key"].found
    well.vault.escrow.destroy("wave-1")
    assert "has no copy for governance" in wrong(well)["escrow"].found
    well.vault.wave_keys.make("wave-1")
    db.session.execute(text("UPDATE waves SET state = 'closed', key_destroyed_at = opens_at, compacted_at = opens_at"))
    db.session.commit()
    assert "its key is back" in wrong(well)["wave-key"].found


def test_key_files_that_others_can_read(well):
    (path,) = well.vault.wave_keys.folder.iterdir()
    path.chmod(0o644)
    assert str(path) in wrong(well)["key-files"].found
    path.chmod(0o600)
    well.vault.wave_keys.folder.parent.chmod(0o755)
    assert wrong(well)["key-files"].hint.startswith("chmod")


def test_a_trigger_that_is_gone(well):
    name = "written_once_published_cells_" + ("update" if db.engine.dialect.name == "sqlite" else "change")
    on = "" if db.engine.dialect.name == "sqlite" else " ON published_cells"
    db.session.execute(text(f"DROP TRIGGER {name}{on}"))
    assert wrong(well)["written-once"].found == "published_cells could be changed"
    db.session.rollback()


def test_tables_of_an_earlier_release(app, studio):
    db.session.remove()
    downgrade(directory=MIGRATIONS, revision="0003")
    found = wrong(studio)
    from flask_migrate import upgrade

    db.session.remove()
    upgrade(directory=MIGRATIONS)
    newest = max(path.name[:4] for path in Path(MIGRATIONS, "versions").glob("[0-9]*.py"))
    assert found["migrations"].found == f"at 0003, not at {newest}"
    assert "could not be checked" in found["keys"].found


def test_a_database_that_would_log_what_is_written(well):
    if db.engine.dialect.name == "sqlite":
        db.session.rollback()
        connection = db.session.connection().connection.driver_connection
        connection.execute("PRAGMA secure_delete=OFF")
        assert "secure_delete is 0" in wrong(well)["quiet-database"].found
        return
    db.session.execute(text("SET LOCAL log_min_duration_statement = 0"))
    assert wrong(well)["log_parameter_max_length"].found == "is -1"
    db.session.execute(text("SET LOCAL log_parameter_max_length = 0"))
    assert "log_parameter_max_length" not in wrong(well)
    db.session.execute(text("SET LOCAL log_parameter_max_length_on_error = -1"))
    assert "log_parameter_max_length_on_error" in wrong(well)
    db.session.rollback()


def test_a_clock_that_stopped_and_a_wave_that_should_have_closed(well):
    late = wrong(well, now=NOW + timedelta(days=30))
    assert "last went round" in late["clock"].found
    assert late["waves"].found == "wave-1 should have closed"
    db.session.query(ClockBeat).delete()
    db.session.execute(text("UPDATE waves SET state = 'closed'"))
    db.session.commit()
    assert wrong(well)["clock"].found == "has never gone round"
    warnings = [found for found in examine(settings(), well.vault, NOW) if found.check == "waves"]
    assert warnings[0].verdict is Verdict.WARNING


def test_a_broker_that_does_not_answer_a_full_disk_and_a_demo_in_the_open(well, monkeypatch):
    monkeypatch.setattr(doctor, "FREE_BYTES", 2**70)
    found = wrong(well, redis_url="redis://127.0.0.1:1/0", demo=True, public_base_url="https://pulse.example.org")
    assert {"broker", "disk", "demo"} <= set(found)


def test_a_broker_that_answers_and_providers_that_are_set(well, broker_url):
    given = replace(settings(), redis_url=broker_url, smtp_url="smtp://localhost", twilio_account_sid="AC1")
    found = {finding.check: finding for finding in examine(given, well.vault, NOW)}
    assert [found[name].verdict for name in ("broker", "email", "texts")] == [Verdict.WELL] * 3
    assert not [name for name in found if name.startswith("sender ") or name == "wordings"]
    apart = replace(settings(), escrow_dir=settings().data_dir.parent / "elsewhere")
    assert "escrow-folder" not in {finding.check for finding in examine(apart, well.vault, NOW)}


def test_an_account_that_is_closed_and_an_address_that_makes_texts_long(well):
    close_gate("twilio", "20003", NOW + timedelta(minutes=1))
    long = "https://" + "a" * 70 + ".example.org"
    found = wrong(well, twilio_account_sid="AC1", public_base_url=long)
    assert found["sender twilio"].found == "is closed (20003)"
    assert "wordings" in {
        finding.check for finding in examine(replace(settings(), public_base_url=long), well.vault, NOW)
    }
    db.session.rollback()


def test_the_command_says_it_all_and_fails_if_anything_is_wrong(studio):
    db.session.remove()
    found = CliRunner().invoke(doctor_command, [], obj=lambda: studio.app)
    assert found.exit_code == 1
    assert "wrong    clock: has never gone round\n         Start `pulse clock`" in found.output
    db.session.remove()
    db.session.add(ClockBeat(name="clock", beat_at=datetime.now(UTC)))
    db.session.commit()
    db.session.remove()
    found = CliRunner().invoke(doctor_command, ["--json"], obj=lambda: studio.app)
    assert found.exit_code == (0 if os.stat(settings().data_dir) else 1), found.output
    assert '"check": "clock"' in found.output


def test_a_machine_without_pango_is_warned_of_and_not_wrong(well, monkeypatch):
    monkeypatch.setattr(doctor, "find_library", lambda _: None)
    (found,) = [each for each in examine(settings(), well.vault, NOW) if each.check == "reports"]
    assert found.verdict is Verdict.WARNING
    assert "libpango" in found.hint
    assert "reports" not in wrong(well)
