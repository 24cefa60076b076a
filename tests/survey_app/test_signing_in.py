"""Signing in: a link or its code, a second step, sessions that end, and what asks for a fresh step."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from survey_app.cli.setup import accounts as accounts_command
from survey_app.crypto.link_tokens import sign_in_code, sign_in_token
from survey_app.extensions import db, settings
from survey_app.models.accounts import Account, SecondFactor, Session, SignInRequest, SignInTry
from survey_app.models.audit import AuditEntry
from survey_app.use_cases import second_steps, signing_in
from survey_app.use_cases.access import viewer_of
from tests.factories import MONDAY, signed_in
from tests.people import BEN, DEV, EVE

STEP = timedelta(seconds=30)


@pytest.fixture
def programme(studio):
    """Not a demo: everybody takes a second step."""
    studio.app.extensions["pulse_settings"] = replace(settings(), demo=False)
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    return studio


def ask(programme, person=BEN, now=MONDAY, browser="browser", place=""):
    return signing_in.request_sign_in(person.email, browser, now, programme.vault, place=place)


def newest():
    found = db.session.scalars(select(SignInRequest.id).order_by(SignInRequest.expires_at.desc())).first()
    db.session.rollback()
    return found


def viewer(name="Ben"):
    found = viewer_of(db.session.scalars(select(Account).where(Account.name == name)).one())
    db.session.rollback()
    return found


@pytest.fixture
def app_of_ben(programme):
    """Ben's app, and his recovery codes."""
    enrolment = second_steps.begin_enrolment(viewer(), programme.vault)
    app = pyotp.TOTP(enrolment.secret)
    codes = second_steps.confirm_enrolment(viewer(), app.at(MONDAY - 10 * STEP), MONDAY - 10 * STEP, programme.vault)
    return app, codes


def step(programme, code, now=MONDAY):
    return second_steps.take_second_step(viewer(), code, now, programme.vault)


def test_the_code_of_the_mail_signs_the_browser_in_that_asked_once(programme):
    ask(programme)
    code = sign_in_code(programme.vault.link_key, newest())
    assert signing_in.sign_in_with_code(code, "another", MONDAY, programme.vault) is None
    reference = signing_in.sign_in_with_code(code, "browser", MONDAY, programme.vault)
    assert signing_in.find_session(reference, MONDAY, programme.vault).viewer.name == "Ben"
    assert signing_in.sign_in_with_code(code, "browser", MONDAY, programme.vault) is None


def test_a_link_bears_five_codes_and_the_link_itself_still_works(programme):
    ask(programme)
    request = newest()
    code = sign_in_code(programme.vault.link_key, request)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(signing_in.MOST_CODES):
        assert signing_in.sign_in_with_code(wrong, "browser", MONDAY, programme.vault) is None
    assert signing_in.sign_in_with_code(code, "browser", MONDAY, programme.vault) is None
    token = sign_in_token(programme.vault.link_key, request)
    assert signing_in.sign_in(token, "browser", MONDAY, programme.vault)


def test_an_account_gets_five_links_in_a_quarter_of_an_hour_and_a_place_twenty_in_an_hour(programme):
    assert [len(ask(programme)) for _ in range(6)] == [1] * 5 + [0]
    assert ask(programme, DEV), "another account is not held up"
    assert ask(programme, now=MONDAY + timedelta(minutes=15))
    later = MONDAY + timedelta(days=1)
    for _ in range(signing_in.MOST_TRIES):
        ask(programme, EVE, later, place="192.0.2.1")
    assert ask(programme, BEN, later, place="192.0.2.1") == []
    assert ask(programme, BEN, later, place="192.0.2.2")
    assert ask(programme, BEN, later + timedelta(minutes=61), place="192.0.2.1")
    signing_in.forget_tries(later + timedelta(hours=3))
    assert db.session.scalars(select(SignInTry)).all() == [], "the clock forgets them, though nobody asks again"


