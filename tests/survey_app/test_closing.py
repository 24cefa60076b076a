import os
import sqlite3
from collections import Counter
from dataclasses import asdict
from threading import Thread

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from dashboards.snapshots import ShownCell, WithheldCell
from survey_app.crypto.wave_keys import MissingWaveKey, WaveKeyFiles
from survey_app.extensions import db
from survey_app.jobs.guarding import DatabaseFailed, without_details
from survey_app.models.ballots import Ballot, Response
from survey_app.models.publications import PublishedBlock, PublishedCellRow
from survey_app.models.pulses import Wave, WaveState
from survey_app.stores.publication_list import list_published
from survey_app.stores.published_results import DatabaseResults, to_cell, to_row
from survey_app.use_cases import closing
from survey_app.use_cases.closing import close_wave
from survey_app.use_cases.describing import describe_waves
from survey_app.use_cases.digesting import plan_digests
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.errors import UnknownInvitation, UnknownWave, WaveClosed, WrongWaveState
from survey_app.use_cases.fieldwork import waves_to_close
from survey_app.use_cases.pulses import plan_wave
from survey_app.use_cases.responding import record_response
from tests.factories import MONDAY, mixed_answers, same_answer

TEAM_A = "northtown-team-a"


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def cells(measure="connectedness"):
    return {cell["group"]: cell for cell in list_published() if cell["measure"] == measure}


def test_answers_are_in_the_published_figures_and_the_ballots_and_the_key_are_gone(studio):
    studio.set_up({"Team A": 8, "Team B": 6})

    wave = studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": [same_answer(5)] * 5})

    found = cells()
    assert (found[TEAM_A]["n"], found[TEAM_A]["status"]) == (8, "shown")
    assert found["northtown-team-b"]["score"] == 95
    assert found["crescendo"]["n"] == 13
    assert count(Ballot) == 0
    assert count(Response) == 13
    row = db.session.get(Wave, wave.id)
    assert (row.state, row.key_destroyed_at is not None) == (WaveState.CLOSED, True)
    assert not studio.vault.wave_keys.exists(wave.key)


def test_a_published_mean_is_that_of_the_answers_up_to_its_rounding(studio):
    studio.set_up({"Team A": 8})
    answers = mixed_answers(8)
    studio.run_wave({TEAM_A: answers})
    means = [(sum(int(given[item]) for given in answers) / 8 - 1) * 25 for item in ("belonging", "help", "heard")]
    found = cells()[TEAM_A]
    assert found["low"] <= sum(means) / 3 <= found["high"]


def test_responses_are_kept_by_block_without_anything_that_leads_to_a_person(studio):
    studio.set_up({"Team A": 4, "Team B": 3})
    studio.run_wave({TEAM_A: mixed_answers(4), "northtown-team-b": mixed_answers(3)})
    blocks = Counter(db.session.scalars(select(Response.block_key)))
    assert blocks == {"northtown-team-a+northtown-team-b": 7}
    assert {column.name for column in Response.__table__.columns} == {"id", "wave_id", "block_key", "answers"}


def test_answers_that_belong_to_no_block_are_not_kept(studio):
    studio.set_up({"Team A": 4})
    studio.run_wave({TEAM_A: mixed_answers(4)})
    assert (count(Response), count(PublishedBlock), count(Ballot)) == (0, 0, 0)
    assert {cell["status"] for cell in list_published()} == {"withheld"}


def test_a_wave_that_nobody_answered_closes(studio):
    studio.set_up({"Team A": 4})
    studio.run_wave({})
    assert {cell["reason"] for cell in list_published()} == {"too_few"}


def test_an_empty_ballot_is_nobody(studio):
    studio.set_up({"Team A": 8})
    studio.run_wave({TEAM_A: [*mixed_answers(5), {}]})
    assert cells()[TEAM_A]["n"] == 5


def test_closing_again_changes_nothing(studio):
    studio.set_up({"Team A": 8})
    wave = studio.run_wave({TEAM_A: mixed_answers(8)})
    before = list(list_published())
    close_wave(wave.id, MONDAY, studio.vault)
    assert list(list_published()) == before


