"""Mails that come back are told apart by their status, and by nothing else are addresses given up."""

from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import bounces
from notifications.bounces import read_bounce
from notifications.messages import MessageState
from notifications.reports import Consequence

SAMPLES = Path(__file__).parents[2] / "build" / "peers" / "bounces"
ATTEMPT = uuid4()
RETURN_PATH = f"bounce+{ATTEMPT}@example.org"


def report(action, status, *, envelope_id="", returned=""):
    """A delivery status as mail servers write it (RFC 3464)."""
    mail = MIMEMultipart("report", **{"report-type": "delivery-status"})
    mail.attach(MIMEText("This is the mail system."))
    status_part = MIMEMultipart("mixed")
    status_part.set_type("message/delivery-status")
    about = EmailMessage()
    about["Reporting-MTA"] = "dns; mail.example.org"
    if envelope_id:
        about["Original-Envelope-Id"] = envelope_id
    recipient = EmailMessage()
    recipient["Final-Recipient"] = "rfc822; somebody@example.org"
    recipient["Action"] = action
    recipient["Status"] = status
    lines = about.as_string() + recipient.as_string()
    text = mail.as_string().replace("This is the mail system.", "This is the mail system.")
    boundary = mail.get_boundary()
    back = f"--{boundary}\nContent-Type: message/rfc822\n\n{returned}\n" if returned else ""
    return text.replace(
        f"--{boundary}--", f"--{boundary}\nContent-Type: message/delivery-status\n\n{lines}\n{back}--{boundary}--"
    ).encode()


@pytest.mark.parametrize(
    ("action", "status", "state", "consequence"),
    [
        ("failed", "5.1.1", MessageState.UNDELIVERED, Consequence.ADDRESS_INVALID),
        ("failed", "5.2.1", MessageState.UNDELIVERED, Consequence.ADDRESS_INVALID),
        ("failed", "5.4.4", MessageState.UNDELIVERED, Consequence.ADDRESS_INVALID),
        ("failed", "5.2.2", MessageState.UNDELIVERED, Consequence.CAME_BACK),
        ("failed", "5.1.8", MessageState.UNDELIVERED, Consequence.CAME_BACK),
        ("failed", "5.7.1", MessageState.UNDELIVERED, Consequence.CAME_BACK),
        ("failed", "4.4.1", MessageState.UNDELIVERED, Consequence.CAME_BACK),
        ("failed (mailbox)", "", MessageState.UNDELIVERED, Consequence.CAME_BACK),
        ("delayed", "4.4.1", MessageState.ACCEPTED, Consequence.NOTHING),
        ("relayed", "2.0.0", MessageState.ACCEPTED, Consequence.NOTHING),
        ("delivered", "2.0.0", MessageState.DELIVERED, Consequence.NOTHING),
    ],
)
def test_a_standard_report_means_what_its_status_says(action, status, state, consequence):
    found = read_bounce(report(action, status), RETURN_PATH)
    assert found.attempt_id == ATTEMPT
    assert (found.report.state, found.report.consequence) == (state, consequence)


def test_the_attempt_is_known_by_the_address_the_envelope_or_the_returned_mail():
    other = uuid4()
    assert read_bounce(report("failed", "5.1.1", envelope_id=str(other)), RETURN_PATH).attempt_id == ATTEMPT
    assert read_bounce(report("failed", "5.1.1", envelope_id=str(other))).attempt_id == other
    returned = f"Message-ID: <{other}@example.org>\nSubject: x\n\nx"
    assert read_bounce(report("failed", "5.1.1", returned=returned)).attempt_id == other
    assert read_bounce(b"To: " + RETURN_PATH.encode() + b"\n" + report("failed", "5.1.1")).attempt_id == ATTEMPT
    assert read_bounce(report("failed", "5.1.1")) is None, "of nothing that we sent"


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: Out of office\nAuto-Submitted: auto-replied\n\nI am on leave until Monday.",
        b"Subject: Hello\n\nAnn told me about the family in Mill Road.",
        b"",
        b"\xff\xfe\x00nonsense",
        report("unheard-of", "5.1.1"),
    ],
)
def test_whatever_is_no_report_is_forgotten(content):
    assert read_bounce(content, RETURN_PATH) is None


def test_a_complaint_is_a_wish_for_no_more():
    mail = MIMEMultipart("report", **{"report-type": "feedback-report"})
    mail.attach(MIMEText("Feedback-Type: abuse", "feedback-report"))
    returned = EmailMessage()
    returned["Message-ID"] = f"<{ATTEMPT}@example.org>"
    mail.attach(MIMEMessage(returned))
    found = read_bounce(mail.as_bytes())
    assert (found.attempt_id, found.report.consequence) == (ATTEMPT, Consequence.OPTED_OUT)


def test_a_reader_that_breaks_is_no_reason_to_break(monkeypatch):
    def explode(_mail):
        raise RuntimeError("a mail that nobody foresaw")

    monkeypatch.setattr(bounces, "all_failures", explode)
    assert read_bounce(b"Subject: x\n\nx", RETURN_PATH) is None


@given(st.binary(max_size=400))
def test_nobody_can_break_the_reader(content):
    found = read_bounce(content, RETURN_PATH)
    assert found is None or found.attempt_id == ATTEMPT


def test_words_without_a_plain_part_say_nothing():
    mail = MIMEMultipart()
    mail.attach(MIMEText("<p>550 5.1.1</p>", "html"))
    assert bounces._words(mail) == ""


SAMPLE_FILES = sorted(SAMPLES.glob("*.txt"))
NOT_BOUNCES = {"bounce_01", "dumbass_01", "groupwise_03", "qmail_08", "simple_43"}  # flufl's own tests find nothing


@pytest.mark.skipif(not SAMPLE_FILES, reason="collected bounces: make peers")
def test_bounces_that_others_collected():
    found = {path.stem: read_bounce(path.read_bytes(), RETURN_PATH) for path in SAMPLE_FILES}
    assert len(found) == 117
    assert {name for name, bounce in found.items() if bounce is None} == NOT_BOUNCES
    assert {bounce.attempt_id for bounce in found.values() if bounce} == {UUID(str(ATTEMPT))}
    given_up = {
        name for name, bounce in found.items() if bounce and bounce.report.consequence.name == "ADDRESS_INVALID"
    }
    assert {found[name].report.code for name in given_up} == {"5.1.1"}
    assert len(given_up) >= 10
    temporary = {"dsn_05", "dsn_06", "dsn_07", "dsn_08", "simple_03"}
    assert not temporary & given_up