def test_a_session_ends_when_it_is_idle_and_after_twelve_hours_however_busy(programme):
    ask(programme)
    token = sign_in_token(programme.vault.link_key, newest())
    reference = signing_in.sign_in(token, "browser", MONDAY, programme.vault)

    def is_good(minutes):
        return signing_in.find_session(reference, MONDAY + timedelta(minutes=minutes), programme.vault) is not None

    assert all(is_good(minutes) for minutes in range(0, 720, 29))
    assert not is_good(720)
    db.session.execute(update(Session).values(last_seen_at=MONDAY))
    db.session.commit()
    assert is_good(29)
    assert not is_good(29 + 30)


def test_a_code_of_the_app_works_once_with_a_clock_half_a_minute_off(programme, app_of_ben):
    app, _ = app_of_ben
    code = app.at(MONDAY)
    assert not step(programme, code, MONDAY + 2 * STEP)
    assert step(programme, code, MONDAY + STEP)
    assert not step(programme, code, MONDAY + STEP)
    assert not step(programme, app.at(MONDAY - STEP)), "an older one than the last is no better"
    assert step(programme, app.at(MONDAY + 2 * STEP), MONDAY + STEP)


def test_a_code_that_many_send_at_once_works_once(programme, app_of_ben):
    app, _ = app_of_ben
    barrier, taken = Barrier(8), []

    def send():
        with programme.app.app_context():
            barrier.wait()
            taken.append(second_steps.take_second_step(ben, app.at(MONDAY), MONDAY, programme.vault))
            db.session.remove()

    ben = viewer()
    threads = [Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]


def test_five_wrong_codes_lock_for_a_quarter_of_an_hour_and_are_written_down(programme, app_of_ben):
    app, codes = app_of_ben
    for _ in range(second_steps.MOST_FAILURES):
        assert not step(programme, "000 000")
    assert not step(programme, app.at(MONDAY)), "the right one is not even looked at"
    assert not step(programme, codes[0])
    later = MONDAY + second_steps.LOCKED_FOR
    assert step(programme, app.at(later), later)
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions.count("second step locked") == 1


def test_a_recovery_code_works_once_however_it_is_typed_and_new_ones_end_the_old(programme, app_of_ben):
    _, codes = app_of_ben
    assert len(set(codes)) == second_steps.RECOVERY_CODES
    assert step(programme, codes[0].lower().replace("-", " "))
    assert not step(programme, codes[0])
    fresh = second_steps.make_recovery_codes(viewer(), MONDAY, programme.vault)
    assert not step(programme, codes[1])
    assert step(programme, fresh[0])
    assert not second_steps.take_second_step(viewer("Dev"), fresh[1], MONDAY, programme.vault), "nobody else's"


def test_nothing_that_the_database_holds_is_a_secret_of_the_second_step(programme, app_of_ben):
    app, codes = app_of_ben
    held = repr(
        [
            list(db.session.execute(select(table)))
            for table in (SecondFactor.__table__, second_steps.RecoveryCode.__table__)
        ]
    )
    assert app.secret not in held
    assert not any(code in held or code.replace("-", "") in held for code in codes)


def test_before_the_second_step_a_session_opens_nothing_else(programme):
    client = programme.app.test_client()
    client.post("/sign-in", data={"email": BEN.email})
    request_id = newest()
    assert client.post("/sign-in/code", data={"code": "12"}).status_code == 403
    code = sign_in_code(programme.vault.link_key, request_id)
    assert client.post("/sign-in/code", data={"code": f"{code[:3]} {code[3:]}"}).status_code == 303
    for path in ("/", "/teams/northtown-team-a", "/account", "/exports/of/northtown-team-a", "/nowhere-else"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("Location")) in {(302, "/second-step"), (404, None)}
    assert client.get("/second-step").headers["Location"] == "/second-step/set-up"
    page = client.get("/second-step/set-up").text
    assert page == client.get("/second-step/set-up").text, "a reload shows the same key"
    assert client.post("/second-step/set-up", data={"code": "1"}).status_code == 403
    factor = db.session.scalars(select(SecondFactor)).one()
    secret = programme.vault.decrypt(factor.secret_encrypted)
    db.session.rollback()
    before = client.get_cookie("session").value
    done = client.post("/second-step/set-up", data={"code": pyotp.TOTP(secret).now()})
    assert done.text.count("<li>") == second_steps.RECOVERY_CODES
    assert client.get_cookie("session").value != before, "the session has a new reference"
    assert client.get("/teams/northtown-team-a").status_code == 200
    assert client.get("/second-step/set-up").headers["Location"] == "/second-step", "the key is shown no more"
    assert secret not in client.get("/account").text
    client.set_cookie("session", before)
    assert client.get("/").headers["Location"] == "/sign-in"


