"""Programs that know who works where bring it in: once, whole or not at all, and with a reason for each refusal."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from openapi_spec_validator import validate
from sqlalchemy import func, select

from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.api_keys import ApiRequest
from survey_app.models.audit import AuditEntry
from survey_app.models.participants import Membership, Participant
from survey_app.use_cases.answering_once import Answer, answer_once, forget_requests
from survey_app.use_cases.api_keys import make_api_key
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.program_errors import IdempotencyKeyReused, RequestUnderWay

NOW = datetime.now(UTC)


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 3})
    studio.add_authority("Southtown", {"Team S": 3})
    return studio


class Hr:
    """An authority's own system, with a key."""

    def __init__(self, programme, *, may_write=True, group="northtown"):
        name = f"hr-{group}-{may_write}"
        given = {"lasts": timedelta(days=30), "by": "Dev", "now": NOW, "vault": programme.vault}
        self.secret = make_api_key(name, group, may_write=may_write, **given)
        self.client = programme.app.test_client()
        self.sent = 0
        db.session.rollback()

    def send(self, method, path, body, key=None, **more):
        self.sent += 1
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": key or f"request-{self.sent}"}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, json=body, **more)

    def roster(self, people, key=None, authority="northtown", **more):
        return self.send("PUT", f"/rosters/{authority}", {"people": people, **more}, key)


@pytest.fixture
def hr(programme):
    return Hr(programme)


def person(ref, team="Team A", **more):
    return {
        "staff_ref": ref, "team": team, "service_area": "Early Help", "email": f"{ref}@staff.example.org", **more
    }  # fmt: skip


def staff():
    return db.session.scalar(
        select(func.count()).select_from(Membership).where(Membership.ended_on.is_(None))
    )  # two authorities of three


def test_a_roster_comes_in_by_the_rules_of_a_file(hr):
    people = [person("n1"), person("n2", "Team New"), person("n3", email="nobody"), person("n1")]
    answer = hr.roster(people)
    assert answer.status_code == 200
    assert (answer.json["joined"], answer.json["new_groups"]) == (2, ["team Team New, Early Help"])
    assert [(each["place"], each["staff_ref"], each["reason"]) for each in answer.json["refused"]] == [
        (2, "n3", "email is not an email address"), (3, "n1", "staff_ref stands in line 2 already")
    ]  # fmt: skip
    assert staff() == 8
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "roster imported")).one()
    assert (entry.actor, entry.subject, entry.detail["joined"]) == ("program hr-northtown-True", "northtown", 2)


def test_a_dry_run_changes_nothing_and_says_the_same(hr):
    people = [person("n1"), person("Team A-0", "Team New", email="moved@staff.example.org")]
    tried = hr.roster(people, dry_run=True).json
    assert (tried["dry_run"], tried["joined"], tried["moved"], staff()) == (True, 1, 1, 6)
    done = hr.roster(people).json
    assert {**done, "dry_run": True} == tried


def test_the_same_request_is_done_once_and_answered_alike(hr):
    first = hr.roster([person("n1")], "k")
    again = hr.roster([person("n1")], "k")
    assert (first.json, first.status_code) == (again.json, again.status_code)
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "roster imported")) == 1
    other = hr.roster([person("n2")], "k")
    assert (other.status_code, "one of its own" in other.json["detail"]) == (422, True)
    assert staff() == 7


def test_two_programs_may_use_the_same_key(hr, programme):
    south = Hr(programme, group="southtown")
    assert hr.roster([person("n1")], "k").json["joined"] == 1
    assert south.roster([person("n1", "Team S")], "k", "southtown").json["joined"] == 1


