"""A lost phone: two programme leads decide, nobody alone, and whoever has lost it is asked to set up another."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from survey_app.extensions import db, settings
from survey_app.models.accounts import Account, Role, SecondFactor, SecondStepReset, Session
from survey_app.models.audit import AuditEntry
from survey_app.use_cases.access import viewer_of
from survey_app.use_cases.errors import NotByOneself, UnknownRole
from survey_app.use_cases.people import add_account
from survey_app.use_cases.phone_resets import forget_resets, reset_second_step
from tests.factories import MONDAY, signed_in
from tests.people import BEN, CHLOE, DEV, Person

FAY = Person("Fay", "fay@example.org")


@pytest.fixture
def programme(studio):
    studio.app.extensions["pulse_settings"] = replace(settings(), demo=False)
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    add_account(FAY.name, FAY.email, Role.PROGRAMME_LEAD, "crescendo", studio.vault)
    return studio


def account(person):
    return db.session.scalars(select(Account).where(Account.name == person.name)).one()


def viewer(person):
    return viewer_of(account(person))


def count(table, person):
    found = db.session.scalar(select(func.count()).where(table.account_id == account(person).id))
    db.session.rollback()
    return found


def test_one_asks_and_another_does_it(programme):
    signed_in(programme, BEN)
    ben = account(BEN).id
    assert reset_second_step(ben, viewer(DEV), MONDAY) is False
    assert reset_second_step(ben, viewer(DEV), MONDAY) is False, "twice by one is once"
    assert count(SecondFactor, BEN) == 1
    assert reset_second_step(ben, viewer(FAY), MONDAY) is True
    assert (count(SecondFactor, BEN), count(Session, BEN), count(SecondStepReset, BEN)) == (0, 0, 0)
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject == BEN.name)).all()
    assert actions[-1] == "forget second step"


def test_nobody_does_it_for_themselves_or_where_they_do_not_lead(programme):
    signed_in(programme, DEV)
    with pytest.raises(NotByOneself):
        reset_second_step(account(DEV).id, viewer(DEV), MONDAY)
    with pytest.raises(UnknownRole):
        reset_second_step(account(DEV).id, viewer(BEN), MONDAY)
    with pytest.raises(UnknownRole):
        reset_second_step(account(CHLOE).id, viewer(DEV), MONDAY)  # she has no app yet


def test_a_wish_of_the_day_before_yesterday_is_none(programme):
    signed_in(programme, BEN)
    ben = account(BEN).id
    reset_second_step(ben, viewer(DEV), MONDAY)
    assert reset_second_step(ben, viewer(FAY), MONDAY + timedelta(days=2)) is False
    forget_resets(MONDAY + timedelta(days=2, hours=1))
    assert count(SecondStepReset, BEN) == 1, "Fay's own"
    forget_resets(MONDAY + timedelta(days=4))
    assert count(SecondStepReset, BEN) == 0


def test_on_the_page(programme):
    signed_in(programme, BEN)
    ben = account(BEN).id
    db.session.rollback()
    dev, fay = signed_in(programme, DEV), signed_in(programme, FAY)
    assert dev.post("/manage/people/accounts/999/new-phone").status_code == 404
    at = f"/manage/people/accounts/{ben}/new-phone"
    assert "New phone" in dev.get("/manage/people").text
    assert dev.post(at).headers["Location"].endswith("asked=yes")
    assert "waits for another lead" in dev.get("/manage/people").text
    assert "asked for by Dev" in fay.get("/manage/people").text
    assert fay.post(at).headers["Location"].endswith("forgotten=yes")
    assert fay.post(at).status_code == 404
    own = account(DEV).id
    db.session.rollback()
    assert dev.post(f"/manage/people/accounts/{own}/new-phone").status_code == 409


def test_it_asks_for_a_fresh_step(programme):
    signed_in(programme, BEN)
    ben = account(BEN).id
    dev = signed_in(programme, DEV)
    db.session.execute(update(Session).values(second_step_at=MONDAY))
    db.session.commit()
    assert dev.post(f"/manage/people/accounts/{ben}/new-phone").status_code == 403
    assert count(SecondStepReset, BEN) == 0
