"""In a programme so small that teams are counted with all others, every link that anybody is shown still leads on."""

from datetime import date
from types import SimpleNamespace

import pytest

from survey_app.demo.seeding import DemoPlan, DemoSeed
from survey_app.extensions import db, settings, vault
from survey_app.use_cases.access import demo_accounts
from tests.factories import signed_in
from tests.people import Person
from tests.survey_app.test_scrape import reached


@pytest.mark.slow
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_nobody_is_shown_a_link_to_a_page_that_is_not_theirs(app):
    plan = DemoPlan(authorities=2, waves=4, seed=3, today=date(2026, 11, 23))
    DemoSeed(plan, settings(), vault(), lambda _: None).run()
    for account in demo_accounts(vault()):
        db.session.rollback()
        browser = signed_in(SimpleNamespace(app=app, vault=vault()), Person(account.name, account.email))
        assert len(list(reached(browser))) > 5
