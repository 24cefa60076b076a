"""Programs of others are called where they are, signed as the standard has it, and never inside our own network."""

import base64
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from notifications.webhooks import Answered, Call, UnusableAddress, call, require_usable

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two characters").decode()


class Receiver:
    """A program that is called: it keeps what came and answers as it is told to."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        receiver = self
        self.calls: list[tuple[str, dict[str, str], str]] = []
        self.status, self.extra = 204, {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.calls.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                for name, value in receiver.extra.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_address[1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


def make(address, **more):
    return Call(**{"address": address, "secret": SECRET, "call_id": "msg_1", "body": '{"type": "wave.closed"}', **more})


def told(receiver, path="/hook?a=b", **more):
    return call(make(f"http://127.0.0.1:{receiver.port}{path}", **more), NOW, allow_loopback=True)


def test_a_call_is_signed_over_its_id_its_time_and_its_body(receiver):
    assert told(receiver) == Answered("204")
    ((path, headers, body),) = receiver.calls
    assert (path, body, headers["Content-Type"]) == ("/hook?a=b", '{"type": "wave.closed"}', "application/json")
    sent = {name.lower(): value for name, value in headers.items()}
    assert (sent["webhook-id"], sent["webhook-timestamp"]) == ("msg_1", str(int(NOW.timestamp())))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"msg_1.{int(NOW.timestamp())}.{body}".encode()
    expected = base64.b64encode(hmac.digest(key, signed, sha256)).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    assert json.loads(body) == {"type": "wave.closed"}


@pytest.mark.parametrize(
    ("status", "is_taken", "is_gone"),
    [(200, True, False), (204, True, False), (302, False, False), (410, False, True), (500, False, False)],
)
def test_what_an_answer_means(receiver, status, is_taken, is_gone):
    receiver.status = status
    answered = told(receiver)
    assert (answered.code, answered.is_taken, answered.is_gone) == (str(status), is_taken, is_gone)


def test_no_redirect_is_followed(receiver):
    receiver.status, receiver.extra = 302, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    assert told(receiver) == Answered("302")
    assert [path for path, _, _ in receiver.calls] == ["/hook?a=b"]


def test_nobody_there_is_an_answer_too():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answered = call(make(f"http://127.0.0.1:{taken.getsockname()[1]}/"), NOW, allow_loopback=True)
    assert (answered.code, answered.is_taken) == ("NewConnectionError", False)


def test_over_tls_the_name_in_the_address_is_held_to_the_certificate(monkeypatch, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    for name, code in (("localhost", "204"), ("elsewhere.example", "SSLError")):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        receiver = Receiver(context)
        address = f"https://localhost:{receiver.port}"
        assert call(make(address), NOW, allow_loopback=True) == Answered(code)
        assert [path for path, _, _ in receiver.calls] == (["/"] if code == "204" else [])
        receiver.close()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://example.org/", "begin with https"),
        ("ftp://example.org/", "begin with https"),
        ("example.org", "begin with https"),
        ("https://", "names no host"),
        ("https://me:secret@example.org/", "a name or a password"),
        ("https://example.org:port/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
        ("https://example.org/" + "x" * 500, "more than 500"),
        ("http://127.0.0.1/", "begin with https"),
    ],
)
def test_an_address_that_must_not_be_called_is_refused_with_a_reason(address, sentence):
    with pytest.raises(UnusableAddress, match=sentence):
        require_usable(address)


@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]",
     "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "224.0.0.1"],
)  # fmt: skip
def test_no_call_goes_into_a_private_network(inside):
    assert call(make(f"https://{inside}/"), NOW) == Answered("address-not-public")


def test_a_name_that_leads_inside_is_not_called_either():
    assert call(make("https://localhost/"), NOW) == Answered("address-not-public")
    assert call(make("http://127.0.0.1/"), NOW) == Answered("address-not-public")
