import email
from contextlib import closing
from dataclasses import replace
from email import policy

import pytest

from notifications.messages import Accepted, Fault, NotAccepted, Unknown
from notifications.rendering import render
from notifications.transports.smtp import SmtpPatience, SmtpServer, SmtpTransport, _TwoPhaseSMTP
from survey_app.processes.broker import LOOPBACK, free_port
from tests.notifications.smtp_peer import smtp_peer
from tests.notifications.test_rendering import CLAIMED

MAIL = render(CLAIMED)


def send(port, mail=MAIL, **changes):
    server = replace(SmtpServer.from_url(f"smtp://{LOOPBACK}:{port}"), **changes)
    with closing(SmtpTransport(server, "Pulse <pulse@example.org>", patience=SmtpPatience(0.7, 0.7, 0.7))) as transport:
        return transport.send(mail)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("", Accepted("smtp", str(MAIL.attempt_id))),
        ("greeting 554", NotAccepted("smtp", "554", permanent=False)),
        ("MAIL 550", NotAccepted("smtp", "550", permanent=False)),
        ("MAIL 451", NotAccepted("smtp", "451", permanent=False)),
        ("RCPT 550", NotAccepted("smtp", "550", permanent=True, fault=Fault.RECIPIENT)),
        ("RCPT 450", NotAccepted("smtp", "450", permanent=False)),
        ("drop at RCPT", NotAccepted("smtp", "SMTPServerDisconnected", permanent=False)),
        ("DATA 451", NotAccepted("smtp", "451", permanent=False)),
        ("dot 550", NotAccepted("smtp", "550", permanent=True, fault=Fault.RECIPIENT)),
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
        outcome = send(peer.port, username="user", password="word", tls=tls)
        assert isinstance(outcome, NotAccepted)
        assert peer.accepted == []


def test_a_server_that_refuses_the_password_has_not_accepted():
    with smtp_peer() as peer:
        outcome = send(peer.port, username="user", password="word")
        assert outcome == NotAccepted("smtp", "SMTPNotSupportedError", permanent=False)


def test_a_sign_in_mail_has_no_link_to_unsubscribe():
    with smtp_peer() as peer:
        send(peer.port, replace(MAIL, unsubscribe_url=""))
    assert b"List-Unsubscribe" not in peer.accepted[0]


def test_an_address_that_mail_cannot_carry_fails_for_good():
    with smtp_peer() as peer:
        outcome = send(peer.port, replace(MAIL, address="zoë@staff.example.org"))
    assert outcome == NotAccepted("smtp", "address-not-ascii", permanent=True, fault=Fault.RECIPIENT)


def test_mails_follow_each_other_over_one_connection_until_it_breaks():
    with smtp_peer() as peer:
        server = SmtpServer.from_url(f"smtp://{LOOPBACK}:{peer.port}")
        with closing(SmtpTransport(server, "pulse@example.org", patience=SmtpPatience(0.7, 0.7, 0.7))) as transport:
            outcomes = [transport.send(MAIL) for _ in range(3)]
            assert [type(outcome) for outcome in outcomes] == [Accepted] * 3
            assert (peer.connections, len(peer.accepted)) == (1, 3)
            peer.hang_up()
            assert isinstance(transport.send(MAIL), Accepted)
            assert (peer.connections, len(peer.accepted)) == (2, 4)


def test_a_refused_recipient_costs_neither_the_connection_nor_the_next_mail():
    with smtp_peer("RCPT 550") as peer:
        server = SmtpServer.from_url(f"smtp://{LOOPBACK}:{peer.port}")
        with closing(SmtpTransport(server, "pulse@example.org", patience=SmtpPatience(0.7, 0.7, 0.7))) as transport:
            assert transport.send(MAIL).permanent
            peer.fault = ""
            assert isinstance(transport.send(MAIL), Accepted)
            assert peer.connections == 1


def test_a_server_that_can_is_asked_for_reports_that_name_the_attempt():
    with smtp_peer("extensions DSN") as peer:
        send(peer.port, reports_success=True)
        send(peer.port)
    envelope = f"MAIL FROM:<bounce+{MAIL.attempt_id}@example.org> ENVID={MAIL.attempt_id} RET=HDRS".lower()
    assert [line.lower() for line in peer.lines if line.startswith(("mail", "MAIL"))] == [envelope] * 2
    assert [line.partition("> ")[2] for line in peer.lines if line.lower().startswith("rcpt")] == [
        "NOTIFY=SUCCESS,FAILURE,DELAY",
        "NOTIFY=FAILURE,DELAY",
    ]
    assert SmtpServer.from_url("smtp://mail.example.gov.uk?reports=success").reports_success


def test_a_connection_that_is_gone_is_not_waited_for():
    gone = _TwoPhaseSMTP()
    gone.be_patient(1.0)
    assert gone.sock is None
