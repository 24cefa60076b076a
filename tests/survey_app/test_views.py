import gzip
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text

from survey_app.extensions import close_connections, db
from survey_app.models.ballots import Ballot
from survey_app.models.messages import Message
from survey_app.models.participants import OptOut
from survey_app.use_cases.drawing import draw_charts
from survey_app.views.packing import COMMON_BYTES
from tests.factories import CORE, mixed_answers, same_answer, signed_in
from tests.people import BEN, CHLOE, DEV, EVE

TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    """Two teams: A has answered two waves, B is too small to be shown; a third wave is open."""
    studio.set_up({"Team A": 8, "Team B": 3, "Team C": 6})
    studio.appoint()
    for _ in range(2):
        studio.run_wave({TEAM_A: mixed_answers(8), "northtown-team-b": mixed_answers(1)})
    return studio


@pytest.fixture
def link(studio):
    studio.set_up({"Team A": 8})
    wave = studio.open(opened_at=datetime.now(UTC) - timedelta(days=1))
    return f"/p/{wave.tokens(TEAM_A)[0]}"


@pytest.fixture
def browser(app):
    return app.test_client()


def count_ballots():
    db.session.rollback()
    number = len(db.session.scalars(select(Ballot.tag)).all())
    db.session.rollback()  # SQLite lets one writer in at a time, and whoever is in a transaction may want to write
    return number


# Staff


def test_the_first_screen_makes_the_promise_before_the_first_item(browser, link):
    page = browser.get(link).text
    assert page.index("only for 5 or more people together") < page.index("I felt I belonged in my team.")
    assert page.count('type="radio"') == 4 * 6
    assert "checked" not in page
    assert "Set-Cookie" not in browser.get(link).headers


def test_amara_walks_through_the_screens_and_only_the_last_button_keeps_anything(browser, link):
    carried = {}
    for screen in range(4):
        items = CORE[screen * 3 : screen * 3 + 3]
        carried.update(same_answer(4, items))
        assert count_ballots() == 0
        last = screen == 3
        page = browser.post(link, data={**carried, "screen": str(screen), "go": "send" if last else "next"}).text
    assert "Thank you. Your answers are in." in page
    assert count_ballots() == 1
    assert "Thank you, your answers are in" in browser.get(link).text
    assert "How is work?" in browser.get(link + "?again=1").text


def test_back_keeps_what_was_answered(browser, link):
    data = {**same_answer(2, CORE[:6]), "screen": "1", "go": "back"}
    page = browser.post(link, data=data).text
    assert page.count("checked") == 3
    assert 'type="hidden" name="difference" value="2"' in page


@pytest.mark.parametrize("at", ["-5", "99", "x", "", "²", "9" * 5000])
def test_a_screen_that_does_not_exist_leads_to_one_that_does(browser, link, at):
    assert browser.post(link, data={"screen": at, "go": "next"}).status_code == 200


def test_every_item_may_be_skipped(browser, link):
    assert "You chose not to answer." in browser.post(link, data={"go": "send"}).text
    assert count_ballots() == 1


def test_an_answer_that_is_no_option_changes_nothing(browser, link):
    response = browser.post(link, data={**same_answer(3), "help": "9", "go": "send"})
    assert response.status_code == 400
    assert count_ballots() == 0


def test_nothing_that_is_not_asked_is_taken(browser, link):
    browser.post(link, data={**same_answer(3), "salary": "1", "go": "send"})
    assert count_ballots() == 1


def test_fetching_a_link_changes_nothing(browser, link):
    for method in (browser.get, browser.head):
        method(link)
        method(link.replace("/p/", "/o/"))
    db.session.rollback()
    assert count_ballots() == 0
    assert db.session.scalars(select(OptOut)).all() == []


