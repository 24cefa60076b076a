"""Small changes from an idea to a decision, and what is passed up to the local blueprint."""

import re
from datetime import UTC, date, datetime
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from survey_app.extensions import db
from survey_app.models.accounts import Role
from survey_app.models.audit import AuditEntry
from survey_app.models.publications import StoredChartRow
from survey_app.models.pulses import Wave
from survey_app.models.small_changes import BlueprintItem, SmallChange, SmallChangeIdea
from survey_app.use_cases.blueprints import pass_up
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.people import add_account
from survey_app.use_cases.small_changes import MOST_IDEAS, ChangeRecord, add_small_change, suggest
from tests.factories import MONDAY, mixed_answers, signed_in
from tests.people import BEN, CHLOE, DEV, Person

TEAM_A = "northtown-team-a"
ANN = Person("Ann", "ann@example.org")
GIVEN = {"title": "Buddy scheme", "started_on": "2026-06-02", "measure": "connectedness", "review_on": "2026-09-01"}


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 10, "Team B": 8})
    studio.appoint()
    add_account(ANN.name, ANN.email, Role.AUTHORITY_LEAD, "northtown", studio.vault)
    for _ in range(2):
        studio.run_wave({TEAM_A: mixed_answers(9), "northtown-team-b": mixed_answers(8)})
    draw_charts(MONDAY)
    db.session.rollback()
    return studio


@pytest.fixture
def ben(programme):
    return signed_in(programme, BEN)


def count(model):
    found = db.session.scalar(select(func.count()).select_from(model))
    db.session.rollback()
    return found


def test_it_is_written_down_reviewed_and_decided_on(programme, ben):
    page = ben.get(f"/teams/{TEAM_A}").text
    assert f'href="/changes/{TEAM_A}"' in page
    written = ben.post(f"/changes/{TEAM_A}", data={**GIVEN, "aims": "we know what the others carry"})
    assert written.status_code == 303
    path = written.headers["Location"]
    shown = ben.get(path).text
    assert "Before and since" in shown
    assert "Connectedness (higher is better)" in shown
    assert "does not show that it made it" in shown
    decided = {**GIVEN, "how_it_went": "Well, on Mondays", "decision": "adapt", "version": "1"}
    assert ben.post(path, data=decided).status_code == 303
    assert "The team decided to adapt it." in ben.get(path).text
    assert "decided: adapt" in ben.get(f"/changes/{TEAM_A}").text
    late = ben.post(path, data={**decided, "decision": "stop", "version": "1"})
    assert (late.status_code, "Somebody has changed this" in late.text) == (409, True)
    assert "Well, on Mondays" in late.text, "what was typed stays"


def test_it_is_on_the_picture_after_the_next_drawing(programme, ben):
    def pictures():
        found = db.session.scalars(
            select(StoredChartRow.svg).where(StoredChartRow.group_key == TEAM_A, StoredChartRow.variant == "wide")
        ).all()
        db.session.rollback()
        return found

    assert not any(">A</text>" in svg for svg in pictures())
    assert draw_charts(datetime.now(UTC)) == 0, "everything is drawn"
    closed = db.session.scalars(select(Wave.closes_at).order_by(Wave.closes_at)).all()
    db.session.rollback()
    ben.post(f"/changes/{TEAM_A}", data={**GIVEN, "started_on": f"{closed[0]:%Y-%m-%d}", "review_on": ""})
    assert draw_charts(datetime.now(UTC)) > 0
    assert all(">A</text>" in svg for svg in pictures())


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("title", " ", "Enter what the team tries"), ("title", "x" * 121, "Write at most 120 letters"),
        ("aims", "x" * 601, "Write at most 600 letters"), ("started_on", "soon", "Write a day as 2026-12-01"),
        ("review_on", "2026-06-02", "Choose a day for the review after the change starts"),
    ],
)  # fmt: skip
def test_what_is_not_right_names_the_field_keeps_the_rest_and_changes_nothing(ben, field, typed, sentence):
    answer = ben.post(f"/changes/{TEAM_A}", data={**GIVEN, "helps": "new colleagues", field: typed})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert f'id="{field}-problem"' in answer.text
    assert 'value="new colleagues"' in answer.text
    assert count(SmallChange) == 0


def test_sent_twice_at_once_it_is_written_down_once(programme):
    barrier, ids = Barrier(2), []

    def send():
        with programme.app.app_context():
            barrier.wait()
            ids.append(
                add_small_change(TEAM_A, ChangeRecord("Buddies", date(2026, 6, 2)), by="Ben", now=datetime.now(UTC))
            )
            db.session.remove()

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids[0] == ids[1]
    assert count(SmallChange) == 1


def shared_link(ben):
    page = ben.post(f"/share/{TEAM_A}", follow_redirects=True).text
    return "/shared/" + page.partition("/shared/")[2].partition('"')[0].partition("<")[0]


