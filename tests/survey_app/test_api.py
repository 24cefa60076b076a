"""Programs read what is published, as far as their key goes, page by page, and are told in words what is wrong."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from openapi_spec_validator import validate
from sqlalchemy import select

from instruments.files import to_document
from instruments.library import load_released
from survey_app.cli.api_keys import api_keys
from survey_app.cli.results import results as results_command
from survey_app.extensions import db
from survey_app.models.api_keys import ApiKey
from survey_app.models.audit import AuditEntry
from survey_app.use_cases.api_keys import find_program, list_api_keys, make_api_key, revoke_api_key
from survey_app.use_cases.errors import KeyTaken, UnknownGroup
from survey_app.use_cases.program_errors import UnknownApiKey
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import mixed_answers
from tests.survey_app.test_views import locked_database

NOW = datetime.now(UTC)
TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 12, "Team B": 3, "Team C": 8})
    studio.appoint()
    for _ in range(2):
        studio.run_wave(
            {TEAM_A: mixed_answers(10), "northtown-team-b": mixed_answers(2), "northtown-team-c": mixed_answers(7)}
        )
    return studio


def make(programme, name, group, **more):
    given = {"lasts": timedelta(days=30), "by": "Dev", "now": NOW, "vault": programme.vault, **more}
    return make_api_key(name, group, **given)


class Program:
    """A program with a key."""

    def __init__(self, programme, secret):
        self.client = programme.app.test_client()
        self.secret = secret
        db.session.rollback()

    def get(self, path, **headers):
        found = {"Authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.get(path, headers=found)

    def all(self, name, question="limit=7"):
        """Follow every page of a resource."""
        items, address = [], f"/api/v1/{name}?{question}"
        while address:
            page = self.get(address).json
            items += page[name]
            address = page["next"]
        return items


@pytest.fixture
def dev(programme):
    return Program(programme, make(programme, "dev", "crescendo"))


@pytest.fixture
def ben(programme):
    return Program(programme, make(programme, "ben", TEAM_A))


def test_every_page_together_is_exactly_what_is_published(programme, dev):
    listed = json.loads(CliRunner().invoke(results_command, ["published", "--json"], obj=lambda: programme.app).output)
    found = dev.all("cells")
    assert [cell["id"] for cell in found] == sorted(cell["id"] for cell in listed)
    by_id = {cell["id"]: cell for cell in listed}
    for cell in found:
        assert {name: by_id[cell["id"]][name] for name in cell} == cell
        assert ("score" in cell) == (cell["status"] == "shown")


def test_cells_can_be_asked_for_by_wave_group_and_measure(dev):
    question = f"wave=wave-1&group={TEAM_A}&measure=burnout"
    (cell,) = dev.all("cells", question)
    assert (cell["wave"], cell["group"], cell["measure"]) == ("wave-1", TEAM_A, "burnout")
    paged = dev.all("cells", f"group={TEAM_A}&limit=1")
    assert len(paged) == 8
    assert {cell["group"] for cell in paged} == {TEAM_A}
    assert dev.all("cells", "wave=nothing") == []


def test_a_key_sees_what_somebody_with_a_role_in_its_group_sees(ben, dev):
    assert {cell["group"] for cell in ben.all("cells")} == {TEAM_A, "northtown-early-help"}
    assert {group["key"] for group in ben.all("groups")} == {TEAM_A, "northtown-early-help"}
    assert len(dev.all("groups", "limit=2")) > 4
    assert [wave["key"] for wave in ben.all("waves", "limit=1")] == ["wave-1", "wave-2"]
    assert ben.all("cells", "group=northtown-team-c") == []


def test_waves_and_instruments_say_what_was_asked(ben):
    wave = ben.all("waves")[0]
    assert wave["minimum_group_size"] == 5
    assert [measure["id"] for measure in wave["measures"]] == [
        "connectedness",
        "purpose-alignment",
        "optimism",
        "burnout",
    ]
    (asked,) = ben.all("instruments")
    assert asked == {"reference": "crescendo-pulse@1.0.0", "waves": ["wave-1", "wave-2"]}
    document = ben.get("/api/v1/instruments/crescendo-pulse/1.0.0").json
    assert document == json.loads(json.dumps(to_document(load_released("crescendo-pulse@1.0.0"))))
    missing = ben.get("/api/v1/instruments/crescendo-pulse/9.9.9")
    assert (missing.status_code, missing.json["title"]) == (404, "Not found")


def test_an_answer_that_has_not_changed_is_not_sent_again(programme, ben):
    first = ben.get("/api/v1/cells")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = ben.get("/api/v1/cells", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    programme.run_wave({TEAM_A: mixed_answers(9)})
    db.session.rollback()
    assert ben.get("/api/v1/cells", If_None_Match=first.headers["ETag"]).status_code == 200


def test_a_withdrawn_wave_is_not_there_any_more(programme, dev):
    withdraw_wave("wave-1", because="asked of the wrong teams", by="Dev", now=NOW)
    assert {cell["wave"] for cell in dev.all("cells")} == {"wave-2"}
    assert [wave["key"] for wave in dev.all("waves")] == ["wave-2"]


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("limit=1001", "limit"),
        ("after=x", "after"),
        ("after=99999999999999999999999", "after"),
        ("colour=red", "colour"),
    ],
)
@pytest.mark.parametrize("resource", ["cells", "groups", "waves", "instruments"])
def test_a_question_that_is_not_right_is_refused_by_name(ben, resource, question, named):
    refused = ben.get(f"/api/v1/{resource}?{question}")
    assert refused.status_code == 400
    assert refused.mimetype == "application/problem+json"
    assert refused.json["detail"].startswith(f"{named}: ")


def test_without_a_good_key_nothing_is_told(programme, ben):
    client = programme.app.test_client()
    wrong = ["", "Bearer", "Bearer x", "Basic " + ben.secret, f"Bearer {ben.secret}x", "Bearer pulse_" + "a" * 43]
    for header in wrong:
        for path in ("cells", "groups", "waves", "instruments", "instruments/a/1", "nothing"):
            refused = client.get(f"/api/v1/{path}", headers={"Authorization": header})
            assert refused.status_code == (404 if path == "nothing" else 401), (header, path)
    assert client.get("/api/v1/cells").headers["WWW-Authenticate"] == "Bearer"
    assert ben.get("/api/v1/cells").status_code == 200
    assert ben.client.post("/api/v1/cells", headers={"Authorization": f"Bearer {ben.secret}"}).status_code == 405


def test_a_key_that_is_over_or_revoked_is_no_key(programme, ben):
    assert find_program(ben.secret, NOW + timedelta(days=31), programme.vault) is None
    revoke_api_key("ben", by="Dev", now=NOW)
    revoke_api_key("ben", by="Dev", now=NOW)
    assert ben.get("/api/v1/cells").status_code == 401
    with pytest.raises(UnknownApiKey):
        revoke_api_key("nobody", by="Dev", now=NOW)
    actions = [entry.action for entry in db.session.scalars(select(AuditEntry)) if "api key" in entry.action]
    assert actions == ["make api key", "revoke api key"]


def test_only_a_hash_of_a_key_is_kept_and_none_lives_for_ever(programme):
    secret = make(programme, "long", TEAM_A, lasts=timedelta(days=5000))
    key = db.session.scalars(select(ApiKey)).one()
    assert secret.encode() not in key.secret_hash
    assert key.expires_at <= NOW + timedelta(days=730)
    with pytest.raises(KeyTaken):
        make(programme, "long", TEAM_A)
    with pytest.raises(UnknownGroup):
        make(programme, "other", "nothing")
    assert [line.state for line in list_api_keys(NOW)] == ["good"]
    assert [line.state for line in list_api_keys(NOW + timedelta(days=1000))] == ["over"]


def test_the_commands(programme):
    def run(*arguments):
        db.session.rollback()
        return CliRunner().invoke(api_keys, list(arguments), obj=lambda: programme.app)

    secret = run("make", "warehouse", "--group", "northtown", "--days", "7").stdout.strip()
    assert Program(programme, secret).get("/api/v1/groups").status_code == 200
    assert "warehouse" in run("list").output
    assert json.loads(run("list", "--json").output)[0]["state"] == "good"
    assert "warehouse is revoked." in run("revoke", "warehouse").output
    assert run("make", "other", "--group", "nothing").exit_code == 2


def test_the_description_is_openapi_and_tells_every_route(programme):
    found = programme.app.test_client().get("/api/v1/openapi.json")
    assert found.status_code == 200
    validate(found.json)
    assert found.json["openapi"] == "3.1.0"
    routes = {
        str(rule).replace("<", "{").replace(">", "}")
        for rule in programme.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.describe"
    }
    assert routes == set(found.json["paths"])


@pytest.mark.slow
def test_while_the_database_is_away_it_says_when_to_come_back(programme, ben):
    db.session.rollback()
    db.session.remove()
    with locked_database(db.engine.url):
        refused = ben.get("/api/v1/cells")
    if db.engine.dialect.name == "sqlite":
        assert refused.status_code == 200, "it lets readers in"
        return
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert refused.mimetype == "application/problem+json"
