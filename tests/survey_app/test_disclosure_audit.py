"""`pulse audit-disclosure` looks at all that was ever published, and a closing that would leak publishes nothing."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from dashboards.errors import AuditFailed
from survey_app.cli.audit_disclosure import audit_disclosure_command
from survey_app.extensions import db
from survey_app.models.publications import PublishedCellRow
from survey_app.models.pulses import Wave
from survey_app.stores.disclosure_audits import last_audit
from survey_app.use_cases import publishing
from survey_app.use_cases.disclosure_audit import audit_disclosure
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import mixed_answers, same_answer

NOW = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def two_waves(studio):
    studio.set_up({"Team A": 8, "Team B": 12, "Team C": 3})
    studio.run_wave({"northtown-team-a": mixed_answers(8), "northtown-team-b": mixed_answers(12)})
    studio.run_wave({"northtown-team-a": [same_answer(5)] * 8, "northtown-team-c": mixed_answers(3)})
    withdraw_wave("wave-1", because="test", by="Dev", now=NOW)
    return studio


def run(studio, *arguments):
    db.session.remove()
    return CliRunner().invoke(audit_disclosure_command, list(arguments), obj=lambda: studio.app)


def test_every_wave_is_attacked_and_the_verdict_kept(two_waves):
    waves = audit_disclosure(NOW)
    assert [wave.wave for wave in waves] == ["wave-1", "wave-2"]
    assert [wave.findings for wave in waves] == [0, 0]
    assert [wave.fewest for wave in waves] == [8, 8]
    assert all(wave.least_room >= 25 for wave in waves)
    verdict = last_audit()
    assert (verdict.waves, verdict.findings) == (2, 0)
    assert verdict.figures == db.session.scalar(
        select(func.count()).select_from(PublishedCellRow).where(PublishedCellRow.status == "shown")
    )


def test_the_command_says_how_near_it_came(two_waves):
    found = run(two_waves)
    assert found.exit_code == 0, found.output
    assert "wave-2: nothing is certain about fewer than 8 people (k 5)" in found.output
    assert "no findings" in found.output
    assert json.loads(run(two_waves, "--json").output)[0]["fewest"] == 8


def test_a_leak_in_the_database_is_found_and_the_command_fails(two_waves):
    db.session.execute(
        text(
            "INSERT INTO published_cells (wave_id, group_key, group_name, level, measure, instrument, status, n, "
            "roster_size, score, low, high, likely_low, likely_high, covers, coverage) SELECT wave_id, 'planted', "
            "'Planted', 'team', measure, instrument, status, 2, 2, 100, 100, 100, 100, 100, '[\"northtown-team-c\"]', "
            "coverage FROM published_cells WHERE status = 'shown' AND measure = 'optimism' "
            "AND group_key = 'northtown-team-a'"
        )
    )
    db.session.commit()
    found = run(two_waves)
    assert found.exit_code == 1
    assert "FOUND optimism: determined, 2 people in northtown-team-c" in found.output
    assert last_audit().findings > 0


def test_waves_in_which_nothing_is_shown_have_nothing_to_find(studio):
    studio.set_up({"Team A": 4})
    studio.run_wave({"northtown-team-a": mixed_answers(4)})
    assert "wave-1: nothing shown" in run(studio).output


def test_a_closing_that_would_leak_publishes_nothing_and_can_be_run_again(studio, monkeypatch):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer("northtown-team-a", mixed_answers(8))

    def leaking(counts, terms):
        from dataclasses import replace

        from dashboards.suppression.publication import publish

        return tuple(replace(cell, low=100.0, high=100.0) for cell in publish(counts, terms))

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "publish", leaking)
        with pytest.raises(AuditFailed) as refused:
            wave.close()
    db.session.rollback()
    assert "narrow, 8 people in northtown-team-a" in refused.value.findings[0]
    assert db.session.scalar(select(func.count()).select_from(PublishedCellRow)) == 0
    assert studio.vault.wave_keys.exists(wave.key)
    wave.close()
    assert db.session.scalars(select(Wave.state)).one() == "closed"
