from datetime import timedelta

import pytest
from sqlalchemy import select

from dashboards.snapshots import Level
from survey_app.crypto.link_tokens import sign_in_token
from survey_app.extensions import db
from survey_app.models.accounts import Role, SignInRequest
from survey_app.use_cases.access import demo_accounts
from survey_app.use_cases.errors import UnknownGroup
from survey_app.use_cases.people import add_account
from survey_app.use_cases.signing_in import find_session, request_sign_in, sign_in, sign_out
from tests.factories import MONDAY
from tests.people import BEN, DEV, EVE


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    return studio


def ask(studio, person=BEN, browser="browser"):
    before = set(db.session.scalars(select(SignInRequest.id)))
    request_sign_in(person.email, browser, MONDAY, studio.vault)
    (request,) = set(db.session.scalars(select(SignInRequest.id))) - before
    db.session.rollback()
    return sign_in_token(studio.vault.link_key, request)


def find_viewer(reference, now, vault):
    found = find_session(reference, now, vault)
    return None if found is None else found.viewer


def test_a_link_signs_its_browser_in_once(programme):
    token = ask(programme)
    reference = sign_in(token, "browser", MONDAY, programme.vault)
    assert find_viewer(reference, MONDAY, programme.vault).name == "Ben"
    assert sign_in(token, "browser", MONDAY, programme.vault) is None


@pytest.mark.parametrize(
    ("browser", "minutes", "wrong"), [("another", 0, ""), ("browser", 10, ""), ("browser", 0, "x")]
)
def test_a_link_does_nothing_elsewhere_later_or_when_it_is_wrong(programme, browser, minutes, wrong):
    token = ask(programme) + wrong
    assert sign_in(token, browser, MONDAY + timedelta(minutes=minutes), programme.vault) is None


def test_an_address_that_is_nobodys_gets_nothing(programme):
    assert request_sign_in(EVE.email, "browser", MONDAY, programme.vault) == []


def test_a_session_ends_when_it_is_signed_out_or_too_old(programme):
    reference = sign_in(ask(programme), "browser", MONDAY, programme.vault)
    assert find_viewer(reference, MONDAY + timedelta(hours=12), programme.vault) is None
    sign_out(reference, programme.vault)
    assert find_viewer(reference, MONDAY, programme.vault) is None


def test_a_lead_covers_the_own_team_and_a_programme_lead_everything_inside(programme):
    ben = find_viewer(sign_in(ask(programme), "browser", MONDAY, programme.vault), MONDAY, programme.vault)
    dev = find_viewer(sign_in(ask(programme, DEV), "browser", MONDAY, programme.vault), MONDAY, programme.vault)
    assert ben.inside == {"northtown-team-a"}
    assert ben.home == ("northtown-team-a", Level.TEAM)
    assert {"crescendo", "northtown", "northtown-early-help", "northtown-team-b"} <= dev.inside
    assert dev.home == ("crescendo", Level.PROGRAMME)


def test_somebody_with_two_roles_starts_with_the_larger(programme):
    add_account("Ben", BEN.email, Role.AUTHORITY_LEAD, "northtown", programme.vault)
    ben = find_viewer(sign_in(ask(programme), "browser", MONDAY, programme.vault), MONDAY, programme.vault)
    assert [level for _, _, level in ben.roles] == [Level.AUTHORITY, Level.TEAM]
    assert len(demo_accounts(programme.vault)) == 4


def test_a_role_needs_a_group(programme):
    with pytest.raises(UnknownGroup):
        add_account("Eve", EVE.email, Role.TEAM_LEAD, "nowhere", programme.vault)