def test_anybody_with_the_teams_link_suggests_and_nobody_learns_who(programme, ben):
    link = shared_link(ben)
    anybody = programme.app.test_client()
    thanked = anybody.post(link, data={"idea": "  Walk   and talk "}, headers={"Origin": "null"})
    assert "Thank you. Your lead reads it" in thanked.text
    anybody.post(link, data={"idea": "Walk and talk"})
    anybody.post(link, data={"idea": "An hour without mail"})
    refused = anybody.post(link, data={"idea": "x" * 601})
    assert (refused.status_code, "x" * 601 in refused.text) == (400, True)
    page = ben.get(f"/changes/{TEAM_A}").text
    assert page.index("An hour without mail") < page.index("Walk and talk"), "in no order of time"
    assert count(SmallChangeIdea) == 2
    idea = db.session.scalar(select(SmallChangeIdea.id).where(SmallChangeIdea.words == "Walk and talk"))
    db.session.rollback()
    tried = ben.post(f"/changes/{TEAM_A}/ideas/{idea}", data={"do": "try"})
    assert 'value="Walk and talk"' in tried.text, "it stands in the form"
    assert "“Walk and talk”" not in ben.get(f"/changes/{TEAM_A}").text
    assert ben.post(f"/changes/{TEAM_A}/ideas/{uuid4()}", data={}).status_code == 404
    actions = db.session.execute(select(AuditEntry.action, AuditEntry.detail)).all()
    assert ("settle idea", {}) in [(action, detail) for action, detail in actions]


def test_a_flood_of_ideas_is_stopped(programme, ben):
    for number in range(MOST_IDEAS):
        suggest(TEAM_A, f"idea {number}", date(2026, 6, 1))
    refused = programme.app.test_client().post(shared_link(ben), data={"idea": "one more"})
    assert (refused.status_code, "tell your team lead in person" in refused.text) == (400, True)
    assert count(SmallChangeIdea) == MOST_IDEAS


def test_what_is_beyond_the_team_goes_up_and_comes_back_answered(programme, ben):
    path = ben.post(f"/changes/{TEAM_A}", data=GIVEN).headers["Location"]
    assert ben.post(f"{path}/beyond", data={"beyond": " "}).status_code == 400
    for _ in range(2):
        assert ben.post(f"{path}/beyond", data={"beyond": "One form instead of three"}).status_code == 303
    assert count(BlueprintItem) == 1
    ann = signed_in(programme, ANN)
    blueprint = "/authorities/northtown/blueprint"
    page = ann.get(blueprint).text
    assert "One form instead of three" in page
    assert "from “Buddy scheme”" in page
    item = db.session.scalar(select(BlueprintItem.id))
    db.session.rollback()
    given = {"status": "not_possible", "owner": "IT", "theme": "forms", "answer": "", "version": "1"}
    refused = ann.post(f"{blueprint}/{item}", data=given)
    assert (refused.status_code, "Say why: the team reads it" in refused.text) == (400, True)
    assert 'value="forms"' in refused.text
    assert ann.post(f"{blueprint}/{item}", data={**given, "answer": "The law wants three."}).status_code == 303
    assert ann.post(f"{blueprint}/{item}", data={**given, "answer": "Again"}).status_code == 409
    assert ann.post(f"{blueprint}/{item}", data={**given, "status": "lost", "version": "2"}).status_code == 400
    assert ann.post(f"{blueprint}/999", data={**given, "answer": "x"}).status_code == 404
    read = ben.get(blueprint).text
    assert "The law wants three." in read
    assert '<form method="post" action="/authorities' not in read, "a team lead reads and does not answer"
    assert ben.post(f"{blueprint}/{item}", data=given).status_code == 404


def test_another_teams_lead_finds_nothing(programme, ben):
    path = ben.post(f"/changes/{TEAM_A}", data=GIVEN).headers["Location"]
    chloe = signed_in(programme, CHLOE)
    assert chloe.get(f"/changes/{TEAM_A}").status_code == 404
    assert chloe.get(path).status_code == 404
    assert chloe.post(path, data=GIVEN).status_code == 404
    number = path.rsplit("/", 1)[1]
    assert chloe.get(f"/changes/northtown-team-b/{number}").status_code == 404, "not by her own team either"
    assert chloe.post(f"/changes/northtown-team-b/{number}", data={**GIVEN, "version": "1"}).status_code == 404
    assert chloe.post(f"/changes/northtown-team-b/{number}/beyond", data={"beyond": "x"}).status_code == 404
    assert chloe.get("/changes/northtown").status_code == 404


def test_a_programme_lead_sees_one_change_across_teams_each_from_its_own_start(programme):
    for team, day in ((TEAM_A, date(2026, 6, 5)), ("northtown-team-b", date(2026, 6, 8))):
        record = ChangeRecord("Walk and talk", day, theme="Time to think", measure="connectedness")
        add_small_change(team, record, by="Ben", now=MONDAY)
    pass_up(TEAM_A, "Laptops that work", change_id=None, by="Ben", now=MONDAY)
    draw_charts(MONDAY)
    db.session.rollback()
    dev, ben = signed_in(programme, DEV), signed_in(programme, BEN)
    themes = dev.get("/programme/themes").text
    assert all(
        words in themes for words in ("Time to think", "two teams in one authority", "Without a theme", "1 open")
    )
    page = dev.get("/programme/changes/walk-and-talk")
    assert (page.status_code, page.text.count("<li>") >= 2) == (200, True)
    picture = re.search(r'src="(/charts/[^"]+/tried-walk-and-talk-20260605-[^"]+)"', page.text)
    assert dev.get(picture[1]).mimetype == "image/svg+xml"
    assert dev.get("/programme/changes/nothing").status_code == 404
    assert "Time to think" in ben.get(f"/changes/{TEAM_A}").text, "the words that others use are offered"
