"""F11, F12: a mail server that others wrote takes our mail, refuses it, and reports of it by the attempt."""

import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from notifications.messages import Accepted, Fault, MessageState, NotAccepted
from notifications.rendering import render
from notifications.transports.smtp import SmtpServer, SmtpTransport
from survey_app.extensions import db
from survey_app.models.messages import DeliveryEvent, Message
from survey_app.models.participants import ContactPoint
from survey_app.processes.bounces import TakeIn
from survey_app.processes.broker import LOOPBACK, free_port
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.messaging import deliver_messages
from tests.factories import roster_file
from tests.faults.postfix import CAN_RUN, postfix
from tests.notifications.test_rendering import CLAIMED

pytestmark = pytest.mark.skipif(not CAN_RUN, reason="Debian's Postfix, as root: make peers")
SENDER = "Crescendo Pulse <pulse@pulse.example.org>"


class Sink:
    """A mail server behind Postfix, which learns of it too late to refuse by itself."""

    def __init__(self):
        self.taken = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        refusals = {"gone": "550 5.1.1 nobody of that name", "full": "552 5.2.2 the mailbox is full"}
        if refusal := refusals.get(address.partition("@")[0]):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.taken.append(envelope.rcpt_tos[0])
        return "250 OK"


@pytest.fixture
def mail(app):
    """Postfix between us and a sink, with its reports coming back to us."""
    port, sink_port, bounce_port = free_port(), free_port(), free_port()
    sink = Sink()
    db.session.remove()
    servers = [
        Controller(sink, hostname=LOOPBACK, port=sink_port),
        Controller(TakeIn(app), hostname=LOOPBACK, port=bounce_port),
    ]
    for server in servers:
        server.start()
    with postfix(port, sink=sink_port, bounces=bounce_port) as running:
        yield running, sink
    for server in servers:
        server.stop()


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("good@sim.example.org", Accepted),
        ("refused@sim.example.org", NotAccepted("smtp", "5.1.1", permanent=True, fault=Fault.RECIPIENT)),
        ("later@sim.example.org", NotAccepted("smtp", "4.2.1", permanent=False)),
    ],
)
def test_f11_each_of_its_answers_has_its_class(mail, address, outcome):
    running, _ = mail
    server = SmtpServer.from_url(f"smtp://{LOOPBACK}:{running.port}?reports=success")
    with closing(SmtpTransport(server, SENDER)) as transport:
        found = transport.send(replace(render(CLAIMED), address=address))
    assert found == outcome or isinstance(found, outcome)


def test_f12_its_reports_find_their_attempts_and_say_what_became_of_them(studio, mail):
    running, sink = mail
    studio.set_up({})
    people = [
        {"staff_ref": name, "email": f"{name}@sim.example.org", "team": "Team A", "service_area": "Early Help"}
        for name in ("gone", "full", "good")
    ]
    assert not import_roster("northtown", roster_file(people), date(2026, 1, 1), studio.vault).refused
    wave = studio.open(opened_at=datetime.now(UTC))
    settings = replace(
        studio.app.extensions["pulse_settings"],
        smtp_url=f"smtp://{LOOPBACK}:{running.port}?reports=success",
        mail_sender=SENDER,
    )
    assert deliver_messages(wave.messages, settings, studio.vault) == 3

    def found():
        db.session.rollback()
        rows = db.session.execute(
            select(ContactPoint, Message.state, Message.failure_code)
            .join(Message, Message.contact_point_id == ContactPoint.id)
            .execution_options(populate_existing=True)
        ).all()
        return {
            studio.vault.decrypt(contact.address_encrypted).partition("@")[0]: (state, code, contact.invalid_code)
            for contact, state, code in rows
        }

    deadline = time.monotonic() + 30
    while db.session.query(DeliveryEvent).count() < 3 and time.monotonic() < deadline:
        db.session.rollback()
        time.sleep(0.2)
    assert found() == {
        "gone": (MessageState.UNDELIVERED, "5.1.1", "5.1.1"),
        "full": (MessageState.UNDELIVERED, "5.2.2", None),
        "good": (MessageState.ACCEPTED, None, None),
    }, running.log()
    assert sink.taken == ["good@sim.example.org"]
    assert sorted(db.session.scalars(select(DeliveryEvent.status))) == ["failed", "failed", "relayed"]
    db.session.rollback()
