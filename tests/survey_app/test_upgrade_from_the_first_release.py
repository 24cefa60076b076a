"""An installation of the first release, kept as it was left: three waves published, one in the field, people invited.

`data/first_release` was made by that release's own demo (commit 7626c52: one authority, four waves, seed 5) on
23 November 2026, with keys that are nobody's else.
"""

import gzip
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask_migrate import upgrade
from sqlalchemy import func, select, text

from survey_app.app import create_app
from survey_app.config import load_settings
from survey_app.crypto.link_tokens import invitation_token
from survey_app.extensions import MIGRATIONS, close_connections, db, vault
from survey_app.models.ballots import Ballot, Response
from survey_app.models.invitations import Invitation
from survey_app.models.publications import PublishedCellRow
from survey_app.models.pulses import Wave, WaveState
from survey_app.use_cases.access import demo_accounts
from survey_app.use_cases.closing import close_wave
from survey_app.use_cases.drawing import draw_charts
from tests.factories import same_answer, signed_in
from tests.people import Person
from tests.survey_app.test_scrape import reached

LEFT_BEHIND = Path(__file__).parent / "data" / "first_release"
FIGURES = "SELECT wave_id, group_key, measure, status, n, score, low, high FROM published_cells ORDER BY 1, 2, 3"


@pytest.fixture
def before(tmp_path):
    """The installation as it was left, in a folder of its own, and the figures it had published."""
    (tmp_path / "keys" / "waves").mkdir(parents=True)
    for name in ("secret_key", "field_key"):
        shutil.copy(LEFT_BEHIND / name, tmp_path / "keys" / name)
    shutil.copy(LEFT_BEHIND / "2026-11.x25519", tmp_path / "keys" / "waves")
    with closing(sqlite3.connect(tmp_path / "pulse.sqlite")) as file:
        file.executescript(gzip.decompress((LEFT_BEHIND / "database.sql.gz").read_bytes()).decode())
        return tmp_path, file.execute(FIGURES).fetchall()


@pytest.fixture
def upgraded(before):
    app = create_app(load_settings({"DATA_DIR": str(before[0]), "DEMO": "yes"}))
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        yield SimpleNamespace(app=app, vault=vault())
        db.session.remove()
        close_connections()


def test_every_figure_is_as_it_was(before, upgraded):
    assert len(before[1]) > 50
    assert [tuple(row) for row in db.session.execute(text(FIGURES))] == before[1]


def test_a_link_that_was_sent_then_opens_and_the_wave_closes_with_answers_of_both_releases(upgraded):
    wave = db.session.scalars(select(Wave).where(Wave.state == WaveState.OPEN)).one()
    in_the_box = db.session.scalar(select(func.count()).select_from(Ballot))
    unanswered = db.session.scalars(
        select(Invitation.id).where(Invitation.wave_id == wave.id, ~Invitation.answered)
    ).first()
    db.session.rollback()
    assert in_the_box == 7
    link = f"/p/{invitation_token(upgraded.vault.link_key, unanswered)}"
    client = upgraded.app.test_client()
    assert client.get(link).status_code == 200
    assert "Your answers are in" in client.post(link, data={**same_answer(3), "go": "send"}).text
    close_wave(wave.id, datetime.now(UTC), upgraded.vault)
    assert db.session.scalar(select(func.count()).where(Response.wave_id == wave.id)) == in_the_box + 1
    shown = select(func.count()).where(PublishedCellRow.wave_id == wave.id, PublishedCellRow.status == "shown")
    assert db.session.scalar(shown) > 4
    assert draw_charts(datetime.now(UTC)) > 10


def test_everybody_signs_in_and_reads_what_is_theirs(upgraded):
    accounts = demo_accounts(upgraded.vault)
    assert accounts
    for account in accounts:
        db.session.rollback()
        assert len(list(reached(signed_in(upgraded, Person(account.name, account.email))))) > 5
