"""A lead shows the team the page that the lead sees, by a link that ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.shared_pages import SharedPage
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.sharing import forget_shared
from tests.factories import mixed_answers, signed_in
from tests.people import BEN, DEV

TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 12, "Team B": 8})
    studio.appoint()
    for _ in range(2):
        studio.run_wave({TEAM_A: mixed_answers(10), "northtown-team-b": mixed_answers(7)})
    draw_charts(datetime.now(UTC))
    db.session.rollback()
    return studio


def link_of(client, key=TEAM_A):
    """Make a link; return its path."""
    assert client.post(f"/share/{key}", data={"do": "share"}).status_code == 303
    return re.search(r"https?://[^\"/]+(/shared/\w+)", client.get(f"/share/{key}").text).group(1)


def test_the_team_sees_the_lead_s_figures_without_signing_in(programme):
    ben = signed_in(programme, BEN)
    page_of_lead = ben.get(f"/teams/{TEAM_A}").text
    assert f'href="/share/{TEAM_A}"' in page_of_lead
    path = link_of(ben)
    team = programme.app.test_client()
    page = team.get(path)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    headline = re.search(r"<h1>.*?</h1>", page_of_lead)[0]
    assert headline in page.text
    for score in re.findall(r'<div class="score"><strong>([^<]+)', page_of_lead):
        assert f"<strong>{score}</strong> <span>out of 100" in page.text
    pictures = re.findall(rf'(?:src|srcset)="({path}/[^"]+\.svg)"', page.text)
    assert len(pictures) == 8
    for picture in pictures:
        assert team.get(picture).mimetype == "image/svg+xml"
    assert "Sign out" not in page.text
    assert "/teams/" not in page.text
    assert "northtown-team-b" not in page.text


def test_a_link_opens_nothing_else(programme):
    path = link_of(signed_in(programme, BEN))
    team = programme.app.test_client()
    picture = re.search(rf'"({path}/burnout/phone-\w+\.svg)"', team.get(path).text).group(1)
    for wrong in (
        picture.replace("burnout", "nothing"),
        picture.replace("phone-", "dots-wide-"),
        path[:-1],
        path[:-1] + ("1" if path[-1] != "1" else "2"),
        path.replace("/shared/", "/p/"),
        path.replace("/shared/", "/o/"),
    ):
        assert team.get(wrong).status_code == 404, wrong
    assert team.get(f"/teams/{TEAM_A}").status_code == 302


def test_a_page_that_is_older_than_its_pictures_gets_the_newest(programme):
    ben = signed_in(programme, BEN)
    path = link_of(ben)
    own = re.search(rf'"(/charts/{TEAM_A}/burnout/phone-\w+\.svg)"', ben.get(f"/teams/{TEAM_A}/burnout").text).group(1)
    team = programme.app.test_client()
    shared = re.search(rf'"({path}/burnout/phone-\w+\.svg)"', team.get(path).text).group(1)
    for browser, picture in ((ben, own), (team, shared)):
        older = re.sub(r"-\w+\.svg", "-0000000000000000.svg", picture)
        assert browser.get(older).headers["Location"] == picture


def test_pressing_twice_makes_one_link_and_stopping_ends_it(programme):
    ben = signed_in(programme, BEN)
    path = link_of(ben)
    assert link_of(ben) == path
    assert ben.post(f"/share/{TEAM_A}", data={"do": "stop"}).status_code == 303
    ben.post(f"/share/{TEAM_A}", data={"do": "stop"})
    assert programme.app.test_client().get(path).status_code == 404
    assert "Make a link" in ben.get(f"/share/{TEAM_A}").text
    assert link_of(ben) != path
    actions = [entry.action for entry in db.session.scalars(select(AuditEntry)) if "shar" in entry.action]
    assert actions == ["share page", "stop sharing", "share page"]


def test_a_link_ends_by_itself_and_is_forgotten(programme):
    path = link_of(signed_in(programme, BEN))
    now = datetime.now(UTC)
    db.session.execute(update(SharedPage).values(expires_at=now - timedelta(minutes=1)))
    db.session.commit()
    assert programme.app.test_client().get(path).status_code == 404
    forget_shared(now)
    assert len(db.session.scalars(select(SharedPage)).all()) == 1
    forget_shared(now + timedelta(days=15))
    assert db.session.scalars(select(SharedPage)).all() == []
    db.session.rollback()


def test_only_what_is_inside_an_own_group_can_be_shared(programme):
    ben = signed_in(programme, BEN)
    for key in ("northtown-early-help", "northtown-team-b", "crescendo", "nothing"):
        assert ben.get(f"/share/{key}").status_code == ben.post(f"/share/{key}").status_code == 404
    assert "Share with the team" not in ben.get("/service-areas/northtown-early-help").text
    assert link_of(signed_in(programme, DEV), "northtown-team-b")
