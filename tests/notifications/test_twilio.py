import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notifications.messages import Accepted, Channel, Fault, NotAccepted, Unknown
from notifications.rendering import render
from notifications.transports.twilio_sms import TwilioAccount, TwilioTransport
from survey_app.demo import text_peer as peers
from survey_app.processes.broker import LOOPBACK, free_port
from tests.notifications.test_rendering import CLAIMED

TEXT = render(replace(CLAIMED, channel=Channel.SMS, address="+447700900123"))


@contextmanager
def http_peer(answer):
    """A provider that answers as told: (status, body), or an exception's name."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            if answer == "drop":
                self.connection.close()
                return
            if answer == "hang":
                time.sleep(1.5)
                return
            status, body = answer
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def transport(port, **changes):
    account = TwilioAccount(
        peers.ACCOUNT_SID, peers.AUTH_TOKEN, peers.MESSAGING_SERVICE_SID, f"http://{LOOPBACK}:{port}"
    )
    return TwilioTransport(replace(account, **changes), timeout_seconds=0.7)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((201, {"sid": "SM1", "status": "accepted"}), Accepted("twilio", "SM1")),
        ((201, {"status": "accepted"}), Unknown("twilio", "no-sid")),
        ((201, b"not json"), Unknown("twilio", "JSONDecodeError")),
        (
            (400, {"code": 21211, "message": "x", "status": 400}),
            NotAccepted("twilio", "21211", permanent=True, fault=Fault.RECIPIENT),
        ),
        (
            (400, {"code": 30001, "message": "x", "status": 400}),
            NotAccepted("twilio", "30001", permanent=False, fault=Fault.PACE, retry_after_seconds=1.0),
        ),
        (
            (401, {"code": 20003, "message": "x", "status": 401}),
            NotAccepted("twilio", "20003", permanent=False, fault=Fault.ACCOUNT),
        ),
        ((201, []), Unknown("twilio", "AttributeError")),
        (
            (429, {"code": 20429, "message": "x", "status": 429}),
            NotAccepted("twilio", "20429", permanent=False, fault=Fault.PACE, retry_after_seconds=1.0),
        ),
        ((500, {"code": 20500, "message": "x", "status": 500}), Unknown("twilio", "500")),
        ((503, b""), Unknown("twilio", "503")),
        ("drop", Unknown("twilio", "ConnectionError")),
        ("hang", Unknown("twilio", "ReadTimeout")),
    ],
)
def test_each_answer_of_a_provider_has_its_outcome(answer, outcome):
    with http_peer(answer) as port:
        assert transport(port).send(TEXT) == outcome


def test_a_provider_that_is_not_there_has_not_accepted():
    assert transport(free_port()).send(TEXT) == NotAccepted("twilio", "no-connection", permanent=False)


def test_a_provider_that_does_not_take_the_connection_has_not_accepted():
    with socket.create_server((LOOPBACK, 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(2)]
        for caller in waiting:
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        outcome = transport(listener.getsockname()[1]).send(TEXT)
        for caller in waiting:
            caller.close()
    assert outcome == NotAccepted("twilio", "no-connection", permanent=False)


def test_without_an_address_of_its_own_the_client_speaks_to_twilio_itself():
    assert "127.0.0.1" not in TwilioTransport(TwilioAccount("AC1", "t", "MG1"))._client.api.base_url


def test_credentials_are_not_printed():
    assert peers.AUTH_TOKEN not in repr(TwilioAccount("AC1", peers.AUTH_TOKEN, "MG1"))


def test_the_demos_text_peer_takes_what_the_client_sends(demo_peers):
    port = int(demo_peers.settings.twilio_base_url.rsplit(":", 1)[1])
    assert isinstance(transport(port).send(TEXT), Accepted)
    assert transport(port, auth_token="wrong").send(TEXT) == NotAccepted(
        "twilio", "20003", permanent=False, fault=Fault.ACCOUNT
    )
    assert transport(port).send(replace(TEXT, address="07700")) == NotAccepted(
        "twilio", "21211", permanent=True, fault=Fault.RECIPIENT
    )
    assert transport(port).send(replace(TEXT, text="x" * 1601)) == NotAccepted(
        "twilio", "21617", permanent=True, fault=Fault.RECIPIENT
    )
    assert transport(port, account_sid="AC" + "1" * 32, auth_token=peers.AUTH_TOKEN).send(TEXT) == NotAccepted(
        "twilio", "20003", permanent=False, fault=Fault.ACCOUNT
    )


def test_a_text_that_may_have_been_taken_is_found_by_its_number_and_its_wording(demo_peers):
    port = int(demo_peers.settings.twilio_base_url.rsplit(":", 1)[1])
    began = datetime.now(UTC)
    sent = transport(port).send(TEXT)
    transport(port).send(replace(TEXT, text="Another text to the same number."))
    assert transport(port).find(TEXT, began) == sent.provider_message_id
    assert transport(port).find(replace(TEXT, text="A text that never left."), began) is None
    assert transport(port).find(TEXT, began + timedelta(days=1)) is None, "an older text with the same words"
