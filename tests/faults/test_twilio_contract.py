"""Our text peer is held to Twilio's own description of its interface, by a program that others wrote."""

import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifications.messages import Accepted, Channel, Fault
from notifications.rendering import render
from notifications.transports.twilio_sms import TwilioAccount, TwilioTransport
from survey_app.demo import text_peer
from survey_app.demo.text_peer import ACCOUNT_SID, AUTH_TOKEN, LOOPBACK, MESSAGING_SERVICE_SID, TextPeer
from survey_app.processes.broker import free_port
from tests.notifications.test_rendering import CLAIMED

MODULES = Path(__file__).parents[2] / "build" / "peers" / "node_modules"
PRISM = MODULES / "@stoplight" / "prism-cli" / "dist" / "index.js"
DESCRIPTION = MODULES / "@twilio" / "cli-core" / "src" / "services" / "twilio-api" / "twilio_api_v2010.json"
pytestmark = [
    pytest.mark.skipif(
        not (PRISM.exists() and DESCRIPTION.exists() and shutil.which("node")),
        reason="Prism and Twilio's description: make peers",
    ),
    pytest.mark.slow,
]
TEXT = render(replace(CLAIMED, channel=Channel.SMS, address="+447700900123"))


@pytest.fixture(scope="module")
def prism(tmp_path_factory):
    """Our peer behind a proxy that refuses whatever Twilio's description does not allow, in both directions."""
    own_port, port = free_port(), free_port()
    server = text_peer.start_text_peer(TextPeer(tmp_path_factory.mktemp("texts")), own_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = ["node", str(PRISM), "proxy", str(DESCRIPTION), f"http://{LOOPBACK}:{own_port}"]
    command += ["--errors", "--host", LOOPBACK, "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://{LOOPBACK}:{port}"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.3)
    yield url
    running.kill()
    running.wait()
    server.shutdown()
    server.server_close()


def transport(url, **changes):
    account = TwilioAccount(
        ACCOUNT_SID, AUTH_TOKEN, MESSAGING_SERVICE_SID, base_url=url, callback_base_url="https://pulse.example.gov.uk"
    )
    return TwilioTransport(replace(account, **changes))


def test_what_we_send_and_what_our_peer_answers_are_as_twilio_describes_them(prism):
    sent = transport(prism).send(TEXT)
    assert isinstance(sent, Accepted), sent
    assert transport(prism).find(TEXT, datetime.now(UTC) - timedelta(minutes=1)) == sent.provider_message_id


def test_it_would_notice_a_request_that_twilio_does_not_allow(prism):
    found = transport(prism, messaging_service_sid="not-a-sid").send(TEXT)
    assert not isinstance(found, Accepted)


def test_it_would_notice_an_answer_that_twilio_does_not_give(prism, monkeypatch):
    real = text_peer.as_resource
    monkeypatch.setattr(text_peer, "as_resource", lambda text, _status: real(text, "flying"))
    assert not isinstance(transport(prism).send(TEXT), Accepted)


def test_a_refusal_passes_through_it_unharmed(prism):
    found = transport(prism).send(replace(TEXT, address="+447700900005"))
    assert (found.code, found.permanent, found.fault) == ("21614", True, Fault.RECIPIENT)
