"""While a host is looked after, every page says so, and what was typed stays in the form."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from survey_app.cli import pulse
from survey_app.stores.maintenance import begin_maintenance, end_maintenance
from tests.factories import same_answer


@pytest.fixture
def looked_after(studio):
    studio.set_up({"Team A": 6})
    path = f"/p/{studio.open().tokens('northtown-team-a')[0]}"
    data_dir = studio.app.extensions["pulse_settings"].data_dir
    begin_maintenance(data_dir, datetime.now(UTC) + timedelta(hours=2))
    yield path, data_dir
    end_maintenance(data_dir)


def test_every_page_says_when_it_is_back(studio, looked_after):
    path, _ = looked_after
    client = studio.app.test_client()
    for address in (path, "/", "/sign-in", "/support", "/programme", path.replace("/p/", "/o/")):
        page = client.get(address)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "30"), address
        assert "We are looking after this page" in page.text
        assert "It should be back at " in page.text
    assert "Rydym yn gofalu am y dudalen hon" in client.get(f"{path}?speak=cy").text


def test_what_programs_ask_is_answered_as_ever(studio, looked_after):
    client = studio.app.test_client()
    assert client.get("/health/live").text == client.get("/health/ready").text == "ok"
    assert client.get("/static/pulse.css", buffered=True).status_code == 200
    assert client.post("/hooks/twilio/inbound").status_code == 403, "the signature is looked at"


def test_answers_stay_in_the_form_and_are_taken_afterwards(studio, looked_after):
    path, data_dir = looked_after
    client = studio.app.test_client()
    page = client.post(path, data={**same_answer(4), "go": "send"})
    assert page.text.count('type="hidden"') == 12
    assert '<button type="submit" value="send" name="go"' in page.text
    assert end_maintenance(data_dir)
    assert not end_maintenance(data_dir)
    assert "Thank you. Your answers are in." in client.post(path, data={**same_answer(4), "go": "send"}).text


def test_a_time_that_has_passed_is_not_promised(studio, looked_after):
    path, data_dir = looked_after
    for until in (None, datetime.now(UTC) - timedelta(minutes=1)):
        begin_maintenance(data_dir, until)
        assert "It should be back" not in studio.app.test_client().get(path).text


def test_the_commands(studio, looked_after):
    path, _ = looked_after
    runner, make = CliRunner(), {"obj": lambda: studio.app}
    assert "Pages answer as usual." in runner.invoke(pulse, ["maintenance", "off"], **make).output
    assert "There was no maintenance" in runner.invoke(pulse, ["maintenance", "off"], **make).output
    assert "until `pulse maintenance off`" in runner.invoke(pulse, ["maintenance", "on"], **make).output
    assert studio.app.test_client().get(path).status_code == 503
    assert runner.invoke(pulse, ["maintenance", "on", "--until", "soon"], **make).exit_code == 2
