"""Few run at once; who comes slowly is waited for outside; who waits too long is told so with what they wrote."""

import io
import threading
import time
from dataclasses import replace

import pytest
from scipy.stats import mannwhitneyu
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from werkzeug.test import Client, EnvironBuilder

from survey_app.app import create_app
from survey_app.extensions import close_connections, db, settings
from survey_app.models.messages import Message
from survey_app.stores.strain import DatabaseStrained, Strain
from survey_app.use_cases.signing_in import MOST_TRIES
from survey_app.views.gate import LARGEST_BODY_BYTES, NOT_BEFORE, TOO_BUSY, Gate
from tests.people import BEN


class Inside:
    """An application that holds requests until told to go on."""

    def __init__(self):
        self.go_on = threading.Event()
        self.entered = []
        self.bodies = []

    def __call__(self, environ, start_response):
        self.entered.append(bool(environ.get(TOO_BUSY)))
        if not environ.get(TOO_BUSY):
            self.go_on.wait(10)
        self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"inside"]


def ask(gate, body=b"", **environ):
    made = EnvironBuilder(method="POST", input_stream=io.BytesIO(body), content_length=len(body)).get_environ()
    return b"".join(gate({**made, **environ}, lambda *_: None))


def at_once(number, what):
    threads = [threading.Thread(target=what) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads


def wait_for(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come true")


def test_two_are_inside_and_the_others_wait_until_somebody_leaves():
    inside = Inside()
    gate = Gate(inside, at_once=2, wait_seconds=10)
    people = at_once(5, lambda: ask(gate))
    wait_for(lambda: len(inside.entered) == 2)
    time.sleep(0.1)
    assert len(inside.entered) == 2
    inside.go_on.set()
    for person in people:
        person.join()
    assert inside.entered == [False] * 5


def test_answers_have_places_of_their_own():
    inside = Inside()
    gate = Gate(inside, at_once=1, wait_seconds=0.1)
    (large,) = at_once(1, lambda: ask(gate, PATH_INFO="/manage/rosters"))
    wait_for(lambda: len(inside.entered) == 1)
    (answer,) = at_once(1, lambda: ask(gate, PATH_INFO="/p/ABCDEFGHJKLMNPQR"))
    wait_for(lambda: inside.entered == [False, False])
    inside.go_on.set()
    large.join()
    answer.join()
    assert inside.entered == [False, False], "neither was too busy for the other"
    assert len(inside.bodies) == 2


def test_whoever_has_waited_too_long_is_let_on_as_too_busy():
    inside = Inside()
    gate = Gate(inside, at_once=1, wait_seconds=0.1)
    (first,) = at_once(1, lambda: ask(gate))
    wait_for(lambda: inside.entered == [False])
    assert ask(gate, b"what I wrote") == b"inside"
    assert inside.entered == [False, True]
    assert inside.bodies == [b"what I wrote"]
    inside.go_on.set()
    first.join()


def test_a_request_that_comes_in_slowly_takes_no_place():
    inside = Inside()
    inside.go_on.set()
    gate = Gate(inside, at_once=1, wait_seconds=0.1)
    has_come = threading.Event()

    class Slow(io.BytesIO):
        def read(self, size=-1):
            has_come.wait(10)
            return super().read(size)

    (slow,) = at_once(1, lambda: ask(gate, b"slow", **{"wsgi.input": Slow(b"slow")}))
    for _ in range(3):
        ask(gate, b"quick")
    assert inside.bodies == [b"quick"] * 3
    assert not any(inside.entered)
    has_come.set()
    slow.join()
    assert inside.bodies[-1] == b"slow"


def test_what_says_it_is_too_large_is_not_read():
    class Unread(io.BytesIO):
        def read(self, size=-1):
            raise AssertionError("it was read")

    unread, given = Unread(), []

    def inside(environ, _):
        given.append(environ["wsgi.input"])
        return [b"refused"]

    ask(Gate(inside), **{"CONTENT_LENGTH": str(LARGEST_BODY_BYTES + 1), "wsgi.input": unread})
    assert given == [unread]


def test_an_answer_that_has_to_wait_does_so_outside():
    def inside(environ, _):
        environ[NOT_BEFORE] = time.monotonic() + 0.3
        return [b"later"]

    gate = Gate(inside, at_once=1, wait_seconds=0.2)
    started = time.monotonic()
    for person in at_once(5, lambda: ask(gate)):
        person.join()
    assert 0.3 <= time.monotonic() - started < 0.9


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_the_page_of_a_crowd_holds_what_was_written_and_asks_nothing_of_the_database(app, studio):
    db.session.rollback()
    busy = Client(lambda environ, start: app({**environ, TOO_BUSY: True}, start))
    close_connections()
    page = busy.post("/p/ABCDEFGHJKLMNPQR", data={"belonging": "4", "go": "send", "language": "en"})
    assert page.status_code == 503
    assert page.headers["Retry-After"]
    assert 'name="belonging" value="4"' in page.text
    assert "Many people are here just now" in page.text
    assert busy.get("/health/live").status_code == 200


def test_a_crowd_at_a_failing_database_is_refused_and_one_at_a_time_tries():
    strain = Strain()

    def fail():
        with strain.asking():
            raise OperationalError("SELECT 1", {}, Exception("gone"))

    with pytest.raises(OperationalError):
        fail()
    with strain.asking(), pytest.raises(DatabaseStrained), strain.asking():  # one may try, and nobody else
        raise AssertionError("it was asked")
    with strain.asking():
        pass


# Signing in


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.appoint()
    return studio


@pytest.mark.slow
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_how_long_asking_for_a_link_takes_does_not_tell_whose_address_it_is(programme, monkeypatch):
    monkeypatch.setattr("survey_app.views.sign_in.ANSWER_AFTER_SECONDS", 0.15)
    db.session.rollback()
    browser = Client(Gate(programme.app.wsgi_app))
    took = {"ben@example.org": [], "nobody@example.org": []}
    for _ in range(40):
        for address, times in took.items():
            started = time.perf_counter()
            assert browser.post("/sign-in", data={"email": address}).status_code == 303
            times.append(time.perf_counter() - started)
    known, unknown = took.values()
    assert min(known + unknown) >= 0.15
    assert mannwhitneyu(known, unknown).pvalue > 0.001


@pytest.mark.parametrize("proxies", [0, 1])
def test_tries_are_counted_for_the_address_that_the_trusted_proxy_names(programme, proxies):
    known = replace(settings(), demo=False, trusted_proxies=proxies)
    db.session.rollback()
    app = create_app(known)

    def ask_from(address):
        return app.test_client().post(
            "/sign-in", data={"email": "nobody@example.org"}, headers={"X-Forwarded-For": f"6.6.6.6, {address}"}
        )

    for _ in range(MOST_TRIES + 1):
        ask_from("192.0.2.1")
    before = messages()
    app.test_client().post("/sign-in", data={"email": BEN.email}, headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.2"})
    assert messages() - before == proxies, "without a proxy the header is anybody's word, and all are one place"
    with app.app_context():
        db.session.remove()
        close_connections()


def messages():
    number = db.session.scalar(select(func.count()).select_from(Message))
    db.session.rollback()
    return number
