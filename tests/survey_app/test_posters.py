"""A poster's code leads to asking for an invitation, and to nothing else."""

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from survey_app.app import create_app
from survey_app.extensions import close_connections, db
from survey_app.models.invitations import Invitation
from survey_app.use_cases.errors import UnknownGroup
from survey_app.use_cases.joining import find_poster, poster_of, posters_of
from tests.factories import signed_in
from tests.people import BEN, DEV

TEAM = "northtown-team-a"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    studio.add_authority("Southtown", {"Team A": 6})
    return studio


def test_each_team_has_a_poster_and_its_code_leads_back_to_it(programme):
    posters = posters_of("crescendo", programme.vault)
    assert [(each.authority, each.team) for each in posters] == [
        ("Northtown", "Team A"),
        ("Northtown", "Team B"),
        ("Southtown", "Team A"),
    ]
    assert len({each.code for each in posters}) == 3
    for each in posters:
        assert find_poster(each.code, programme.vault) == each == poster_of("crescendo", each.team_key, programme.vault)


@pytest.mark.parametrize("code", ["", "1", "0-0123456789", "3-0000000000", "3-zzzzzzzzzz", "9" * 40, "3-0123456789x"])
def test_a_code_cannot_be_made_up(programme, code):
    with pytest.raises(UnknownGroup):
        find_poster(code, programme.vault)


def test_the_page_says_whom_to_ask_and_has_no_way_to_answer(programme):
    poster = poster_of("crescendo", TEAM, programme.vault)
    db.session.rollback()
    settings = programme.app.extensions["pulse_settings"]
    app = create_app(replace(settings, contact_email="pulse@example.org"))
    page = app.test_client().get(f"/join/{poster.code}").text
    letter = unquote(re.search(r'href="mailto:([^"]+)"', page).group(1))
    assert letter.startswith("pulse@example.org?subject=Please add me to the pulse: Team A")
    assert "I work in Team A (Early Help, Northtown)" in letter
    assert "<form" not in page
    assert "/p/" not in page
    assert "Dim neges i chi?" in app.test_client().get(f"/join/{poster.code}?speak=cy").text
    assert app.test_client().get("/join/1-0123456789").status_code == 404
    with app.app_context():
        assert db.session.scalars(select(Invitation)).all() == []
        db.session.remove()
        close_connections()


def test_without_an_address_it_says_so_to_both_sides(programme):
    poster = poster_of("crescendo", TEAM, programme.vault)
    page = programme.app.test_client().get(f"/join/{poster.code}").text
    assert "mailto:" not in page
    assert "Ask whoever runs the pulse" in page
    assert "Set CONTACT_EMAIL." in signed_in(programme, DEV).get("/manage/posters").text


def test_programme_leads_print_posters_and_nobody_else(programme):
    dev = signed_in(programme, DEV)
    assert f'href="/manage/posters/{TEAM}"' in dev.get("/manage/posters").text
    page = dev.get(f"/manage/posters/{TEAM}").text
    assert page.count("<svg") == 1
    assert "style=" not in page
    assert f"/join/{poster_of('crescendo', TEAM, programme.vault).code}" in page
    assert dev.get("/manage/posters/northtown-early-help").status_code == 404
    ben = signed_in(programme, BEN)
    assert ben.get("/manage/posters").status_code == ben.get(f"/manage/posters/{TEAM}").status_code == 404
