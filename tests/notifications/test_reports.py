import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from notifications.messages import MessageState
from notifications.replies import Wish, wish_of
from notifications.reports import Consequence, twilio_report
from notifications.signatures import is_twilios


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", MessageState.ACCEPTED),
        ("sent", MessageState.ACCEPTED),
        ("delivered", MessageState.DELIVERED),
        ("partially_delivered", MessageState.DELIVERED),
        ("undelivered", MessageState.UNDELIVERED),
        ("failed", MessageState.UNDELIVERED),
        ("canceled", MessageState.CANCELLED),
    ],
)
def test_twilios_statuses_are_ours(status, state):
    assert twilio_report({"MessageSid": "SM1", "MessageStatus": status}).state is state


@pytest.mark.parametrize(
    "form", [{}, {"MessageSid": "SM1"}, {"MessageStatus": "sent"}, {"MessageSid": "SM1", "MessageStatus": "new"}]
)
def test_a_report_that_says_nothing_is_none(form):
    assert twilio_report(form) is None


@pytest.mark.parametrize(
    ("status", "code", "consequence"),
    [
        ("undelivered", "30005", Consequence.ADDRESS_INVALID),
        ("undelivered", "30003", Consequence.TRY_ANOTHER_DAY),
        ("failed", "21610", Consequence.OPTED_OUT),
        ("failed", "30007", Consequence.FILTERED),
        ("failed", "", Consequence.NOTHING),
        ("failed", "x", Consequence.NOTHING),
        ("delivered", "30005", Consequence.NOTHING),
    ],
)
def test_a_code_asks_for_what_it_asks_for(status, code, consequence):
    form = {"SmsSid": "SM1", "SmsStatus": status, "ErrorCode": code}
    assert twilio_report(form).consequence is consequence


@pytest.mark.parametrize(
    ("body", "wish"),
    [
        ("STOP", Wish.STOP),
        ("Stop please.", Wish.STOP),
        ("please stop texting", Wish.STOP),
        ("STOP OS GWELWCH YN DDA", Wish.STOP),
        ("unsubscribe", Wish.STOP),
        ("START", Wish.START),
        ("help", Wish.HELP),
        ("I could not stop laughing", Wish.OTHER),
        ("A child told me something", Wish.OTHER),
        ("", Wish.OTHER),
    ],
)
def test_what_people_text_back(body, wish):
    assert wish_of(body) is wish


def test_twilios_own_verdict_comes_first():
    assert wish_of("whatever", "STOP") is Wish.STOP
    assert wish_of("stop", "nonsense") is Wish.STOP


@given(st.text(min_size=1), st.text(), st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=6))
def test_signatures_are_those_of_twilios_own_library(token, path, pairs):
    url, form = f"https://pulse.example.gov.uk/{path}", MultiDict(pairs)
    signature = RequestValidator(token).compute_signature(url, form)
    assert is_twilios(token, url, form.items(multi=True), signature)
    assert not is_twilios(token + "x", url, form.items(multi=True), signature)
    assert not is_twilios(token, url + "x", form.items(multi=True), signature)
    assert not is_twilios(token, url, [*form.items(multi=True), ("more", "x")], signature)


def test_the_signature_that_twilio_publishes_as_an_example():
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert is_twilios("12345", url, form.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not is_twilios("12345", url, form.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B9=")


def test_an_empty_token_signs_nothing():
    assert not is_twilios("", "https://x", [], RequestValidator("").compute_signature("https://x", {}))