def test_too_many_leavers_need_a_word(hr):
    for number in range(10):
        hr.roster([person(f"n{number}")])
    few = [person("n1")]
    refused = hr.roster(few, "k", absent_have_left=True)
    assert (refused.status_code, staff()) == (409, 16)
    believed = hr.roster(few, "k", absent_have_left=True)  # a refusal is not kept: it may be tried again
    assert believed.status_code == 409
    assert hr.roster(few, absent_have_left=True, however_many=True).json["left"] == 12


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "people: Missing"),
        ({"people": []}, "people: Length must be between 1 and"),
        (
            {"people": [{"staff_ref": "n1", "team": "A", "service_area": "B", "e-mail": "x"}]},
            "people.0.e-mail: Unknown",
        ),
        ({"people": [{"staff_ref": "", "team": "A", "service_area": "B"}]}, "people.0.staff_ref: "),
        ({"people": [{"staff_ref": 7, "team": "A", "service_area": "B"}]}, "people.0.staff_ref: Not a valid string"),
        ({"people": "everybody"}, "people: Not a valid list"),
    ],
)
def test_a_body_that_is_not_right_is_told_where(hr, body, sentence):
    answer = hr.send("PUT", "/rosters/northtown", body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert sentence in answer.json["detail"]
    assert staff() == 6


def test_what_is_no_json_or_too_large_or_has_no_key_is_refused_in_words(hr):
    headers = {"Authorization": f"Bearer {hr.secret}"}
    at = "/api/v1/rosters/northtown"
    assert hr.client.put(at, headers=headers, data="staff_ref,team").status_code == 415
    assert hr.client.put(at, headers={**headers, "Content-Type": "application/json"}, data="{").status_code == 400
    assert hr.client.put(at, headers=headers, json={"people": [person("n" * 6_000_000)]}).status_code == 413
    without = hr.client.put(at, headers=headers, json={"people": [person("n1")]})
    assert (without.status_code, without.json["title"]) == (400, "Idempotency-Key needed")
    assert staff() == 6


def test_a_key_writes_only_where_and_if_it_may(hr, programme):
    reader = Hr(programme, may_write=False)
    assert reader.roster([person("n1")]).status_code == 403
    assert hr.roster([person("n1", "Team S")], authority="southtown").status_code == 404
    assert hr.roster([person("n1")], authority="northtown-team-a").status_code == 404
    outside = {"name": "Team X", "level": "team", "parent": find_group("southtown", Level.AUTHORITY).key}
    db.session.rollback()
    assert hr.send("POST", "/groups", outside).status_code == 404
    assert staff() == 6


def test_groups_are_added_once_and_listed_as_they_are(hr):
    area = next(each["key"] for each in structure(hr) if each["level"] == "service_area")
    wanted = {"name": "Team X", "level": "team", "parent": area}
    made = hr.send("POST", "/groups", wanted, "k")
    assert (made.status_code, made.json["name"]) == (201, "Team X")
    assert hr.send("POST", "/groups", wanted, "k").json == made.json
    taken = hr.send("POST", "/groups", wanted)
    assert (taken.status_code, "beside it" in taken.json["detail"]) == (409, True)
    assert hr.send("POST", "/groups", {**wanted, "level": "authority"}).status_code == 400
    assert hr.send("POST", "/groups", {**wanted, "name": "Y", "parent": "northtown"}).status_code == 404
    assert {"key": made.json["key"], "name": "Team X", "level": "team", "parent": area} in structure(hr)
    assert all(each["key"] != "southtown" for each in structure(hr))


def structure(hr):
    headers = {"Authorization": f"Bearer {hr.secret}"}
    return hr.client.get("/api/v1/structure", headers=headers).json["groups"]


def test_of_two_at_once_one_is_done(hr, app):
    key_id = 1

    def asked_again():
        with pytest.raises(RequestUnderWay):
            answer_once(key_id, "k", b"same", NOW, lambda: Answer(200, {}))
        with pytest.raises(IdempotencyKeyReused):
            answer_once(key_id, "k", b"other", NOW, lambda: Answer(200, {}))
        return Answer(200, {"done": 1})

    assert answer_once(key_id, "k", b"same", NOW, asked_again).body == {"done": 1}
    assert answer_once(key_id, "k", b"same", NOW, lambda: Answer(200, {"done": 2})).body == {"done": 1}


def test_what_a_restart_cut_off_is_done_again(hr):
    db.session.add(ApiRequest(api_key_id=1, idempotency_key="k", fingerprint=b"f", begun_at=NOW))
    db.session.commit()
    with pytest.raises(RequestUnderWay):
        answer_once(1, "k", b"f", NOW + timedelta(seconds=30), lambda: Answer(200, {}))
    later = NOW + timedelta(minutes=3)
    assert answer_once(1, "k", b"f", later, lambda: Answer(200, {"done": 1})).body == {"done": 1}


def test_requests_are_forgotten_after_a_day_and_hold_nothing_of_staff(hr):
    hr.roster([person("amara-canary")], "k")
    row = db.session.scalars(select(ApiRequest)).one()
    assert "amara-canary" not in json.dumps([str(value) for value in vars(row).values()])
    assert forget_requests(NOW + timedelta(hours=23)) == 0
    assert forget_requests(NOW + timedelta(hours=25)) == 1


def test_an_empty_cell_takes_an_address_away_and_a_missing_column_leaves_it(hr):
    hr.roster([person("n1", mobile="07700 900123")])
    hr.roster([{"staff_ref": "n1", "team": "Team A", "service_area": "Early Help", "mobile": "07700 900123"}])
    assert db.session.scalar(select(func.count()).where(Participant.staff_ref == "n1")) == 1


def test_the_description_names_the_write_side(hr):
    described = hr.client.get("/api/v1/openapi.json").json
    validate(described)
    assert set(described["paths"]["/api/v1/rosters/{authority}"]) == {"put"}
    assert {"get", "post"} <= set(described["paths"]["/api/v1/groups"])
