"""Whoever holds every byte at rest names nobody beyond chance; the same attacker wins wherever they must."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from redis import Redis
from sqlalchemy import text

from survey_app.app import create_app
from survey_app.cli.prove_anonymity import BEYOND_CHANCE, judge, prove_anonymity
from survey_app.extensions import db, settings, vault
from survey_app.linkage.game import TEAMS, Table, play, set_the_table
from survey_app.linkage.linkers import Score, link_all, pooled, whose_rows
from survey_app.queues import ring_work
from survey_app.use_cases import publishing
from survey_app.use_cases.closing import close_wave
from tests.survey_app.test_processes import environment, stop, wait_for

PEOPLE = sum(TEAMS.values())


def table_of(app, close, beside=bytes):
    table = Table(app, vault(), settings().data_dir, close, beside, random.Random(1))
    set_the_table(table)
    return table


def close_here(wave_id, now):
    close_wave(wave_id, now, vault())


@pytest.mark.slow
@pytest.mark.parametrize("broker_url", ["embedded"], indirect=True)
def test_at_chance_over_twenty_closings_by_a_worker_with_four_controls_at_a_hundred_per_cent(app, broker_url, tmp_path):
    log = tmp_path / "worker.log"
    client = Redis.from_url(broker_url)
    with log.open("wb") as stream:
        command = [sys.executable, "-m", "survey_app", "worker", "work"]
        worker = subprocess.Popen(command, env=environment(app, REDIS_URL=broker_url), stderr=stream, stdout=stream)

    def close(wave_id, _now):
        ring_work(broker_url, "close_wave", wave_id, datetime.now(UTC))
        assert wait_for(lambda: _is_closed(wave_id), 60)

    def beside():
        dump = b"".join(key + (client.dump(key) or b"") for key in client.scan_iter())
        return dump + log.read_bytes()

    rounds = [play(table) for table in [table_of(app, close, beside)] for _ in range(20)]
    stop(worker)
    client.close()

    verdict = judge(rounds)
    assert verdict.holds, verdict.lines
    assert sum(each.copies for each in rounds) == 20 * (PEOPLE + 1)
    tried = pooled([score for each in rounds for score in each.scores])
    assert tried[0].rows == 20 * PEOPLE
    assert len(tried) > 80
    assert min(score.p for score in tried) * len(tried) > BEYOND_CHANCE
    for name in ("plain store", "without tokens", "without dates", "sealed, with the key stolen"):
        best = pooled([score for each in rounds for score in each.controls[name]])[0]
        assert best.share == 1, name
    assert sum(each.readable_if_plain for each in rounds) == 20 * PEOPLE
    assert sum(each.readable_before + each.left_after for each in rounds) == 0


def _is_closed(wave_id):
    found = db.session.execute(text("SELECT compacted_at FROM waves WHERE id = :id"), {"id": wave_id}).scalar()
    db.session.rollback()
    return found is not None


def test_the_write_ahead_log_of_the_server_holds_ciphertexts_until_the_wave_closes(app):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite's log is among the files that the game copies")
    folder = Path(str(db.session.execute(text("SHOW data_directory")).scalar())) / "pg_wal"
    db.session.rollback()
    if not os.access(folder, os.R_OK):
        pytest.skip("the server's own files are not ours to read")
    calls = []

    def beside():
        calls.append(1)
        if len(calls) != PEOPLE:  # the whole log once, after the last answer
            return b""
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())

    table = table_of(app, close_here, beside)
    table.chance = random.SystemRandom()  # the log remembers what other runs of these tests answered
    found = play(table)
    assert found.readable_before == 0
    assert found.readable_if_plain == PEOPLE


def test_rows_whose_ids_rise_with_the_ballots_are_found_out(app, monkeypatch):
    """Break the store: number the rows as the ballots lay. The game must notice."""

    def in_order(wave_id, results, items):
        rows = [
            {"id": UUID(int=number), "wave_id": wave_id, "block_key": results.blocks[block].key, "answers": answers}
            for number, (block, answers) in enumerate(
                zip(results.block_of_row, results.answers[list(items)].astype(int).to_numpy().tolist(), strict=True)
            )
        ]
        return [{**row, "id": UUID(int=row["id"].int + (wave_id << 64))} for row in rows]

    monkeypatch.setattr(publishing, "_shuffled_responses", in_order)
    table = table_of(app, close_here)
    verdict = judge([play(table) for _ in range(2)])
    assert not verdict.holds
    assert any("SOMEBODY COULD BE NAMED" in line for line in verdict.lines)


def test_a_key_that_was_not_destroyed_and_answers_that_can_be_read_are_found(app):
    table = table_of(app, close_here)
    good = play(table)
    for spoilt in (replace(good, left_after=1), replace(good, readable_before=3)):
        assert not judge([spoilt]).holds
    blind = replace(good, readable_if_plain=0)
    assert "proves nothing" in judge([blind]).lines[-1]
    lost = {name: [replace(score, named=0) for score in scores] for name, scores in good.controls.items()}
    assert "proves nothing" in judge([replace(good, controls=lost)]).lines[-1]


def test_a_page_that_refuses_stops_the_game(app, monkeypatch):
    table = table_of(app, close_here)
    monkeypatch.setattr("survey_app.linkage.game.invitation_token", lambda *_: "1" * 16)
    with pytest.raises(RuntimeError, match="answered 404"):
        play(table)


def test_the_command_plays_on_a_scratch_programme_and_prints_what_it_tried():
    result = CliRunner().invoke(prove_anonymity, ["--waves", "1"], obj=create_app)
    assert result.exit_code == 0, result.output
    assert f"1 waves, {PEOPLE} answers, {PEOPLE + 1} copies" in result.output
    assert result.output.count("(100.0%") == 4
    assert "Nobody was named beyond chance." in result.output


def test_the_command_fails_when_somebody_could_be_named(monkeypatch):
    from survey_app.cli import prove_anonymity as module

    monkeypatch.setattr(module, "BEYOND_CHANCE", 1e9)
    result = CliRunner().invoke(prove_anonymity, ["--waves", "1"], obj=create_app)
    assert result.exit_code == 1


def people(*columns):
    return [{"block": "b", "answers": (place,) * 4, **dict(column)} for place, column in enumerate(columns)]


def test_linkers_find_equal_values_and_equal_orders_and_nothing_else():
    rng = random.Random(2)
    ids = rng.sample(range(1000), 30)
    own = people(*[{"number": value, "noise": rng.random()} for value in ids])
    shuffled = list(range(30))
    rng.shuffle(shuffled)
    rows = [
        {"block": "b", "answers": (place,) * 4, "mark": str(ids[place]), "rank": ids[place] ** 2, "dice": rng.random()}
        for place in shuffled
    ]
    truth = whose_rows(own, rows)
    assert truth == {place: shuffled.index(place) for place in range(30)}
    best = {score.linker: score.named for score in link_all(own, rows, truth)}
    assert best["equal: number ~ mark"] == 30
    assert best["order: number ~ rank"] == 30
    assert best["order: noise ~ dice"] < 8
    assert best["equal: noise ~ dice"] == 0


def test_a_row_whose_answers_were_protected_is_still_somebodys_and_a_strangers_is_nobodys():
    own = [{"block": "b", "answers": (1, 2, 3, 4)}, {"block": "c", "answers": (5, 5, 5, 5)}]
    rows = [{"block": "b", "answers": (1, 2, 3, 5)}, {"block": "c", "answers": (1, 1, 1, 1)}]
    assert whose_rows(own, rows) == {0: 0}


def test_scores_of_several_waves_are_added_up():
    first, second = Score("x", 1, 10, 2.0), Score("x", 3, 10, 2.0)
    (both,) = pooled([first, second])
    assert (both.named, both.rows, both.by_chance, both.share, both.chance) == (4, 20, 4.0, 0.2, 0.2)
    assert Score("x", 0, 0, 0.0).p == 1.0
    assert (Score("x", 0, 0, 0.0).share, Score("x", 0, 0, 0.0).chance) == (0.0, 0.0)
    assert Score("x", 20, 20, 2.0).p < 1e-15
