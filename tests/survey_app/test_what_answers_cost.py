"""An answer takes few statements, and pages that are the same for everybody are made once and hold nobody's answers."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, event

from survey_app.extensions import db, vault
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.responding import find_answer_sheet
from survey_app.views.packing import kept_page, packed
from tests.factories import CORE, mixed_answers

TEAM_A = "northtown-team-a"


@pytest.fixture
def wave(studio):
    studio.set_up({"Team A": 40, "Team B": 8})
    studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": mixed_answers(8)})
    return studio.open()


@pytest.fixture
def statements(app):
    """What the database is asked, without beginning and ending transactions."""
    asked = []

    def listen(_connection, _cursor, statement, *_):
        if not statement.startswith(("BEGIN", "SELECT 1")):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    yield asked
    event.remove(Engine, "before_cursor_execute", listen)


def complete(client, token, **answers):
    """Open the page, send the answers, read the thanks."""
    shown = client.get(f"/p/{token}")
    thanks = client.post(f"/p/{token}", data={**dict.fromkeys(CORE, "3"), **answers, "go": "send"})
    assert (shown.status_code, thanks.status_code) == (200, 200)
    return shown, thanks


def test_a_completion_takes_four_statements_at_most(wave, app, statements):
    tokens = wave.tokens(TEAM_A)
    db.session.rollback()
    client = app.test_client()
    complete(client, tokens[0])  # a process learns once what never changes of a wave
    statements.clear()
    for token in tokens[1:5]:
        complete(client, token)
    in_one = db.engine.dialect.name == "postgresql"  # the ballot and that it is there
    assert len(statements) == 4 * (3 if in_one else 4), statements[:8]
    writes = [each for each in statements if not each.lstrip().startswith("SELECT")]
    assert len(writes) == 4 * (1 if in_one else 2)


def test_what_came_of_last_time_costs_no_question_once_pictures_are_drawn(studio, app, statements):
    studio.set_up({"Team A": 40, "Team B": 8})
    studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": mixed_answers(8)})
    live = thanks_of(studio.open(), app, "northtown-team-b")
    draw_charts(datetime.now(UTC))
    db.session.rollback()
    wave = studio.open(opened_at=datetime(2026, 7, 6, 8, tzinfo=UTC))
    first, second = wave.tokens(TEAM_A)[0], wave.tokens("northtown-team-b")[0]
    db.session.rollback()
    complete(app.test_client(), first)  # a process learns once what never changes of a wave
    statements.clear()
    _, thanks = complete(app.test_client(), second)
    assert len(statements) == (3 if db.engine.dialect.name == "postgresql" else 4), statements
    assert "What came of last time" in thanks.text
    assert last_time_in(thanks.text) == last_time_in(live.text)


def thanks_of(wave, app, team):
    token = wave.tokens(team)[0]
    db.session.rollback()
    return complete(app.test_client(), token)[1]


def last_time_in(page):
    return page.partition("What came of last time")[2].partition("What happens next")[0]


def test_walking_through_the_screens_holds_no_lock(wave, app, statements):
    token = wave.tokens(TEAM_A)[0]
    db.session.rollback()
    client = app.test_client()
    client.get(f"/p/{token}")
    statements.clear()
    client.post(f"/p/{token}", data={"belonging": "3", "screen": "0", "go": "next"})
    assert len(statements) == 1  # the look-up of the link
    assert "FOR SHARE" not in statements[0]


def test_the_page_of_one_says_nothing_of_another(wave, app):
    asked: dict[str, list[str]] = {}
    for token in wave.tokens(TEAM_A):
        asked.setdefault(str(find_answer_sheet(token, vault()).items), []).append(token)
    first, second = max(asked.values(), key=len)[:2]  # two who are asked the same
    db.session.rollback()
    client = app.test_client()
    shown, thanks = complete(client, first, belonging="1")
    assert first not in shown.text + thanks.text
    other = client.get(f"/p/{second}")
    assert other.text == shown.text
    assert 'value="1" checked' not in other.text
    again = client.get(f"/p/{first}")
    assert "already" in again.text or "again" in again.text
    assert again.text != other.text


def test_a_page_with_answers_in_it_is_never_kept(wave, app, monkeypatch):
    from survey_app.views import packing  # here: its pages are looked into

    token = wave.tokens(TEAM_A)[0]
    db.session.rollback()
    packing._PAGES.clear()
    client = app.test_client()
    client.post(f"/p/{token}", data={"belonging": "3", "screen": "0", "go": "next"})
    assert len(packing._PAGES) == 0
    complete(client, token, belonging="1")
    kept = b"".join(page for page, _ in packing._PAGES.values())
    assert b"checked" not in kept
    assert token.encode() not in kept


def test_a_kept_page_is_made_once_and_packed_alike(app):
    made, key = [], object()

    def make():
        made.append(1)
        return "<p>the same</p>"

    with app.test_request_context():
        pages = [kept_page(key, make) for _ in range(3)]
    assert (len(made), {page.get_data(as_text=True) for page in pages}) == (1, {"<p>the same</p>"})
    assert len(packed(b"<p>the same</p>")) == len(packed(b"<p>another</p>"))
