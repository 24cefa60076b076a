"""Every route for everybody, of their own groups and of others': made from the map of addresses, so a new one must be
placed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.accounts import Role
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.people import add_account
from survey_app.views.policy import POLICY, Who
from tests.factories import MONDAY, mixed_answers, signed_in
from tests.people import BEN, DEV, EVE, Person

TEAM_A, TEAM_B, AREA, AUTHORITY = "northtown-team-a", "northtown-team-b", "northtown-early-help", "northtown"
PEOPLE = {
    "team lead": (BEN, Role.TEAM_LEAD, TEAM_A),
    "service lead": (Person("Sue", "sue@example.org"), Role.SERVICE_LEAD, AREA),
    "authority lead": (Person("Ann", "ann@example.org"), Role.AUTHORITY_LEAD, AUTHORITY),
    "programme lead": (DEV, Role.PROGRAMME_LEAD, "crescendo"),
    "governance reader": (Person("Gil", "gil@example.org"), Role.GOVERNANCE_READER, "crescendo"),
    "lead of another programme": (EVE, Role.PROGRAMME_LEAD, "elsewhere"),
}
LEADS = {name for name in PEOPLE if name.endswith("lead")}
EVERY_LEVEL = {TEAM_A: "teams", AREA: "service-areas", AUTHORITY: "authorities"}
SEES = {
    TEAM_A: LEADS,
    TEAM_B: {"service lead", "authority lead", "programme lead"},
    AREA: LEADS,
    AUTHORITY: {"service lead", "authority lead", "programme lead"},
}
"""Who sees a group: whose it is or inside whose it is, and who leads a group straight under it."""


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.appoint()
    add_group("elsewhere", "Another programme", Level.PROGRAMME)
    for person, role, group in PEOPLE.values():
        add_account(person.name, person.email, role, group, studio.vault)
    for _ in range(2):
        studio.run_wave({TEAM_A: mixed_answers(8), TEAM_B: mixed_answers(7)})
    draw_charts(MONDAY)
    db.session.rollback()
    return studio


@dataclass(frozen=True)
class Route:
    endpoint: str
    method: str
    path: str


def routes(app) -> Iterator[Route]:
    """Every route with an address that nobody has a thing at: a guess."""
    guesses = {"int": "999999", "uuid": "00000000-0000-4000-8000-000000000000"}
    for rule in app.url_map.iter_rules():
        path = re.sub(
            r"<(?:(\w+):)?(\w+)>",
            lambda found: guesses.get(found[1], "static.css" if found[2] == "filename" else "guess"),
            rule.rule,
        )
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, path)


@pytest.fixture
def browsers(programme):
    found = {name: signed_in(programme, person) for name, (person, _, _) in PEOPLE.items()}
    return {**found, "nobody": programme.app.test_client()}


def test_every_route_is_placed_and_no_place_is_without_its_route(programme):
    assert {rule.endpoint for rule in programme.app.url_map.iter_rules()} == set(POLICY)


@pytest.mark.slow
def test_every_route_answers_each_role_as_the_table_says(programme, browsers):
    allowed = {
        Who.SIGNING_IN: set(PEOPLE),
        Who.SIGNED_IN: set(PEOPLE),
        Who.PROGRAMME_LEAD: {"programme lead", "lead of another programme"},
        Who.GOVERNANCE: {"programme lead", "lead of another programme", "governance reader"},
    }
    wrong = []
    for route in routes(programme.app):
        who = POLICY[route.endpoint]
        if who is Who.EVERYBODY or route.endpoint in {"sign_in.sign_out", "second_step.sign_out_everywhere"}:
            continue
        for name, browser in browsers.items():
            answer = browser.open(route.path, method=route.method)
            is_sent_away = answer.headers.get("Location") == "/sign-in"
            if name == "nobody":
                fine = answer.status_code == 302 and is_sent_away
            elif name in allowed[who]:
                fine = answer.status_code < 500 and not is_sent_away
            else:
                fine = answer.status_code == 404 and answer.text == browser.get("/nowhere").text
            if not fine:
                wrong.append((name, route, answer.status_code))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("group", SEES)
def test_a_group_is_there_for_those_who_see_it_and_for_others_like_one_that_there_is_not(programme, browsers, group):
    level = EVERY_LEVEL.get(group, "teams")
    dev = browsers["programme lead"]
    chart = re.search(rf'/charts/{group}/[^"]+\.svg', dev.get(f"/{level}/{group}/burnout").text)[0]
    paths = [f"/{level}/{group}", f"/{level}/{group}/burnout", f"/exports/of/{group}", chart]
    for name, browser in browsers.items():
        for path in paths:
            answer = browser.get(path)
            if name == "nobody":
                assert answer.headers["Location"] == "/sign-in"
            elif name in SEES[group]:
                assert answer.status_code == 200, (name, path)
            else:
                assert (answer.status_code, answer.text) == (404, browser.get("/nowhere").text), (name, path)


@pytest.mark.slow
def test_what_a_programme_lead_looks_after_is_of_the_own_programme_only(programme, browsers):
    eve, dev = browsers["lead of another programme"], browsers["programme lead"]
    pages = [
        "/manage/waves/wave-1", "/manage/waves/wave-1/delivery", "/manage/pulses/monthly", f"/manage/groups/{TEAM_A}",
        f"/manage/ranges/{TEAM_A}/burnout", "/receipts/wave-1/partition", f"/manage/posters/{TEAM_A}",
    ]  # fmt: skip
    for path in pages:
        mine, theirs = dev.get(path), eve.get(path)
        assert mine.status_code in {200, 302}, path
        assert (theirs.status_code, theirs.text) == (404, eve.get("/nowhere").text), path
    acts = [
        "/manage/waves/wave-1/withdraw", "/manage/waves/wave-1/pause", f"/manage/groups/{TEAM_A}/name",
        f"/manage/groups/{AUTHORITY}/hours", "/manage/pulses/monthly/manners", "/manage/pulses/monthly/calendar",
    ]  # fmt: skip
    for path in acts:
        assert eve.post(path, data={"because": "x", "name": "Mine", "sure": "yes"}).status_code == 404, path
    given = {"name": "Eve", "email": EVE.email, "role": "programme_lead", "group": "crescendo"}
    assert eve.post("/manage/people", data=given).status_code == 400