def test_an_unknown_link_a_closed_wave_and_a_late_answer_each_have_their_page(browser, studio):
    studio.set_up({"Team A": 8})
    wave = studio.open(opened_at=datetime.now(UTC) - timedelta(days=1))
    link = f"/p/{wave.tokens(TEAM_A)[0]}"
    wave.close()
    assert "This pulse has closed" in browser.get(link).text
    assert "This pulse has closed" in browser.post(link, data={"go": "next"}).text
    assert "This pulse has closed" in browser.post(link, data={**same_answer(3), "go": "send"}).text
    for method in (browser.get, browser.post):
        response = method("/p/nobodysnobodysno")
        assert (response.status_code, "This link does not work" in response.text) == (404, True)


def test_opting_out_asks_first_and_may_be_posted_by_a_mail_program(browser, link):
    path = link.replace("/p/", "/o/")
    assert "Get no more of these messages?" in browser.get(path).text
    response = browser.post(path, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"})
    assert (response.status_code, "no more messages" in response.text) == (200, True)
    db.session.rollback()
    assert len(db.session.scalars(select(OptOut)).all()) >= 1
    assert browser.get("/o/nobodysnobodysno").status_code == 404
    assert browser.post("/o/nobodysnobodysno").status_code == 404


@pytest.mark.parametrize(
    "path", ["/privacy", "/how-anonymous", "/accessibility", "/support", "/health/live", "/health/ready"]
)
def test_some_pages_are_for_everybody(browser, path):
    assert browser.get(path).status_code == 200


def test_how_anonymous_says_the_running_settings_own_number(browser):
    assert "at least 5 people" in browser.get("/how-anonymous").text


def test_the_pulse_is_light_and_its_only_script_is_our_own(browser, link):
    page = browser.get(link)
    needed = [
        re.search(rf'"(/static/{name}[^"]+)"', page.text).group(1) for name in ("pulse.css", "pulse.js", "icon.svg")
    ]
    files = [browser.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True) for path in needed]
    style = files[0]
    assert COMMON_BYTES + sum(len(file.data) + len(str(file.headers)) for file in files) < 12 * 1024
    assert re.findall(r"<script.*", page.text) == re.findall(
        r'<script src="/static/pulse\.js\?v=\w+" defer></script>', page.text
    )
    assert page.headers["Content-Security-Policy"].endswith(
        "; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert "script-src" not in browser.get("/privacy").headers["Content-Security-Policy"]
    assert "immutable" in style.headers["Cache-Control"]
    assert page.headers["Cache-Control"] == "no-store"


# Leads


def test_without_signing_in_a_lead_sees_nothing(programme, browser):
    for path in ("/", "/programme", f"/teams/{TEAM_A}", f"/teams/{TEAM_A}/burnout"):
        response = browser.get(path)
        assert (response.status_code, response.headers["Location"]) == (302, "/sign-in")


def test_asking_for_a_link_says_the_same_whether_or_not_the_address_is_known(programme):
    answers = []
    for person in (BEN, EVE):
        response = programme.app.test_client().post("/sign-in", data={"email": person.email})
        answers.append((response.status_code, response.headers["Location"], response.data))
    assert answers[0] == answers[1]
    assert programme.app.test_client().get("/sign-in/check-mail").status_code == 200


def test_something_that_is_no_address_is_asked_for_again_with_what_was_typed(programme, browser):
    response = browser.post("/sign-in", data={"email": "ben"})
    assert response.status_code == 400
    assert 'value="ben"' in response.text


def test_a_link_in_another_browser_is_refused(programme, browser):
    assert browser.post("/sign-in/" + "0" * 64).status_code == 403


def test_ben_reads_his_teams_trend(programme):
    draw_charts(datetime.now(UTC))
    ben = signed_in(programme, BEN)
    assert ben.get("/").headers["Location"] == f"/teams/{TEAM_A}"
    page = ben.get(f"/teams/{TEAM_A}").text
    assert "Too early to say what is usual" in page
    assert "8 answers" in page
    measure = ben.get(f"/teams/{TEAM_A}/connectedness").text
    picture = re.search(r'src="(/charts/[^"]+)"', measure).group(1)
    svg = ben.get(picture)
    assert svg.mimetype == "image/svg+xml"
    assert ben.get(picture, headers={"If-None-Match": svg.headers["ETag"]}).status_code == 304
    assert re.search(r'alt="[^"]{80,}"', measure)
    assert "<caption>" in measure


def test_ben_sees_the_level_above_and_no_other_team(programme):
    ben = signed_in(programme, BEN)
    assert ben.get("/service-areas/northtown-early-help").status_code == 200
    refused = [
        "/teams/northtown-team-b",
        "/teams/northtown-team-b/burnout",
        "/teams/nowhere",
        f"/teams/{TEAM_A}/salary",
        f"/authorities/{TEAM_A}",
        "/authorities/northtown",
        "/programme",
        "/charts/northtown/burnout/wide-0.svg",
        "/charts/nowhere/burnout/wide-0.svg",
        f"/charts/{TEAM_A}/burnout/wide-0.svg",
    ]
    assert {path: ben.get(path).status_code for path in refused} == dict.fromkeys(refused, 404)
    assert ben.get("/teams/northtown-team-b").data == ben.get("/teams/nowhere").data


def test_chloes_small_team_sees_why_nothing_is_shown_and_where_to_look(programme):
    page = signed_in(programme, CHLOE).get("/teams/northtown-team-b").text
    assert "Not enough answers to show this time" in page
    assert "Fewer than 5 people answered" in page
    assert "/service-areas/northtown-early-help" in page


def test_dev_compares_authorities(programme):
    page = signed_in(programme, DEV).get("/programme").text
    assert "Northtown" in page
    assert "nothing to compare with yet" in page


def test_before_the_first_results_a_lead_is_told_when_they_come(studio):
    studio.set_up({"Team A": 8})
    from survey_app.models.accounts import Role
    from survey_app.use_cases.people import add_account

    add_account(BEN.name, BEN.email, Role.TEAM_LEAD, TEAM_A, studio.vault)
    add_account(DEV.name, DEV.email, Role.PROGRAMME_LEAD, "crescendo", studio.vault)
    for person, path in ((BEN, f"/teams/{TEAM_A}"), (DEV, "/programme")):
        assert "No results yet" in signed_in(studio, person).get(path).text


def test_signing_out_ends_the_session(programme):
    ben = signed_in(programme, BEN)
    ben.post("/sign-out")
    assert ben.get(f"/teams/{TEAM_A}").headers["Location"] == "/sign-in"


def test_somebody_without_a_role_has_no_page(programme):
    ben = signed_in(programme, BEN)
    db.session.execute(text("DELETE FROM role_grants"))
    db.session.commit()
    assert "No results yet" in ben.get("/").text


# Everybody


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_from_another_site_is_refused(programme, headers):
    client = signed_in(programme, BEN)
    assert client.post("/sign-out", headers=headers).status_code == 403
    assert client.get(f"/teams/{TEAM_A}").status_code == 200


def test_every_answer_carries_strict_headers(browser, link):
    for path in (link, "/sign-in", "/nowhere", "/health/live"):
        headers = browser.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert browser.get(link).headers["Referrer-Policy"] == "no-referrer"


def test_behind_tls_cookies_are_bound_to_the_host(app, studio):
    from dataclasses import replace

    settings = app.extensions["pulse_settings"]
    app.extensions["pulse_settings"] = replace(settings, public_base_url="https://pulse.example.gov.uk")
    response = app.test_client().post("/sign-in", data={"email": BEN.email})
    assert response.headers["Set-Cookie"].startswith("__Host-prelogin=")
    assert "Secure; HttpOnly; Path=/; SameSite=Lax" in response.headers["Set-Cookie"]
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(("method", "path", "status"), [("get", "/nowhere", 404), ("delete", "/sign-in", 405)])
def test_an_error_says_what_to_do_next(browser, method, path, status):
    response = getattr(browser, method)(path)
    assert response.status_code == status
    assert "<h1>" in response.text


def test_too_much_is_refused(browser, link):
    assert browser.post(link, data={"help": "x" * 70_000, "go": "send"}).status_code == 413


def test_a_database_that_fails_gives_a_clear_page_and_a_log_without_secrets(browser, link, caplog, monkeypatch):
    db.session.execute(text("ALTER TABLE ballots RENAME TO elsewhere"))
    db.session.commit()
    try:
        response = browser.post(link, data={**same_answer(5), "go": "send"})
    finally:
        db.session.rollback()
        db.session.execute(text("ALTER TABLE elsewhere RENAME TO ballots"))
        db.session.commit()
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "Your answers are still on this page. Wait half a minute, then send them again." in response.text
    assert link.rsplit("/", 1)[1] not in caplog.text
    assert "/p/…" in caplog.text


def test_a_page_that_fails_says_sorry_and_logs_no_secret(app, link, caplog, monkeypatch):
    def fail(*_args, **_options):
        raise ValueError(link)

    monkeypatch.setattr("survey_app.views.respond.find_answer_sheet", fail)
    response = app.test_client().get(link)
    assert response.status_code == 500
    assert link.rsplit("/", 1)[1] not in caplog.text
    assert "ValueError at" in caplog.text


def test_the_demos_outbox_shows_what_was_received(studio, demo_peers, browser):
    from survey_app.use_cases.messaging import deliver_messages

    assert "No email yet." in browser.get("/demo/outbox").text
    studio.set_up({"Team A": 4})
    wave = studio.open(opened_at=datetime.now(UTC))
    deliver_messages(wave.messages, demo_peers.settings, studio.vault)
    page = browser.get("/demo/outbox").text
    assert "2 emails and 2 texts" in page
    letter = re.search(r'src="(/demo/outbox/[^"]+\.html)"', page).group(1)
    mail = browser.get(letter)
    assert "Answer now" in mail.text
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert "Handed over" in page
    assert browser.get("/demo/outbox/nothing.html").status_code == 404
    assert {message.state for message in db.session.scalars(select(Message))} == {"accepted"}


def test_outside_a_demo_there_is_no_outbox_and_no_list_of_people(settings, app):
    from dataclasses import replace

    from survey_app.app import create_app

    serious = create_app(replace(app.extensions["pulse_settings"], demo=False))
    client = serious.test_client()
    assert client.get("/demo/outbox").status_code == 404
    assert "In this demonstration" not in client.get("/sign-in").text
    with serious.app_context():
        db.session.remove()
        close_connections()


@pytest.mark.parametrize("name", ["pulse.css", "pulse.js", "dashboard.css", "icon.svg"])
def test_fingerprinted_files_are_packed_for_those_who_can_unpack(studio, name):
    client = studio.app.test_client()
    plain = client.get(f"/static/{name}?v=1", buffered=True)
    packed = client.get(f"/static/{name}?v=1", headers={"Accept-Encoding": "br, gzip"})
    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in packed.headers["Cache-Control"]
    again = client.get(
        f"/static/{name}?v=1", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    )
    assert again.status_code == 304


@contextmanager
def locked_database(url):
    """Somebody else holds everything, as in the middle of a restore."""
    other = create_engine(url)
    with other.connect() as connection:
        if other.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            connection.exec_driver_sql("LOCK TABLE waves, invitations, ballots IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()
    other.dispose()


@pytest.mark.slow
def test_while_the_database_is_locked_a_page_holds_the_answers_and_sends_them_afterwards(studio, link):
    client = studio.app.test_client()
    db.session.rollback()
    db.session.remove()
    with locked_database(db.engine.url):
        answer = client.post(link, data={**same_answer(4), "go": "send", "language": "cy"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Mae eich atebion yn dal ar y dudalen hon" in answer.text
        lets_readers_in = db.engine.dialect.name == "sqlite"
        assert client.get(link).status_code == (200 if lets_readers_in else 503)
    held = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert held == {**same_answer(4), "language": "cy"}
    sent = client.post(link, data={**held, "go": "send"})
    assert "Diolch. Mae eich atebion wedi cyrraedd." in sent.text
    assert len(db.session.scalars(select(Ballot)).all()) == 1