def aged(minutes):
    db.session.execute(update(Session).values(second_step_at=datetime.now(UTC) - timedelta(minutes=minutes)))
    db.session.execute(update(SecondFactor).values(last_step=0))
    db.session.commit()


def code_of(programme, name):
    encrypted = db.session.scalar(
        select(SecondFactor.secret_encrypted)
        .join(Account, Account.id == SecondFactor.account_id)
        .where(Account.name == name)
    )
    db.session.rollback()
    return pyotp.TOTP(programme.vault.decrypt(encrypted)).now()


def test_what_could_do_harm_asks_for_a_fresh_step_and_loses_nothing(programme):
    dev = signed_in(programme, DEV)
    typed = {"name": "Ana", "email": "ana@example.org", "role": "team_lead", "group": "northtown-team-b"}
    aged(6)
    asked = dev.post("/manage/people", data=typed)
    assert asked.status_code == 403
    assert 'name="email" value="ana@example.org"' in asked.text
    assert 'action="/manage/people"' in asked.text
    wrong = dev.post("/manage/people", data={**typed, "second_step_code": "000000"})
    assert wrong.status_code == 403
    assert "That code is not right" in wrong.text
    assert db.session.scalar(select(func.count()).where(Account.name == "Ana")) == 0
    db.session.rollback()
    done = dev.post("/manage/people", data={**typed, "second_step_code": code_of(programme, "Dev")})
    assert done.status_code == 303
    assert dev.post("/manage/people", data={**typed, "group": "northtown-team-a"}).status_code == 303, "it is fresh now"


def test_a_page_for_a_file_asks_first_and_leads_back(programme):
    dev = signed_in(programme, DEV)
    assert dev.get("/manage/rosters").status_code == 200
    aged(6)
    asked = dev.get("/manage/rosters")
    assert asked.status_code == 403
    assert 'name="next" value="/manage/rosters"' in asked.text
    code = code_of(programme, "Dev")
    done = dev.post("/second-step", data={"code": code, "next": "/manage/rosters"})
    assert (done.status_code, done.headers["Location"]) == (303, "/manage/rosters")
    assert dev.get("/manage/rosters").status_code == 200
    aged(29)
    assert dev.post("/manage/rosters", data={}).status_code == 400, "there was time to fill it in"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "/\tx"]
)
def test_the_way_back_leads_nowhere_else(programme, elsewhere):
    dev = signed_in(programme, DEV)
    aged(6)
    done = dev.post("/second-step", data={"code": code_of(programme, "Dev"), "next": elsewhere})
    assert done.headers["Location"] == "/"


def test_signing_out_everywhere_ends_every_session(programme):
    one, other = signed_in(programme, BEN), signed_in(programme, BEN)
    assert "in 2 browsers" in one.get("/account").text
    assert one.post("/account/sign-out-everywhere").headers["Location"] == "/sign-in"
    assert other.get("/").headers["Location"] == "/sign-in"


def test_new_recovery_codes_are_shown_once(programme):
    ben = signed_in(programme, BEN)
    assert ben.post("/account/recovery-codes").text.count("<li>") == second_steps.RECOVERY_CODES


def test_a_new_phone_is_set_up_by_the_next_sign_in(programme):
    signed_in(programme, BEN)
    db.session.remove()
    result = CliRunner().invoke(accounts_command, ["new-phone", BEN.email], obj=lambda: programme.app)
    assert result.output == "Ben sets up a new app when they next sign in.\n"
    assert not second_steps.has_second_factor(viewer().account_id)
    nobody = CliRunner().invoke(accounts_command, ["new-phone", EVE.email], obj=lambda: programme.app)
    assert nobody.exit_code == 2
