import email
from dataclasses import replace
from email import policy

import pytest

from notifications.messages import Accepted, NotAccepted, Unknown
from notifications.rendering import render
from notifications.transports.smtp import SmtpServer, SmtpTransport
from survey_app.processes.broker import LOOPBACK, free_port
from tests.notifications.smtp_peer import smtp_peer
from tests.notifications.test_rendering import CLAIMED

MAIL = render(CLAIMED)


def send(port, **more):
    server = SmtpServer.from_url(f"smtp://{LOOPBACK}:{port}")
    return SmtpTransport(server, "Pulse <pulse@example.org>", timeout_seconds=0.7, **more).send(MAIL)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("", Accepted("smtp", str(MAIL.attempt_id))),
        ("greeting 554", NotAccepted("smtp", "554", permanent=False)),
        ("MAIL 550", NotAccepted("smtp", "550", permanent=False)),
        ("MAIL 451", NotAccepted("smtp", "451", permanent=False)),
        ("RCPT 550", NotAccepted("smtp", "550", permanent=True)),
        ("RCPT 450", NotAccepted("smtp", "450", permanent=False)),
        ("drop at RCPT", NotAccepted("smtp", "SMTPServerDisconnected", permanent=False)),
        ("DATA 451", NotAccepted("smtp", "451", permanent=False)),
        ("dot 550", NotAccepted("smtp", "550", permanent=True)),
        ("dot 452", NotAccepted("smtp", "452", permanent=False)),
        ("dot 251", Accepted("smtp", str(MAIL.attempt_id))),
        ("dot 354", Unknown("smtp", "354")),
        ("dot okay", Unknown("smtp", "-1")),
        ("drop after dot", Unknown("smtp", "SMTPServerDisconnected")),
        ("silence after dot", Unknown("smtp", "SMTPServerDisconnected")),
    ],
)
def test_each_step_at_which_a_server_fails_has_its_own_outcome(fault, outcome):
    with smtp_peer(fault) as peer:
        assert send(peer.port) == outcome


def test_a_server_that_is_not_there_has_not_accepted():
    assert send(free_port()) == NotAccepted("smtp", "ConnectionRefusedError", permanent=False)


def test_a_mail_arrives_whole_with_what_mail_programs_need_to_unsubscribe():
    with smtp_peer() as peer:
        send(peer.port)
    mail = email.message_from_bytes(peer.accepted[0], policy=policy.default)
    assert mail["To"] == CLAIMED.address
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"] == f"<{CLAIMED.personalisation['opt_out_url']}>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert CLAIMED.personalisation["link"] in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.gov.uk", SmtpServer("mail.example.gov.uk", 587, "", "", "starttls")),
        (
            "smtps://us%40er:p%3Aw@mail.example.gov.uk",
            SmtpServer("mail.example.gov.uk", 465, "us@er", "p:w", "implicit"),
        ),
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525, "", "", "none")),
    ],
)
def test_mail_leaves_this_machine_only_encrypted(url, expected):
    assert SmtpServer.from_url(url) == expected


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # smtplib leaves its socket to the collector
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_server_without_the_encryption_that_is_asked_for_gets_nothing(tls):
    with smtp_peer("STARTTLS 454") as peer:
        server = SmtpServer(LOOPBACK, peer.port, "user", "word", tls)
        outcome = SmtpTransport(server, "pulse@example.org", timeout_seconds=0.7).send(MAIL)
        assert isinstance(outcome, NotAccepted)
        assert peer.accepted == []


def test_a_server_that_refuses_the_password_has_not_accepted():
    with smtp_peer() as peer:
        server = SmtpServer(LOOPBACK, peer.port, "user", "word", "none")
        outcome = SmtpTransport(server, "pulse@example.org", timeout_seconds=0.7).send(MAIL)
        assert outcome == NotAccepted("smtp", "SMTPNotSupportedError", permanent=False)


def test_a_sign_in_mail_has_no_link_to_unsubscribe():
    with smtp_peer() as peer:
        server = SmtpServer.from_url(f"smtp://{LOOPBACK}:{peer.port}")
        SmtpTransport(server, "pulse@example.org", timeout_seconds=0.7).send(replace(MAIL, unsubscribe_url=""))
    assert b"List-Unsubscribe" not in peer.accepted[0]


def test_an_address_that_mail_cannot_carry_fails_for_good():
    with smtp_peer() as peer:
        server = SmtpServer.from_url(f"smtp://{LOOPBACK}:{peer.port}")
        outcome = SmtpTransport(server, "pulse@example.org", timeout_seconds=0.7).send(
            replace(MAIL, address="zoë@staff.example.org")
        )
    assert outcome == NotAccepted("smtp", "address-not-ascii", permanent=True)
