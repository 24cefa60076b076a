"""Roles are given and ended, written down, and never taken from the last who leads the programme."""

from threading import Barrier, Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from survey_app.cli.setup import accounts as accounts_command
from survey_app.extensions import db
from survey_app.models.accounts import Account, Role, RoleGrant
from survey_app.models.audit import AuditEntry
from survey_app.use_cases.errors import LastProgrammeLead, RoleDoesNotFit, UnknownRole
from survey_app.use_cases.people import add_account, end_role, people_of
from tests.factories import MONDAY, mixed_answers, signed_in
from tests.people import BEN, DEV

TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    studio.run_wave({TEAM_A: mixed_answers(6), "northtown-team-b": mixed_answers(6)})
    return studio


def grant_of(name):
    found = db.session.scalar(
        select(RoleGrant.id).join(Account, Account.id == RoleGrant.account_id).where(Account.name == name)
    )
    db.session.rollback()
    return found


def test_a_role_that_ends_ends_what_it_opened(programme):
    ben, dev = signed_in(programme, BEN), signed_in(programme, DEV)
    assert ben.get(f"/teams/{TEAM_A}").status_code == 200
    link = ben.post(f"/share/{TEAM_A}", follow_redirects=True)
    shared = link.text.partition("/shared/")[2].partition('"')[0].partition("<")[0]
    anybody = programme.app.test_client()
    assert anybody.get(f"/shared/{shared}").status_code == 200
    assert dev.post(f"/manage/people/{grant_of('Ben')}/end").status_code == 303
    assert ben.get(f"/teams/{TEAM_A}").headers["Location"] == "/sign-in"
    assert anybody.get(f"/shared/{shared}").status_code == 404
    again = signed_in(programme, BEN)
    assert again.get(f"/teams/{TEAM_A}").status_code == 404
    page = dev.get("/manage/people").text
    assert "Roles that have ended" in page
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "end role")).one()
    assert (entry.actor, entry.subject, entry.detail) == ("Dev", TEAM_A, {"role": "team_lead", "of": "Ben"})


def test_the_last_programme_lead_stays(programme):
    dev = signed_in(programme, DEV)
    refused = dev.post(f"/manage/people/{grant_of('Dev')}/end")
    assert refused.status_code == 409
    assert "Dev is the only programme lead. Give somebody else the role first." in refused.text
    add_account("Fay", "fay@example.org", Role.PROGRAMME_LEAD, "crescendo", programme.vault)
    assert dev.post(f"/manage/people/{grant_of('Dev')}/end").status_code == 303
    with pytest.raises(LastProgrammeLead):
        end_role(grant_of("Fay"), "crescendo", by="x", now=MONDAY)


def test_two_leads_who_end_each_others_role_at_once_leave_one(programme):
    add_account("Fay", "fay@example.org", Role.PROGRAMME_LEAD, "crescendo", programme.vault)
    grants, barrier, refused = [grant_of("Dev"), grant_of("Fay")], Barrier(2), []

    def end(grant):
        with programme.app.app_context():
            barrier.wait()
            try:
                end_role(grant, "crescendo", by="x", now=MONDAY)
            except LastProgrammeLead:
                refused.append(grant)
            db.session.remove()

    threads = [Thread(target=end, args=(grant,)) for grant in grants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert [each.role for each in people_of("crescendo", programme.vault)].count("programme lead") == 1


def test_a_role_is_given_once_and_again_after_it_ended(programme):
    for _ in range(2):
        add_account("Ana", "ana@example.org", Role.TEAM_LEAD, TEAM_A, programme.vault)
    assert [each.name for each in people_of("crescendo", programme.vault)].count("Ana") == 1
    end_role(grant_of("Ana"), "crescendo", by="x", now=MONDAY)
    end_role(grant_of("Ana"), "crescendo", by="x", now=MONDAY)
    add_account("Ana", "ana@example.org", Role.TEAM_LEAD, TEAM_A, programme.vault)
    assert [each.name for each in people_of("crescendo", programme.vault)].count("Ana") == 1
    assert [each.name for each in people_of("crescendo", programme.vault, ended=True)] == ["Ana"]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("email", "ana at work", "Enter a work email address"),
        ("name", "  ", "Enter the person"),
        ("role", "king", "Choose a role"),
        ("group", "southtown", "Choose a group"),
        ("group", "northtown", "The role team lead is one in a team. Choose another group than Northtown."),
    ],
)
def test_a_form_that_is_not_right_names_the_field_keeps_the_rest_and_changes_nothing(programme, field, typed, sentence):
    dev = signed_in(programme, DEV)
    given = {"name": "Ana", "email": "ana@example.org", "role": "team_lead", "group": TEAM_A, field: typed}
    before = people_of("crescendo", programme.vault)
    db.session.rollback()
    page = dev.post("/manage/people", data=given)
    assert page.status_code == 400
    assert sentence in page.text
    assert f'id="{field}-problem"' in page.text
    kept = next(value for name, value in given.items() if name in {"name", "email"} and name != field)
    assert f'value="{kept}"' in page.text
    assert people_of("crescendo", programme.vault) == before


def test_a_governance_reader_sees_no_figure_and_manages_nothing(programme):
    add_account("Gil", "gil@example.org", Role.GOVERNANCE_READER, "crescendo", programme.vault)
    gil = signed_in(programme, type(BEN)("Gil", "gil@example.org"))
    for path in ("/programme", f"/teams/{TEAM_A}", "/manage/people", "/manage/rosters", "/manage/waves", "/explore"):
        assert gil.get(path).status_code == 404, path
    assert gil.get("/").headers["Location"] == "/manage/log"
    assert "Governance reader" in gil.get("/account").text


def test_only_a_lead_of_the_programme_gives_or_ends_roles(programme):
    ben = signed_in(programme, BEN)
    assert ben.get("/manage/people").status_code == 404
    assert ben.post("/manage/people", data={}).status_code == 404
    assert ben.post(f"/manage/people/{grant_of('Dev')}/end").status_code == 404
    with pytest.raises(UnknownRole):
        end_role(grant_of("Dev"), "another", by="x", now=MONDAY)
    with pytest.raises(RoleDoesNotFit, match="authority or programme"):
        add_account("Gil", "gil@example.org", Role.GOVERNANCE_READER, TEAM_A, programme.vault)


def test_the_commands(programme):
    def run(*arguments):
        db.session.remove()
        return CliRunner().invoke(accounts_command, [*arguments], obj=lambda: programme.app)

    listed = run("list", "crescendo").output
    assert "Ben  team lead of Team A since " in listed
    assert run("end", "crescendo", str(grant_of("Ben"))).exit_code == 0
    assert "Ben" not in run("list", "crescendo").output
    last = run("end", "crescendo", str(grant_of("Dev")))
    assert (last.exit_code, "only programme lead" in last.output) == (2, True)
