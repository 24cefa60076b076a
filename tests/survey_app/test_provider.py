"""Signing in with a council's provider: one written by others, and one of our own that is spoilt in every way."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.common.encoding import json_b64encode, to_unicode
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select
from werkzeug.serving import make_server

from survey_app.extensions import db, settings
from survey_app.models.accounts import Identity
from survey_app.models.audit import AuditEntry
from survey_app.processes.broker import free_port
from tests.factories import signed_in
from tests.people import BEN, DEV

CLIENT, SECRET, TENANT = "pulse", "a secret that both know, of forty letters", "tenant-1"


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    return studio


def use_provider(programme, issuer, **more):
    changed = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, **more}
    programme.app.extensions["pulse_settings"] = replace(settings(), demo=False, **changed)


class Council:
    """Whoever stands between browser and provider: follows the way there, and comes back with an answer."""

    def __init__(self, browser, agree):
        self.browser, self.agree = browser, agree

    def go(self, path="/sign-in/provider", **changed):
        sent = self.browser.get(path)
        assert sent.status_code == 302, sent.text
        answer = {**self.agree(sent.headers["Location"]), **changed}
        return self.browser.get("/sign-in/provider/callback", query_string=answer)


def agree_at_the_mock(address, subject="ben-1"):
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=5)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def mock(programme):
    """A provider written by others, in a process of its own; its address."""
    port = free_port()
    address = f"http://localhost:{port}"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            requests.get(f"{address}/.well-known/openid-configuration", timeout=1).raise_for_status()
            break
        except requests.RequestException:
            time.sleep(0.1)
    use_provider(programme, address)
    yield address
    process.terminate()
    process.wait(10)


def test_with_a_provider_written_by_others_an_account_is_connected_and_signs_in(programme, mock):
    stranger = Council(programme.app.test_client(), agree_at_the_mock)
    assert stranger.go().status_code == 403, "nobody is let in by a provider alone"
    ben = signed_in(programme, BEN)
    assert "from now on" in ben.get("/account").text
    connected = Council(ben, agree_at_the_mock).go("/account/provider")
    assert connected.headers["Location"] == "/account"
    assert "You can sign in with it." in ben.get("/account").text
    identity = db.session.scalars(select(Identity)).one()
    assert (identity.issuer, identity.subject) == (mock, "ben-1")
    db.session.rollback()
    again = programme.app.test_client()
    assert "Sign in with" in again.get("/sign-in").text
    assert Council(again, agree_at_the_mock).go().headers["Location"] == "/"
    assert again.get("/").headers["Location"] == "/second-step", "this provider says nothing of a second step"


def test_an_identity_is_one_persons_and_can_be_let_go(programme, mock):
    ben, dev = signed_in(programme, BEN), signed_in(programme, DEV)
    assert Council(ben, agree_at_the_mock).go("/account/provider").status_code == 302
    assert Council(ben, agree_at_the_mock).go("/account/provider").status_code == 302, "twice is once"
    assert Council(dev, agree_at_the_mock).go("/account/provider").status_code == 403
    assert ben.post("/account/provider/end").status_code == 303
    assert db.session.scalars(select(Identity)).all() == []
    db.session.rollback()
    assert Council(programme.app.test_client(), agree_at_the_mock).go().status_code == 403


def test_without_a_provider_there_is_no_button_and_no_way(programme):
    browser = programme.app.test_client()
    assert "/sign-in/provider" not in browser.get("/sign-in").text
    assert browser.get("/sign-in/provider").status_code == 404
    assert browser.get("/sign-in/provider/callback").status_code == 404


@dataclass
class Spoilt:
    """A provider of our own: right in everything, but for what a test changes."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    claims: dict = field(default_factory=dict)
    changes: dict = field(default_factory=dict)
    sign: object = None
    used: set = field(default_factory=set)

    def app(self):
        app = Flask("spoilt")

        @app.get("/.well-known/openid-configuration")
        def discover():
            found = {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
            return jsonify({**found, **self.changes.get("discovery", {})})

        @app.get("/keys")
        def keys():
            return jsonify({"keys": [self.key.as_dict(private=False)]})

        @app.post("/token")
        def token():
            if request.form["code"] in self.used or not request.form.get("code_verifier"):
                return jsonify({"error": "invalid_grant"}), 400
            self.used.add(request.form["code"])
            signer = self.sign or (lambda claims: jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key))
            return jsonify({"access_token": "x", "token_type": "Bearer", "id_token": signer(self.claims)})

        return app

    def agree(self, address):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["code_challenge_method"] == "S256"
        now = int(time.time())
        self.claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "ben-2",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "tid": TENANT,
            "acrs": ["c1"],
        }
        self.claims |= self.changes.get("claims", {})
        self.claims = {name: value for name, value in self.claims.items() if value is not None}
        return {"code": f"code-{time.monotonic_ns()}", "state": asked["state"]}


