"""What a lead sees while there is nothing to show yet, and while a pulse is open."""

import pytest

from survey_app.extensions import db
from tests.factories import mixed_answers, signed_in
from tests.journeys.street import inspect
from tests.people import BEN

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TEAM = "northtown-team-a"


def test_before_the_first_wave_and_while_one_is_open(chromium, town):
    wave, url = town
    wave.studio.appoint()
    wave.answer(TEAM, mixed_answers(6))
    cookie = signed_in(wave.studio, BEN).get_cookie("session")
    db.session.rollback()
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "session", "value": cookie.value, "url": url}])
    page = context.new_page()
    page.goto(f"{url}/teams/{TEAM}")
    assert page.get_by_text("Nobody sees a score before it closes.").is_visible()
    inspect(page, "lead_before_the_first_wave")
    wave.close()
    db.session.rollback()
    page.goto(f"{url}/teams/{TEAM}")
    assert page.get_by_role("heading", name="A starting point").is_visible()
    inspect(page, "lead_first_wave")
    context.close()