def test_two_jobs_that_close_a_wave_at_once_publish_it_once(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer(TEAM_A, mixed_answers(8))
    failures = []

    def close():
        with studio.app.app_context():
            try:
                close_wave(wave.id, MONDAY, studio.vault)
            except Exception as error:
                failures.append(error)

    threads = [Thread(target=close) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert count(Response) == 8


@pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="SQLite's own way is tried below")
@pytest.mark.parametrize("app", ["postgresql"], indirect=True)
def test_a_table_that_somebody_else_clears_keeps_a_wave_for_the_next_time(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer(TEAM_A, mixed_answers(8))
    db.session.remove()
    with db.engine.connect() as other:
        other.execute(text("LOCK TABLE ballots IN SHARE UPDATE EXCLUSIVE MODE"))
        close_wave(wave.id, MONDAY, studio.vault)
        assert wave_row(wave).compacted_at is None
    close_wave(wave.id, MONDAY, studio.vault)
    assert wave_row(wave).compacted_at == MONDAY
    assert count(Response) == 8


def wave_row(wave):
    db.session.rollback()
    return db.session.get(Wave, wave.id, populate_existing=True)


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("place", ["compute_results", "store_results", "_destroy_key", "_compact", "_vacuum"])
def test_a_closing_that_is_killed_anywhere_is_finished_by_the_next(studio, monkeypatch, place):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer(TEAM_A, mixed_answers(8))

    def die(*_args, **_kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(closing, place, die)
        with pytest.raises(Killed):
            close_wave(wave.id, MONDAY, studio.vault)
    db.session.remove()
    assert wave.id in waves_to_close(MONDAY)
    assert studio.vault.wave_keys.exists(wave.key) or count(Response) == 8

    close_wave(wave.id, MONDAY, studio.vault)

    assert cells()[TEAM_A]["n"] == 8
    assert count(Response) == 8
    assert not studio.vault.wave_keys.exists(wave.key)


def test_without_its_key_a_wave_is_left_as_it_is_until_the_key_is_restored(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer(TEAM_A, mixed_answers(8))
    (path,) = studio.vault.wave_keys.folder.iterdir()
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(MissingWaveKey):
        close_wave(wave.id, MONDAY, studio.vault)
    db.session.rollback()
    assert count(Ballot) == 8

    path.write_bytes(kept)
    close_wave(wave.id, MONDAY, studio.vault)

    assert cells()[TEAM_A]["n"] == 8


def test_every_answer_that_was_acknowledged_while_the_wave_closed_is_counted(studio):
    studio.set_up({"Team A": 40})
    wave = studio.open()
    tokens = wave.tokens(TEAM_A)
    taken = []

    def answer(some):
        with studio.app.app_context():
            for token in some:
                try:
                    record_response(token, same_answer(3), studio.vault)
                    taken.append(token)
                except WaveClosed:
                    db.session.rollback()

    threads = [Thread(target=answer, args=(tokens[place::4],)) for place in range(4)]
    for thread in threads:
        thread.start()
    wave.close()
    for thread in threads:
        thread.join()

    assert count(Response) == (len(taken) if len(taken) >= 5 else 0)
    assert count(Ballot) == 0


def test_a_wave_that_has_not_opened_cannot_be_closed(studio):
    studio.set_up({"Team A": 8})
    wave_id = plan_wave("monthly", "w", label="June", opens_at=MONDAY, closes_at=MONDAY)
    with pytest.raises(WrongWaveState, match="is planned; it would have to be open"):
        close_wave(wave_id, MONDAY, studio.vault)
    with pytest.raises(UnknownWave):
        close_wave(99, MONDAY, studio.vault)


def test_small_teams_keep_the_company_they_had(studio):
    studio.set_up({"Team A": 4, "Team B": 4, "Team C": 4, "Team D": 4})
    teams = [f"northtown-team-{letter}" for letter in "abcd"]
    studio.run_wave({team: mixed_answers(size) for team, size in zip(teams, (4, 3, 3, 2), strict=True)})
    first = set(db.session.scalars(select(PublishedBlock.key)))
    studio.run_wave({team: mixed_answers(size) for team, size in zip(teams, (3, 4, 4, 4), strict=True)})
    second = set(db.session.scalars(select(PublishedBlock.key).where(PublishedBlock.wave_id == 2)))
    assert first <= second


def test_a_cell_is_stored_and_read_back_the_same(studio):
    studio.set_up({"Team A": 8, "Team B": 2})
    wave = studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": mixed_answers(2)})
    rows = db.session.scalars(select(PublishedCellRow)).all()
    kinds = set()
    for row in rows:
        cell = to_cell(row, wave.key)
        kinds.add(type(cell))
        columns = to_row(cell, row.wave_id)
        assert {name: getattr(row, name) for name in columns} == columns
    assert kinds == {ShownCell, WithheldCell}


def test_dashboards_read_waves_groups_and_cells(studio):
    assert DatabaseResults("crescendo").waves("crescendo") == []
    assert DatabaseResults("crescendo").children("crescendo") == []
    studio.set_up({"Team A": 8})
    studio.run_wave({TEAM_A: mixed_answers(8)})
    results = DatabaseResults("crescendo")
    (wave,) = results.waves("crescendo")
    assert asdict(wave)["label"] == "June 2026"
    assert [measure.id for measure in wave.measures][-1] == "burnout"
    assert not wave.measures[-1].higher_is_better
    assert results.group(TEAM_A).name == "Team A"
    assert results.group("nowhere") is None
    assert [group.key for group in results.children("northtown")] == ["northtown-early-help"]
    assert len(results.cells(TEAM_A)) == 4
    assert results.chart(TEAM_A, "burnout", "wide") is None


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_no_trace_of_a_ballot_is_left_in_the_database_file(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer(TEAM_A, mixed_answers(8))
    sealed = list(db.session.scalars(select(Ballot.sealed)))
    db.session.rollback()
    path = studio.app.extensions["pulse_settings"].data_dir / "pulse.sqlite"
    held = path.read_bytes() + path.with_name("pulse.sqlite-wal").read_bytes()
    assert all(ballot[40:90] in held for ballot in sealed)

    wave.close()

    held = b"".join(file.read_bytes() for file in path.parent.glob("pulse.sqlite*"))
    assert not any(ballot[40:90] in held for ballot in sealed)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_key_holder_alone_opens_nothing_once_the_wave_is_closed(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    token = wave.tokens(TEAM_A)[0]
    wave.close()
    assert isinstance(studio.vault.wave_keys, WaveKeyFiles)
    with pytest.raises((WaveClosed, UnknownInvitation)):
        record_response(token, same_answer(3), studio.vault)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # PostgreSQL vacuums beside its readers
def test_compaction_that_somebody_is_in_the_way_of_is_made_good(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer(TEAM_A, mixed_answers(8))
    path = studio.app.extensions["pulse_settings"].data_dir / "pulse.sqlite"
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM waves").fetchone()

    wave.close()

    assert not studio.vault.wave_keys.exists(wave.key)
    assert db.session.get(Wave, wave.id, populate_existing=True).compacted_at is None
    db.session.commit()
    reader.execute("COMMIT")
    reader.close()
    wave.close()
    assert db.session.get(Wave, wave.id, populate_existing=True).compacted_at is not None


def test_an_error_of_the_database_prints_no_answers(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open()
    wave.answer(TEAM_A, [same_answer(4)] * 8)
    db.session.execute(text("ALTER TABLE responses RENAME TO elsewhere"))
    db.session.commit()
    try:
        with pytest.raises(SQLAlchemyError) as failure:
            close_wave(wave.id, MONDAY, studio.vault)
        with pytest.raises(DatabaseFailed) as reported:
            without_details(close_wave)(wave.id, MONDAY, studio.vault)
    finally:
        db.session.rollback()
        db.session.execute(text("ALTER TABLE elsewhere RENAME TO responses"))
        db.session.commit()
    assert "4, 4" not in str(failure.value)
    assert "SQL" not in str(reported.value)
    assert reported.value.__suppress_context__


def test_pictures_are_drawn_once_a_wave(studio):
    studio.set_up({"Team A": 8})
    studio.run_wave({TEAM_A: mixed_answers(8)})
    assert draw_charts(MONDAY) > 40
    assert draw_charts(MONDAY) == 0
    studio.run_wave({})
    assert draw_charts(MONDAY) > 40
    describe_waves(MONDAY)
    plan_digests(MONDAY)
    assert waves_to_close(MONDAY) == []