@pytest.fixture
def spoilt(programme):
    provider = Spoilt()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    use_provider(programme, provider.url, oidc_tenant=TENANT, oidc_second_step="c1")
    assert Council(signed_in(programme, BEN), provider.agree).go("/account/provider").status_code == 302
    yield provider
    server.shutdown()
    thread.join()


def test_a_provider_that_took_a_second_step_itself_is_believed(programme, spoilt):
    browser = programme.app.test_client()
    assert Council(browser, spoilt.agree).go().headers["Location"] == "/"
    assert browser.get("/").headers["Location"] == "/teams/northtown-team-a"
    spoilt.changes = {"claims": {"acrs": None, "amr": ["pwd"]}}
    plain = programme.app.test_client()
    assert Council(plain, spoilt.agree).go().headers["Location"] == "/"
    assert plain.get("/").headers["Location"] == "/second-step"


def unsigned(claims):
    return f"{to_unicode(json_b64encode({'alg': 'none'}))}.{to_unicode(json_b64encode(claims))}."


WRONG = {
    "issuer": {"claims": {"iss": "https://evil.example"}},
    "audience": {"claims": {"aud": "another"}},
    "authorised party": {"claims": {"azp": "another"}},
    "nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "expired": {"claims": {"exp": 1}},
    "no subject": {"claims": {"sub": None}},
    "tenant": {"claims": {"tid": "tenant-2"}},
    "no tenant": {"claims": {"tid": None}},
    "discovery": {"discovery": {"issuer": "https://login.example/{tenantid}/v2.0"}},
    "nobody that is known": {"claims": {"sub": "eve"}},
}


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_is_refused_in_the_same_words_and_written_down(programme, spoilt, what):
    browser = programme.app.test_client()
    council = Council(browser, spoilt.agree)
    sent = browser.get("/sign-in/provider")
    spoilt.changes = WRONG[what]
    answer = council.browser.get("/sign-in/provider/callback", query_string=spoilt.agree(sent.headers["Location"]))
    assert answer.status_code == 403
    assert "Signing in that way did not work" in answer.text
    assert answer.text == browser.get("/sign-in/provider/callback").text, "as for no answer at all"
    assert browser.get_cookie("session") is None
    reasons = db.session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "sign-in refused")).all()
    assert len(reasons) == 2
    assert "ben-2" not in str(reasons)


def test_a_signature_that_anybody_could_make_is_none(programme, spoilt):
    public = spoilt.key.as_pem(private=False)
    forgers = [
        unsigned,
        lambda claims: jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public), algorithms=["HS256"]),
        lambda claims: jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"]),
        lambda claims: jwt.encode({"alg": "RS256", "kid": "1"}, claims, RSAKey.generate_key(2048)),
        lambda claims: "not a token",
    ]
    for forger in forgers:
        spoilt.sign = forger
        assert Council(programme.app.test_client(), spoilt.agree).go().status_code == 403


def test_an_answer_is_for_the_browser_that_asked_once_and_for_its_own_question(programme, spoilt):
    browser = programme.app.test_client()
    assert Council(browser, spoilt.agree).go(state="another").status_code == 403
    assert Council(browser, spoilt.agree).go(iss="https://evil.example").status_code == 403
    sent = browser.get("/sign-in/provider")
    answer = spoilt.agree(sent.headers["Location"])
    assert programme.app.test_client().get("/sign-in/provider/callback", query_string=answer).status_code == 403
    assert browser.get("/sign-in/provider/callback", query_string=answer).status_code == 303
    assert browser.get("/sign-in/provider/callback", query_string=answer).status_code == 403, "its wish is gone"
    sent = browser.get("/sign-in/provider")
    again = {**spoilt.agree(sent.headers["Location"]), "code": answer["code"]}
    assert browser.get("/sign-in/provider/callback", query_string=again).status_code == 403, "a code works once"
    refused = {
        "error": "access_denied",
        "state": spoilt.agree(browser.get("/sign-in/provider").headers["Location"])["state"],
    }
    assert browser.get("/sign-in/provider/callback", query_string=refused).status_code == 403


def test_a_provider_that_is_away_says_so_and_the_link_still_works(programme):
    use_provider(programme, "http://127.0.0.1:9")
    browser = programme.app.test_client()
    away = browser.get("/sign-in/provider")
    assert (away.status_code, "ask for a link by email" in away.text) == (503, True)
    assert signed_in(programme, BEN).get("/").status_code == 302
